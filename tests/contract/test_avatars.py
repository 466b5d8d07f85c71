"""What becomes of pictures of users and conversations as time passes and things fail: the same in memory and over Cassandra."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chatkit.core.clock import ManualClock, SystemClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession
from svc_files.agenda import MARGIN
from svc_files.conversations import Message
from svc_files.core.files import Avatar, File, FileId, Life, Variant
from svc_files.store import Stores
from svc_files.store.cassandra import KEYSPACE, CassandraStores
from tests.files import DAY, Service

MINUTES = timedelta(minutes=10)
LONG = timedelta(days=2)


@pytest.fixture(params=["memory", "cassandra"], scope="module")
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[tuple[CassandraSession, Stores] | None]:
    if request.param == "memory":
        yield None
        return
    settings = request.getfixturevalue("cassandra_settings")
    session = await CassandraSession.connect(settings)
    yield session, await CassandraStores.open(session, settings)
    await session.close()


@pytest.fixture
async def service(ground: tuple[CassandraSession, Stores] | None) -> Service:
    if ground is None:
        made = Service()
    else:
        session, stores = ground
        await session.run(f"TRUNCATE {KEYSPACE}.progress")  # the clock of the test before went on
        made = Service(stores, clock=ManualClock(SystemClock().now_ms()))
    # Whatever was due before is no business of a test.
    await made.collector.collect()
    return made


@pytest.fixture
def anna() -> UserId:
    return UserId(new_id())


@pytest.fixture
def bob() -> UserId:
    return UserId(new_id())


@pytest.fixture
async def image(service: Service, anna: UserId) -> File:
    return await another(service, anna)


async def another(service: Service, owner_id: UserId) -> File:
    return await service.upload(owner_id, b"image" + secrets.token_bytes(100))


async def refusal(service: Service, user_id: UserId, file_id: str) -> Reason:
    with pytest.raises(ChatError) as refused:
        await service.avatars.note(user_id, FileId(file_id))
    return refused.value.reason


async def is_there(service: Service, file: File) -> bool:
    (found,) = await service.stores.files.files([file.file_id])
    return found is not None


async def test_everyone_may_have_the_small_variant_of_a_picture_and_its_owner_all_of_it(
    service: Service, anna: UserId, bob: UserId, image: File
) -> None:
    assert not await service.reads(bob, image.file_id, Variant.SMALL)
    await service.depict(anna, image.file_id)
    assert await service.reads(bob, image.file_id, Variant.SMALL)
    for variant in (Variant.ORIGINAL, Variant.LARGE):
        assert await service.reads(anna, image.file_id, variant)
        assert not await service.reads(bob, image.file_id, variant)
    await service.depict(anna, None)
    assert not await service.reads(bob, image.file_id, Variant.SMALL)


async def test_what_is_only_noted_is_shown_to_nobody(service: Service, anna: UserId, bob: UserId, image: File) -> None:
    await service.avatars.note(anna, image.file_id)
    assert not await service.reads(bob, image.file_id, Variant.SMALL)
    # Nor is what a profile names and nobody has noted: it would not be kept.
    other = await another(service, anna)
    service.profiles.pictures[anna] = other.file_id
    assert not await service.reads(bob, other.file_id, Variant.SMALL)


async def test_who_has_which_picture_is_not_guessed(service: Service, anna: UserId, bob: UserId, image: File) -> None:
    await service.depict(anna, image.file_id)
    service.profiles.refusal = ChatError(Reason.UNAVAILABLE)
    with pytest.raises(ChatError) as refused:
        await service.library.file(bob, image.file_id, Variant.SMALL)
    assert refused.value.reason is Reason.UNAVAILABLE
    # It is not deleted for that either.
    await service.pass_time(LONG)
    service.profiles.refusal = None
    await service.pass_time(LONG)
    assert await service.reads(bob, image.file_id, Variant.SMALL)


async def test_a_picture_is_kept_as_long_as_it_is_one_and_a_day(service: Service, anna: UserId, bob: UserId, image: File) -> None:
    for _ in range(3):
        await service.depict(anna, image.file_id)
        await service.pass_time(2 * DAY)
    assert await service.reads(bob, image.file_id, Variant.SMALL)
    assert len(await service.stores.avatars.avatars(anna)) == 1
    new = await another(service, anna)
    await service.depict(anna, new.file_id)
    await service.pass_time(MARGIN + MINUTES)
    await service.pass_time(DAY - MINUTES)
    assert await is_there(service, image)
    await service.pass_time(2 * MINUTES)
    assert not await is_there(service, image)
    await service.pass_time(LONG)
    assert await service.reads(bob, new.file_id, Variant.SMALL)
    await service.depict(anna, None)
    await service.pass_time(MARGIN + MINUTES)
    await service.pass_time(DAY + MINUTES)
    assert not await is_there(service, new)
    assert await service.stores.avatars.avatars(anna) == []
    await service.pass_time(MINUTES)
    assert await service.kept() == []


async def test_what_came_to_be_no_picture_is_let_go_of(service: Service, anna: UserId, image: File) -> None:
    """Accounts has died after it was noted."""
    await service.avatars.note(anna, image.file_id)
    await service.pass_time(MARGIN + MINUTES)
    assert await service.stores.avatars.avatars(anna) == []
    await service.pass_time(LONG)
    assert not await is_there(service, image)


async def test_a_profile_that_changes_late_keeps_its_picture(service: Service, anna: UserId, bob: UserId, image: File) -> None:
    await service.pass_time(DAY - MINUTES)
    await service.avatars.note(anna, image.file_id)
    await service.pass_time(2 * MINUTES)
    service.profiles.pictures[anna] = image.file_id
    await service.pass_time(LONG)
    assert await service.reads(bob, image.file_id, Variant.SMALL)


async def test_a_picture_that_is_in_a_message_too_stays_there(service: Service, anna: UserId, bob: UserId, image: File) -> None:
    here = ConversationId(new_id())
    service.conversations.members[bob] = {here: 1}
    message_id = await service.post(anna, here, image.file_id, seq=2)
    await service.depict(anna, image.file_id)
    await service.depict(anna, None)
    await service.pass_time(LONG)
    await service.pass_time(LONG)
    assert await service.reads(bob, image.file_id)
    await service.postings.release(here, message_id)
    await service.pass_time(LONG)
    await service.pass_time(LONG)
    assert not await is_there(service, image)


async def test_a_picture_is_an_image_that_its_user_has_uploaded(service: Service, anna: UserId, bob: UserId, image: File) -> None:
    assert await refusal(service, bob, image.file_id) is Reason.UNKNOWN_FILE
    assert await refusal(service, anna, new_id()) is Reason.UNKNOWN_FILE
    text = await service.upload(anna, b"words")
    assert await refusal(service, anna, text.file_id) is Reason.INVALID_ARGUMENT
    unfinished = await service.uploads.begin(anna, 100, "x")
    assert await refusal(service, anna, unfinished.upload_id) is Reason.UNKNOWN_FILE
    assert await service.stores.avatars.avatars(anna) == []
    # With its last byte an upload is a file, whether it was asked for or not.
    complete = await service.begin(anna, b"image" + secrets.token_bytes(10))
    await service.depict(anna, complete.upload_id)
    assert await service.reads(bob, complete.upload_id, Variant.SMALL)


async def test_a_file_that_is_about_to_go_is_no_picture(service: Service, anna: UserId, image: File) -> None:
    assert await service.stores.files.move_file(image.file_id, Life.ALIVE, Life.MARKED)
    assert await refusal(service, anna, image.file_id) is Reason.UNKNOWN_FILE
    assert await service.stores.avatars.avatars(anna) == []


async def test_a_file_that_is_noted_while_it_is_about_to_go_stays(
    service: Service, anna: UserId, image: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = service.stores.files.move_file

    async def noted_meanwhile(file_id: FileId, old: Life, new: Life) -> bool:
        if new is Life.MARKED:
            await service.stores.avatars.add_avatar(Avatar(anna, image.file_id, service.clock.now_ms()))
            service.profiles.pictures[anna] = image.file_id
        return await move(file_id, old, new)

    monkeypatch.setattr(service.stores.files, "move_file", noted_meanwhile)
    await service.pass_time(LONG)
    assert await service.stores.files.files([image.file_id]) == [image]


async def test_what_is_noted_again_is_not_forgotten_with_what_was_noted_before(
    service: Service, anna: UserId, bob: UserId, image: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user takes a picture again just when the collector lets go of it."""
    await service.avatars.note(anna, image.file_id)
    remove = service.stores.avatars.remove_avatars

    async def taken_meanwhile(avatars: list[Avatar]) -> None:
        monkeypatch.undo()
        await service.depict(anna, image.file_id)
        await remove(avatars)

    monkeypatch.setattr(service.stores.avatars, "remove_avatars", taken_meanwhile)
    await service.pass_time(LONG)
    await service.pass_time(LONG)
    assert await service.reads(bob, image.file_id, Variant.SMALL)


async def test_a_picture_that_its_user_deletes_is_gone(service: Service, anna: UserId, bob: UserId, image: File) -> None:
    await service.depict(anna, image.file_id)
    await service.library.delete(anna, image.file_id)
    assert not await service.reads(bob, image.file_id, Variant.SMALL)
    assert await service.stores.avatars.avatars(anna) == []
    await service.pass_time(MINUTES)
    assert await service.kept() == []


async def set_picture(service: Service, user_id: UserId, here: ConversationId, file: File, seq: int) -> None:
    """Let a change of settings that names a file as the conversation's picture get into the log, if it has a seq."""
    message_id = MessageId(new_id())
    await service.postings.attach(user_id, here, message_id, [file.file_id], as_avatar=True)
    if seq:
        service.conversations.messages[here, message_id] = Message(seq, user_id, frozenset({file.file_id}), for_all=True)


async def test_all_members_may_have_the_picture_of_their_conversation_whenever_they_came(
    service: Service, anna: UserId, bob: UserId, image: File
) -> None:
    here = ConversationId(new_id())
    await set_picture(service, anna, here, image, seq=5)
    assert not await service.reads(bob, image.file_id)
    service.conversations.members[bob] = {here: 100}
    for _ in range(2):
        assert await service.reads(bob, image.file_id)
    await service.pass_time(LONG)
    assert await service.reads(bob, image.file_id)
    (posting,) = await service.stores.postings.postings(image.file_id)
    assert (posting.seq, posting.for_all) == (5, True)


async def test_a_change_of_settings_that_is_refused_shows_nobody_its_picture_and_keeps_it_not(
    service: Service, anna: UserId, bob: UserId, image: File
) -> None:
    here = ConversationId(new_id())
    service.conversations.members[bob] = {here: 1}
    await set_picture(service, anna, here, image, seq=0)
    assert not await service.reads(bob, image.file_id)
    await service.pass_time(LONG)
    assert not await is_there(service, image)


async def test_the_picture_of_a_conversation_is_an_image_that_whoever_sets_it_may_have(
    service: Service, anna: UserId, bob: UserId, image: File
) -> None:
    here, message_id = ConversationId(new_id()), MessageId(new_id())
    text = await service.upload(anna, b"words")
    for user_id, file, reason in ((bob, image, Reason.UNKNOWN_FILE), (anna, text, Reason.INVALID_ARGUMENT)):
        with pytest.raises(ChatError) as refused:
            await service.postings.attach(user_id, here, message_id, [file.file_id], as_avatar=True)
        assert refused.value.reason is reason
        assert await service.stores.postings.postings(file.file_id) == []

"""What becomes of uploads and files as time passes and things fail: the same in memory, and over Cassandra and a folder or S3."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from chatkit.core.clock import ManualClock, SystemClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession
from svc_files.blobs.folder import FolderBlobStore
from svc_files.blobs.s3 import S3BlobStore
from svc_files.conversations import Message
from svc_files.core.files import FileId, Life, Posting, Variant
from svc_files.core.tus import Checksum, Piece
from svc_files.intake import new_key
from svc_files.store import Room, Stores
from svc_files.store.cassandra import KEYSPACE, CassandraStores
from svc_files.store.memory import MemoryStores
from svc_files.uploads import folder_of
from svc_files.workshop import Found
from tests.files import AT_ONCE, DAY, Service, blocks
from tests.s3 import REGION, S3

MINUTES, HOURS = timedelta(minutes=10), timedelta(hours=3)
LONG = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a service stands on, if that is not memory."""

    session: CassandraSession
    stores: Stores
    s3: S3 | None


@pytest.fixture(params=["memory", "folder", "s3"], scope="module")
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground | None]:
    if request.param == "memory":
        yield None
        return
    settings = request.getfixturevalue("cassandra_settings")
    session = await CassandraSession.connect(settings)
    stores = await CassandraStores.open(session, settings)
    yield Ground(session, stores, request.getfixturevalue("s3") if request.param == "s3" else None)
    await session.close()


@pytest.fixture
async def service(ground: Ground | None, tmp_path: Path) -> Service:
    if ground is None:
        return Service(MemoryStores())
    await ground.session.run(f"TRUNCATE {KEYSPACE}.progress")  # the clock of the test before went on
    s3, clock = ground.s3, ManualClock(SystemClock().now_ms())
    blobs = (
        S3BlobStore(s3.bucket(), s3.endpoint, REGION, s3.access_key_id, s3.secret_access_key) if s3 else FolderBlobStore(tmp_path, clock)
    )
    return Service(ground.stores, blobs, clock)


@pytest.fixture(autouse=True)
async def has_looked(service: Service) -> None:
    """Whatever was due before the service began is no business of it."""
    await service.collector.collect()


@pytest.fixture
def anna() -> UserId:
    return UserId(new_id())


@pytest.fixture
def bob() -> UserId:
    return UserId(new_id())


def some(size: int = 1000) -> bytes:
    return secrets.token_bytes(size)


async def test_what_came_before_a_connection_broke_is_kept(service: Service, anna: UserId) -> None:
    data = some(10_000_000)
    upload = await service.uploads.begin(anna, len(data), "x")
    with pytest.raises(ConnectionError):
        await service.uploads.append(upload, 0, blocks(data[:5_000_000], data[5_000_000:6_000_001], then=ConnectionError()))
    assert await service.uploads.offset(upload) == 6_000_001
    assert await service.intake.finish(upload) is None
    assert await service.uploads.append(upload, 6_000_001, blocks(data[6_000_001:])) == len(data)
    file = await service.intake.finish(upload)
    assert file
    assert await service.blobs.read(file.content.key, 0, file.size) == data
    assert await service.kept() == [file.content.key]
    assert await service.stores.rooms.room(anna) == Room(len(data), 0)
    assert await service.stores.uploads.upload(upload.upload_id) is None


async def test_with_a_checksum_only_what_is_whole_is_kept(service: Service, anna: UserId) -> None:
    data = some(9_000_000)
    upload = await service.uploads.begin(anna, len(data), "x")
    checksum = Checksum("sha256", hashlib.sha256(data).digest())
    with pytest.raises(ConnectionError):
        await service.uploads.append(upload, 0, blocks(data[:8_000_000], then=ConnectionError()), checksum)
    with pytest.raises(ChatError) as refusal:
        await service.uploads.append(upload, 0, blocks(data[::-1]), checksum)
    assert refusal.value.reason is Reason.CHECKSUM_MISMATCH
    assert (await service.uploads.offset(upload), await service.kept()) == (0, [])
    assert await service.uploads.append(upload, 0, blocks(data), checksum) == len(data)


async def test_of_two_who_go_on_from_one_offset_one_gets_on(service: Service, anna: UserId) -> None:
    upload = await service.uploads.begin(anna, 100, "x")
    late = service.uploads.append(upload, 0, _after(service.uploads.append(upload, 0, blocks(b"a" * 30)), b"b" * 50))
    with pytest.raises(ChatError) as refusal:
        await late
    assert refusal.value.reason is Reason.UPLOAD_CONFLICT
    assert await service.uploads.offset(upload) == 30
    assert len(await service.kept()) == 1


async def _after(first: object, block: bytes) -> AsyncIterator[bytes]:
    await first  # type: ignore[misc]
    yield block


@pytest.mark.parametrize("has_checksum", [False, True])
async def test_what_still_comes_of_an_upload_that_was_ended_is_not_kept(service: Service, anna: UserId, has_checksum: bool) -> None:
    data = some(9_000_000)
    upload = await service.uploads.begin(anna, len(data), "x")
    checksum = Checksum("sha256", hashlib.sha256(data).digest()) if has_checksum else None

    async def ended_meanwhile() -> AsyncIterator[bytes]:
        yield data[:5_000_000]
        await service.uploads.abandon(upload)
        yield data[5_000_000:]

    with pytest.raises(ChatError) as refusal:
        await service.uploads.append(upload, 0, ended_meanwhile(), checksum)
    assert refusal.value.reason is Reason.UNKNOWN_FILE
    assert (await service.kept(), await service.stores.uploads.pieces(upload.upload_id)) == ([], [])
    assert await service.stores.rooms.room(anna) == Room()


async def test_an_upload_that_became_a_file_while_it_was_ended_counts(service: Service, anna: UserId) -> None:
    upload = await service.begin(anna, some())
    file = await service.intake.finish(upload)
    assert file
    await service.uploads.abandon(upload)
    assert await service.reads(anna, file.file_id)
    assert await service.stores.rooms.room(anna) == Room(file.size, 0)
    assert await service.stores.rooms.newest(anna, None, 10) == [file.file_id]


async def test_what_a_process_that_was_killed_left_of_an_upload_that_has_ended_is_found(service: Service, anna: UserId) -> None:
    ended, finished = await service.uploads.begin(anna, 100, "x"), await service.begin(anna, some())
    await service.uploads.abandon(ended)
    file = await service.intake.finish(finished)
    assert file
    for upload in (ended, finished):
        piece = Piece(0, 4, f"{folder_of(upload.upload_id)}{new_id()}")
        await service.blobs.put(piece.key, b"late")
        assert await service.stores.uploads.add_piece(upload.upload_id, piece)
    await service.post(anna, ConversationId(new_id()), file.file_id, seq=1)
    await service.pass_time(LONG)
    assert await service.kept() == [file.content.key]
    assert [await service.stores.uploads.pieces(one.upload_id) for one in (ended, finished)] == [[], []]


async def test_nobody_uploads_more_than_was_said_or_for_longer_than_may_be(service: Service, anna: UserId) -> None:
    upload = await service.uploads.begin(anna, 10, "x")
    with pytest.raises(ChatError) as refusal:
        await service.uploads.append(upload, 0, blocks(b"x" * 11))
    assert refusal.value.reason is Reason.FILE_TOO_LARGE
    assert await service.uploads.offset(upload) == 0
    service.clock.advance(DAY.total_seconds())
    assert await service.uploads.upload(anna, upload.upload_id) is None
    with pytest.raises(ChatError) as refusal:
        await service.uploads.append(upload, 0, blocks(b"x"))
    assert refusal.value.reason is Reason.UNKNOWN_FILE


async def test_an_upload_that_was_given_up_is_forgotten(service: Service, anna: UserId) -> None:
    upload = await service.uploads.begin(anna, 100, "x")
    await service.uploads.append(upload, 0, blocks(b"half"))
    await service.pass_time(DAY)
    assert await service.stores.uploads.upload(upload.upload_id)
    await service.pass_time(HOURS)
    assert await service.stores.uploads.upload(upload.upload_id) is None
    assert (await service.kept(), await service.stores.rooms.room(anna)) == ([], Room())


async def test_a_complete_upload_that_nobody_finished_becomes_a_file(service: Service, anna: UserId) -> None:
    upload = await service.begin(anna, some())
    await service.pass_time(DAY + HOURS)
    assert await service.reads(anna, upload.upload_id)


async def test_what_is_refused_leaves_nothing(service: Service, anna: UserId) -> None:
    upload = await service.begin(anna, b"refuse" + some())
    with pytest.raises(ChatError) as refusal:
        await service.intake.finish(upload)
    assert refusal.value.reason is Reason.FILE_TYPE_REFUSED
    assert (await service.kept(), await service.stores.rooms.room(anna)) == ([], Room())
    await service.pass_time(LONG)
    assert await service.stores.contents.claims(hashlib.sha256(b"refuse").digest()) == []


async def test_what_an_upload_becomes_counts_and_may_be_too_much(service: Service, anna: UserId, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of an image that takes more room when it is drawn anew."""

    async def drawn(source: Path, folder: Path) -> Found:
        data = source.read_bytes()  # noqa: ASYNC240 - it is small
        (folder / "redrawn").write_bytes(data * 15_000)
        return Found("text/plain", redrawn="redrawn")

    monkeypatch.setattr(service.looker, "look", drawn)
    kept = [await service.upload(anna, some()) for _ in range(2)]
    assert await service.stores.rooms.room(anna) == Room(30_000_000, 0)
    with pytest.raises(ChatError) as refusal:
        await service.upload(anna, some())
    assert refusal.value.reason is Reason.QUOTA_REACHED
    assert await service.stores.rooms.room(anna) == Room(30_000_000, 0)
    for file in kept:
        await service.post(anna, ConversationId(new_id()), file.file_id, seq=1)
    await service.pass_time(LONG)
    assert sorted(await service.kept()) == sorted(file.content.key for file in kept)


async def test_a_file_in_no_message_is_deleted_after_a_while_and_one_that_is_in_one_stays(service: Service, anna: UserId) -> None:
    loose, posted = await service.upload(anna, some()), await service.upload(anna, some())
    await service.post(anna, ConversationId(new_id()), posted.file_id, seq=7)
    await service.pass_time(DAY - HOURS)
    assert await service.reads(anna, loose.file_id)
    await service.pass_time(2 * HOURS)
    assert not await service.reads(anna, loose.file_id)
    await service.pass_time(LONG)
    assert await service.kept() == [posted.content.key]
    assert await service.stores.rooms.room(anna) == Room(posted.size, 0)
    assert await service.reads(anna, posted.file_id)


async def test_a_message_that_never_came_keeps_no_file_and_shows_none(service: Service, anna: UserId, bob: UserId) -> None:
    here = ConversationId(new_id())
    service.conversations.members[bob] = {here: 1}
    file = await service.upload(anna, some())
    message_id = await service.post(anna, here, file.file_id)
    assert not await service.reads(bob, file.file_id)
    # Another's message of that id, or one of other files, does not count either.
    for message in (Message(5, bob, frozenset({file.file_id})), Message(5, anna, frozenset({FileId(new_id())}))):
        service.conversations.messages[here, message_id] = message
        assert not await service.reads(bob, file.file_id)
    del service.conversations.messages[here, message_id]
    await service.pass_time(DAY + HOURS)
    assert not await service.reads(anna, file.file_id)
    await service.pass_time(LONG)
    assert (await service.kept(), await service.stores.postings.files_of(here, message_id)) == ([], [])


async def test_who_was_there_when_it_was_posted_has_it(service: Service, anna: UserId, bob: UserId) -> None:
    here, there = ConversationId(new_id()), ConversationId(new_id())
    file = await service.upload(anna, some())
    await service.post(anna, here, file.file_id, seq=9)
    for joined, wanted in (({here: 9}, True), ({here: 10}, False), ({there: 1}, False), ({there: 1, here: 1}, True), ({}, False)):
        service.conversations.members[bob] = joined
        assert await service.reads(bob, file.file_id) is wanted, joined


async def test_nobody_takes_a_file_out_of_a_message_of_another(service: Service, anna: UserId, bob: UserId) -> None:
    """Not by a message with the same id, whatever becomes of that."""
    here, file, own = ConversationId(new_id()), await service.upload(anna, some()), await service.upload(bob, some())
    cleo = UserId(new_id())
    service.conversations.members |= {bob: {here: 1}, cleo: {here: 1}}
    message_id = await service.post(anna, here, file.file_id, seq=3)
    assert await service.postings.attach(bob, here, message_id, [file.file_id])
    assert await service.stores.files.move_file(own.file_id, Life.ALIVE, Life.MARKED)
    with pytest.raises(ChatError):
        await service.postings.attach(bob, here, message_id, [file.file_id, own.file_id])
    await service.pass_time(DAY + HOURS)
    assert await service.reads(cleo, file.file_id)
    await service.postings.release(here, message_id)
    assert not await service.reads(cleo, file.file_id)


async def test_a_message_that_is_sent_again_keeps_the_files_that_are_left(service: Service, anna: UserId, bob: UserId) -> None:
    here = ConversationId(new_id())
    service.conversations.members[bob] = {here: 1}
    stays, goes, message_id = await service.upload(anna, some()), await service.upload(anna, some()), MessageId(new_id())
    both = [stays.file_id, goes.file_id]
    await service.postings.attach(anna, here, message_id, both)
    service.conversations.messages[here, message_id] = Message(3, anna, frozenset(both))
    assert await service.stores.files.move_file(goes.file_id, Life.ALIVE, Life.MARKED)
    with pytest.raises(ChatError):
        await service.postings.attach(anna, here, message_id, both)
    assert await service.reads(bob, stays.file_id)


async def test_who_may_not_have_a_file_can_not_post_it(service: Service, anna: UserId, bob: UserId) -> None:
    file = await service.upload(anna, some())
    with pytest.raises(ChatError) as refusal:
        await service.post(bob, ConversationId(new_id()), file.file_id, seq=1)
    assert refusal.value.reason is Reason.UNKNOWN_FILE
    assert await service.stores.postings.postings(file.file_id) == []


async def test_a_complete_upload_can_be_posted_at_once(service: Service, anna: UserId) -> None:
    upload = await service.begin(anna, some())
    (file,) = await service.postings.attach(anna, ConversationId(new_id()), MessageId(new_id()), [upload.upload_id])
    assert file.file_id == upload.upload_id
    partial = await service.uploads.begin(anna, 100, "x")
    with pytest.raises(ChatError) as refusal:
        await service.postings.attach(anna, ConversationId(new_id()), MessageId(new_id()), [partial.upload_id])
    assert refusal.value.reason is Reason.UNKNOWN_FILE


async def test_a_message_that_is_deleted_lets_its_files_go(service: Service, anna: UserId, bob: UserId) -> None:
    here = ConversationId(new_id())
    service.conversations.members[bob] = {here: 1}
    file = await service.upload(anna, some())
    message_ids = [await service.post(anna, here, file.file_id, seq=n) for n in (3, 4)]
    await service.pass_time(DAY + HOURS)
    for n, message_id in enumerate(message_ids):
        assert await service.reads(bob, file.file_id)
        for _ in range(2):
            await service.postings.release(here, message_id)
        assert await service.reads(bob, file.file_id) is (n == 0)
        del service.conversations.messages[here, message_id]
        await service.pass_time(DAY + HOURS)
        assert await service.reads(anna, file.file_id) is (n == 0)
    await service.pass_time(LONG)
    assert await service.kept() == []


async def test_a_message_that_disappears_lets_its_files_go_at_its_time(service: Service, anna: UserId, bob: UserId) -> None:
    here = ConversationId(new_id())
    service.conversations.members[bob] = {here: 1}
    file = await service.upload(anna, some())
    message_id = await service.post(anna, here, file.file_id, seq=3)
    due_ms = service.clock.now_ms() + 2 * round(DAY.total_seconds() * 1000)
    for _ in range(2):
        await service.postings.release(here, message_id, due_ms)
    await service.pass_time(2 * DAY - MINUTES)
    assert await service.reads(bob, file.file_id)
    await service.pass_time(2 * MINUTES)
    assert not await service.reads(bob, file.file_id)
    assert await service.reads(anna, file.file_id)
    await service.pass_time(DAY + HOURS)
    assert not await service.reads(anna, file.file_id)


async def test_the_same_content_is_kept_once_and_until_the_last_file_is_gone(service: Service, anna: UserId, bob: UserId) -> None:
    data = some()
    one, two = await service.upload(anna, data), await service.upload(bob, data)
    assert one.content.key == two.content.key
    assert await service.kept() == [one.content.key]
    await service.library.delete(anna, one.file_id)
    await service.pass_time(MINUTES)
    assert await service.kept() == [two.content.key]
    await service.library.delete(bob, two.file_id)
    await service.pass_time(MINUTES)
    assert await service.kept() == []
    assert await service.stores.contents.content(two.content.sha256) is None
    third = await service.upload(anna, data)
    assert await service.kept() == [third.content.key]


async def test_nobody_finds_out_that_another_has_a_content(
    service: Service, anna: UserId, bob: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by what is said of it nor by how long it takes: the same is done for whoever is the first and for whoever is not."""
    data, kept = some(), list[str]()
    put = service.blobs.put

    async def noted(key: str, source: bytes | Path) -> None:
        kept.append(key.partition("/")[0])
        await put(key, source)

    monkeypatch.setattr(service.blobs, "put", noted)
    done: list[tuple[list[str], int]] = []
    for who in (anna, bob):
        kept.clear()
        service.looker.looks = 0
        file = await service.upload(who, data)
        done.append((kept.copy(), service.looker.looks))
        assert file.served(Variant.ORIGINAL).etag == f'"{file.file_id}"'
    assert done[0] == done[1] == (["uploads", "files"], 1)


async def test_a_content_that_is_doomed_is_gone_soon_although_somebody_wants_it(service: Service, anna: UserId, bob: UserId) -> None:
    """Whoever had begun to delete it has died."""
    data = some()
    first = await service.upload(anna, data)
    upload = await service.begin(bob, data)
    await service.stores.contents.claim(first.content.sha256, upload.upload_id)
    await service.library.delete(anna, first.file_id)
    for old, new in ((Life.ALIVE, Life.MARKED), (Life.MARKED, Life.DOOMED)):
        assert await service.stores.contents.move_content(first.content.sha256, old, new)
    with pytest.raises(ChatError):
        await service.intake.finish(upload)
    await service.pass_time(MINUTES)
    file = await service.intake.finish(upload)
    assert file
    assert await service.kept() == [file.content.key]


async def test_a_content_that_is_being_deleted_is_not_built_upon(service: Service, anna: UserId) -> None:
    data = some()
    one = await service.upload(anna, data)
    sha256 = one.content.sha256
    await service.library.delete(anna, one.file_id)
    await service.stores.contents.move_content(sha256, Life.ALIVE, Life.MARKED)
    upload = await service.begin(anna, data)
    with pytest.raises(ChatError) as refusal:
        await service.intake.finish(upload)
    assert refusal.value.reason is Reason.UNAVAILABLE
    # Who comes back finds it alive again, because the collector has seen the claim.
    await service.pass_time(MINUTES)
    file = await service.intake.finish(upload)
    assert file
    assert await service.blobs.read(file.content.key, 0, len(data)) == data
    await service.post(anna, ConversationId(new_id()), file.file_id, seq=1)
    await service.pass_time(LONG)
    assert await service.blobs.read(file.content.key, 0, len(data)) == data


async def test_whoever_dies_while_deleting_is_followed_by_another(service: Service, anna: UserId) -> None:
    marked, doomed = await service.upload(anna, some()), await service.upload(anna, some())
    for file, lives in ((marked, (Life.MARKED,)), (doomed, (Life.MARKED, Life.DOOMED))):
        for before, after in zip((Life.ALIVE, *lives), lives, strict=False):
            assert await service.stores.files.move_file(file.file_id, before, after)
            assert await service.stores.contents.move_content(file.content.sha256, before, after)
    assert not await service.reads(anna, doomed.file_id)
    await service.pass_time(DAY + HOURS)
    await service.pass_time(LONG)
    assert (await service.kept(), await service.stores.rooms.room(anna)) == ([], Room())
    assert await service.stores.files.files([marked.file_id, doomed.file_id]) == [None, None]


async def test_whoever_dies_while_taking_in_leaves_nothing_for_good(service: Service, anna: UserId) -> None:
    # Killed after the objects were kept, and before there was a content; the client never came back.
    data = some()
    upload = await service.begin(anna, data)
    sha256 = hashlib.sha256(data).digest()
    stray = new_key(sha256)
    await service.stores.contents.claim(sha256, upload.upload_id)
    await service.blobs.put(stray, data)
    file = await service.intake.finish(upload)
    assert file
    await service.library.delete(anna, file.file_id)
    await service.pass_time(MINUTES)
    assert await service.kept() == []
    # The same, but the content is needed: what is no part of it goes.
    file = await service.upload(anna, data)
    await service.post(anna, ConversationId(new_id()), file.file_id, seq=1)
    await service.blobs.put(stray, data)
    await service.pass_time(LONG)
    assert await service.kept() == [file.content.key]


async def test_what_can_not_be_dealt_with_is_put_off_and_holds_up_nothing(
    service: Service, anna: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, loose = await service.upload(anna, some()), await service.upload(anna, some())
    await service.post(anna, ConversationId(new_id()), stuck.file_id)

    async def unreachable(*_: object) -> None:
        raise ChatError(Reason.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(service.conversations, "message", unreachable)
        await service.pass_time(DAY + HOURS)
        assert await service.reads(anna, stuck.file_id)
        assert not await service.reads(anna, loose.file_id)
    await service.pass_time(2 * MINUTES)
    assert not await service.reads(anna, stuck.file_id)


async def test_more_files_than_there_is_room_for_are_not_taken_in_at_once(
    service: Service, anna: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, look = asyncio.Event(), service.looker.look

    async def slowly(source: Path, folder: Path) -> Found:
        await looking.wait()
        return await look(source, folder)

    monkeypatch.setattr(service.looker, "look", slowly)
    uploads = [await service.begin(anna, some()) for _ in range(AT_ONCE + 1)]
    async with asyncio.TaskGroup() as group:
        finishing = [group.create_task(service.intake.finish(one)) for one in (*uploads[:AT_ONCE], uploads[0])]
        await asyncio.sleep(0)  # let them begin
        with pytest.raises(ChatError) as refusal:
            await service.intake.finish(uploads[-1])
        looking.set()
    assert (refusal.value.reason, service.looker.looks) == (Reason.OVERLOADED, AT_ONCE)
    assert refusal.value.retry_after is not None
    first, *_, again = [task.result() for task in finishing]
    assert first == again
    assert await service.intake.finish(uploads[-1])


async def test_an_upload_is_its_owner_s_alone(service: Service, anna: UserId, bob: UserId) -> None:
    upload = await service.uploads.begin(anna, 100, "x")
    assert await service.uploads.upload(bob, upload.upload_id) is None
    assert await service.uploads.upload(anna, upload.upload_id) == upload


async def test_a_file_that_is_about_to_go_is_not_posted(service: Service, anna: UserId) -> None:
    file = await service.upload(anna, some())
    assert await service.stores.files.move_file(file.file_id, Life.ALIVE, Life.MARKED)
    with pytest.raises(ChatError) as refusal:
        await service.post(anna, ConversationId(new_id()), file.file_id)
    assert refusal.value.reason is Reason.UNKNOWN_FILE
    assert await service.stores.postings.postings(file.file_id) == []


async def test_a_file_that_is_posted_while_it_is_about_to_go_stays(service: Service, anna: UserId, monkeypatch: pytest.MonkeyPatch) -> None:
    file = await service.upload(anna, some())
    posting = Posting(file.file_id, ConversationId(new_id()), MessageId(new_id()), anna, service.clock.now_ms())
    service.conversations.messages[posting.conversation_id, posting.message_id] = Message(1, anna, frozenset({file.file_id}))
    move = service.stores.files.move_file

    async def posted_meanwhile(file_id: FileId, old: Life, new: Life) -> bool:
        if new is Life.MARKED:
            await service.stores.postings.add_postings([posting])
        return await move(file_id, old, new)

    monkeypatch.setattr(service.stores.files, "move_file", posted_meanwhile)
    await service.pass_time(LONG)
    (after,) = await service.stores.files.files([file.file_id])
    assert after == file


async def test_a_message_that_may_still_come_keeps_its_file(service: Service, anna: UserId) -> None:
    file = await service.upload(anna, some())
    service.clock.advance((DAY - MINUTES).total_seconds())
    await service.post(anna, ConversationId(new_id()), file.file_id)
    await service.pass_time(2 * MINUTES)
    assert await service.reads(anna, file.file_id)
    await service.pass_time(HOURS)
    assert not await service.reads(anna, file.file_id)


async def test_a_claim_of_nobody_keeps_no_content(service: Service, anna: UserId) -> None:
    file = await service.upload(anna, some())
    await service.stores.contents.claim(file.content.sha256, FileId(new_id()))
    await service.library.delete(anna, file.file_id)
    await service.pass_time(MINUTES)
    assert await service.kept() == []

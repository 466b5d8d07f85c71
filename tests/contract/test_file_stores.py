"""The suite of the stores of files."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeAlias

import pytest

from chatkit.core.clock import SystemClock
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession
from svc_files.core.files import Avatar, Content, File, FileId, Life, Picture, Posting, Variant
from svc_files.core.tus import Piece, Upload
from svc_files.store import Kind, Room, Task
from svc_files.store.cassandra import CassandraStores
from svc_files.store.memory import MemoryStores

NOW = SystemClock().now_ms()

Stores: TypeAlias = CassandraStores | MemoryStores


@pytest.fixture(params=["memory", "cassandra"], scope="module")
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield MemoryStores()
        return
    settings = request.getfixturevalue("cassandra_settings")
    session = await CassandraSession.connect(settings)
    yield await CassandraStores.open(session, settings)
    await session.close()


def file_id() -> FileId:
    return FileId(new_id())


def user_id() -> UserId:
    return UserId(new_id())


def content_of(sha256: bytes = b"") -> Content:
    pictures = {Variant.SMALL: Picture("small-key", 10, 320, 200)}
    return Content(sha256 or secrets.token_bytes(32), "a-key", 2**40, "image/png", 640, 400, 0, pictures)


def posting(of: FileId, conversation_id: str = "", message_id: str = "") -> Posting:
    return Posting(of, ConversationId(conversation_id or new_id()), MessageId(message_id or new_id()), user_id(), NOW)


async def test_an_upload_is_there_until_it_is_removed_and_its_pieces_until_they_are(stores: Stores) -> None:
    upload = Upload(file_id(), user_id(), 2**40, "Grüße.txt", NOW, NOW + 1000)
    assert await stores.uploads.upload(upload.upload_id) is None
    await stores.uploads.add_upload(upload)
    assert await stores.uploads.upload(upload.upload_id) == upload
    second, first = Piece(5, 2**33, "b"), Piece(0, 5, "a")
    for piece in (second, first):
        assert await stores.uploads.add_piece(upload.upload_id, piece)
    assert await stores.uploads.pieces(upload.upload_id) == [first, second]
    for _ in range(2):
        await stores.uploads.remove_upload(upload.upload_id)
    assert await stores.uploads.upload(upload.upload_id) is None
    assert await stores.uploads.pieces(upload.upload_id) == [first, second]
    for _ in range(2):
        await stores.uploads.remove_pieces(upload.upload_id)
    assert await stores.uploads.pieces(upload.upload_id) == []


async def test_of_many_pieces_at_one_offset_one_gets_in(stores: Stores) -> None:
    upload_id = file_id()
    rivals = [Piece(7, n, f"key-{n}") for n in range(1, 6)]
    won = await asyncio.gather(*(stores.uploads.add_piece(upload_id, one) for one in rivals))
    assert sorted(won) == [False] * 4 + [True]
    assert await stores.uploads.pieces(upload_id) == [rivals[won.index(True)]]


async def test_what_a_user_s_files_take_is_summed_up(stores: Stores) -> None:
    anna = user_id()
    ids = [file_id() for _ in range(5)]
    assert await stores.rooms.room(anna) == Room()
    for n, one in enumerate(ids):
        await stores.rooms.take(anna, one, 2**n, unfinished=n % 2 == 0)
    assert await stores.rooms.room(anna) == Room(31, 3)
    assert await stores.rooms.newest(anna, None, 9) == [ids[3], ids[1]]
    await stores.rooms.take(anna, ids[4], 2**40, unfinished=False)
    assert await stores.rooms.room(anna) == Room(15 + 2**40, 2)
    assert await stores.rooms.newest(anna, None, 2) == [ids[4], ids[3]]
    assert await stores.rooms.newest(anna, ids[3], 2) == [ids[1]]
    for _ in range(2):
        await stores.rooms.give_back(anna, ids[4])
    assert await stores.rooms.room(anna) == Room(15, 2)
    assert await stores.rooms.room(user_id()) == Room()


async def test_of_many_contents_with_one_hash_one_gets_in(stores: Stores) -> None:
    first = content_of()
    rivals = [replace(first, key=f"key-{n}") for n in range(4)]
    assert await stores.contents.content(first.sha256) is None
    won = await asyncio.gather(*(stores.contents.add_content(one) for one in rivals))
    assert sorted(won) == [False] * 3 + [True]
    assert await stores.contents.content(first.sha256) == rivals[won.index(True)]


async def test_a_content_moves_to_its_end_by_one_way_only(stores: Stores) -> None:
    content = content_of()
    await stores.contents.add_content(content)
    assert not await stores.contents.move_content(content.sha256, Life.MARKED, Life.DOOMED)
    assert sorted(await asyncio.gather(*(stores.contents.move_content(content.sha256, Life.ALIVE, Life.MARKED) for _ in range(3)))) == [
        *(False, False, True)
    ]
    await stores.contents.remove_content(content.sha256)
    assert await stores.contents.content(content.sha256) == replace(content, life=Life.MARKED)
    assert await stores.contents.move_content(content.sha256, Life.MARKED, Life.DOOMED)
    for _ in range(2):
        await stores.contents.remove_content(content.sha256)
    assert await stores.contents.content(content.sha256) is None
    assert not await stores.contents.move_content(content.sha256, Life.ALIVE, Life.MARKED)
    assert await stores.contents.content(content.sha256) is None
    assert await stores.contents.add_content(content)


async def test_who_holds_a_content_is_known_until_they_do_not(stores: Stores) -> None:
    sha256, one, two = secrets.token_bytes(32), file_id(), file_id()
    for each in (one, two, one):
        await stores.contents.claim(sha256, each)
    assert sorted(await stores.contents.claims(sha256)) == sorted([one, two])
    for _ in range(2):
        await stores.contents.unclaim(sha256, one)
    assert await stores.contents.claims(sha256) == [two]


async def test_a_file_comes_with_its_content(stores: Stores) -> None:
    content = content_of()
    file = File(file_id(), user_id(), "x.png", 77, NOW, content)
    await stores.contents.add_content(content)
    for one in (file, replace(file, name="another")):
        await stores.files.add_file(one)
    assert await stores.files.files([file_id(), file.file_id, file.file_id]) == [None, file, file]
    assert await stores.files.files([]) == []
    assert await stores.files.move_file(file.file_id, Life.ALIVE, Life.MARKED)
    assert not await stores.files.move_file(file.file_id, Life.ALIVE, Life.DOOMED)
    assert await stores.files.files([file.file_id]) == [replace(file, life=Life.MARKED)]
    for _ in range(2):
        await stores.files.remove_file(file.file_id)
    assert not await stores.files.move_file(file.file_id, Life.MARKED, Life.ALIVE)
    assert await stores.files.files([file.file_id]) == [None]


async def test_postings_are_found_by_file_by_conversation_and_by_message(stores: Stores) -> None:
    one, two, here, there = file_id(), file_id(), new_id(), new_id()
    older, newer = posting(one, here), posting(one, here)
    elsewhere, of_two = posting(one, there), posting(two, here, newer.message_id)
    await stores.postings.add_postings([older, newer, elsewhere, of_two])
    assert await stores.postings.postings(one, [ConversationId(here)]) == [newer, older]
    assert sorted(await stores.postings.postings(one), key=lambda each: each.message_id) == [older, newer, elsewhere]
    many = [ConversationId(new_id()) for _ in range(250)]
    assert await stores.postings.postings(one, [*many, ConversationId(there)]) == [elsewhere]
    assert await stores.postings.postings(one, []) == []
    said = sorted((each.file_id, each.sender_id) for each in (newer, of_two))
    assert sorted(await stores.postings.files_of(newer.conversation_id, newer.message_id)) == said
    await stores.postings.remove_postings([newer, newer])
    assert await stores.postings.postings(one, [ConversationId(here)]) == [older]
    assert await stores.postings.files_of(newer.conversation_id, newer.message_id) == [(two, of_two.sender_id)]


async def test_what_one_says_of_a_message_is_not_what_another_says(stores: Stores) -> None:
    one = posting(file_id())
    other = replace(one, sender_id=user_id())
    await stores.postings.add_postings([one, other])
    await stores.postings.confirm(replace(one, seq=7))
    assert {each.sender_id: each.seq for each in await stores.postings.postings(one.file_id)} == {one.sender_id: 7, other.sender_id: 0}
    await stores.postings.remove_postings([other])
    assert await stores.postings.postings(one.file_id) == [replace(one, seq=7)]
    assert await stores.postings.files_of(one.conversation_id, one.message_id) == [(one.file_id, one.sender_id)]


async def test_the_place_of_a_posting_is_kept_if_it_is_noted_again_and_makes_none_that_is_gone(stores: Stores) -> None:
    one = posting(file_id())
    await stores.postings.add_postings([one])
    confirmed = replace(one, seq=2**40, for_all=True)
    await stores.postings.confirm(confirmed)
    await stores.postings.add_postings([one])
    assert await stores.postings.postings(one.file_id) == [confirmed]
    await stores.postings.remove_postings([one])
    await stores.postings.confirm(replace(one, seq=5))
    assert await stores.postings.postings(one.file_id) == []


async def test_what_was_about_to_be_a_picture_is_known_each_time_until_it_is_removed(stores: Stores) -> None:
    anna, one, other = user_id(), *sorted(file_id() for _ in range(2))
    first, again, third = Avatar(anna, one, NOW), Avatar(anna, one, NOW + 1), Avatar(anna, other, NOW)
    assert await stores.avatars.avatars(anna) == []
    for avatar in (again, third, first, Avatar(user_id(), one, NOW), first):
        await stores.avatars.add_avatar(avatar)
    assert set(await stores.avatars.avatars(anna)) == {first, again, third}
    assert await stores.avatars.avatars(anna, one) == [first, again]
    for _ in range(2):
        await stores.avatars.remove_avatars([first, third])
    assert await stores.avatars.avatars(anna) == [again]


async def test_what_is_due_is_known_until_it_has_been_looked_at(stores: Stores) -> None:
    minute = secrets.randbelow(2**40)
    file, content = Task(Kind.FILE, new_id()), Task(Kind.CONTENT, secrets.token_hex(32))
    for task in (file, content, file):
        await stores.due.add_task(minute, task)
    await stores.due.add_task(minute + 1, file)
    here, empty, next_one = await stores.due.tasks([minute, minute - 1, minute + 1])
    assert (set(here), empty, next_one) == ({file, content}, [], [file])
    for _ in range(2):
        await stores.due.strike_out(minute)
    await stores.due.finish(minute)
    assert await stores.due.finished() == minute
    assert await stores.due.tasks([minute, minute + 1]) == [[], [file]]

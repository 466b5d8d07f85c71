"""The suite of what users were told on their devices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeAlias

import pytest

from chatkit.core.ids import ConversationId, UserId, new_id
from chatkit.edges import redis as keys
from chatkit.edges.redis import connect_redis
from svc_presence.push.told import Before, Reading, Told
from svc_presence.push.told.memory import MemoryTold
from svc_presence.push.told.redis import RedisTold

Read: TypeAlias = Callable[[UserId, ConversationId, int], Coroutine[Any, Any, None]]
World: TypeAlias = tuple[Told, Read]


@pytest.fixture(params=["memory", "redis"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Something that knows, and how the router moves a mark."""
    if request.param == "memory":
        memory = MemoryTold()

        async def read(user_id: UserId, room: ConversationId, seq: int) -> None:
            memory.read[user_id, room] = seq

        yield memory, read
        return
    client: Any = await connect_redis(request.getfixturevalue("redis_url"))

    async def mark(user_id: UserId, room: ConversationId, seq: int) -> None:
        await client.hset(keys.marks(room), user_id, f"{seq + 3}:{seq}:1:2:2")

    yield RedisTold(client), mark
    await client.aclose()


@pytest.fixture
def anna() -> UserId:
    return UserId(new_id())


@pytest.fixture
def room() -> ConversationId:
    return ConversationId(new_id())


async def test_what_was_told_is_taken_once_by_a_reading_that_is_as_new(world: World, anna: UserId, room: ConversationId) -> None:
    told, _ = world
    other = ConversationId(new_id())
    assert await told.take([Reading(anna, room, 9)]) == [False]
    high = 1_800_000_000_000
    await told.note(anna, room, high)
    await told.note(anna, other, 1)
    readings = [Reading(anna, room, high - 1), Reading(UserId(new_id()), room, high), Reading(anna, room, high), Reading(anna, room, high)]
    assert await told.take(readings) == [False, False, True, False]
    assert await told.take([Reading(anna, other, 1)]) == [True]
    assert await told.take([]) == []


async def test_what_is_noted_late_takes_the_place_of_nothing_newer(world: World, anna: UserId, room: ConversationId) -> None:
    told, _ = world
    for seq in (7, 5):
        await told.note(anna, room, seq)
    assert await told.take([Reading(anna, room, 6), Reading(anna, room, 7)]) == [False, True]


async def test_whoever_notes_learns_how_it_was_before(world: World, anna: UserId, room: ConversationId) -> None:
    told, read = world
    assert await told.note(anna, room, 5) == Before(0, was_told=False)
    await read(anna, room, 4)
    assert await told.note(anna, room, 6) == Before(4, was_told=True)
    await told.take([Reading(anna, room, 6)])
    assert await told.note(anna, room, 7) == Before(4, was_told=False)


async def test_of_a_telling_and_a_reading_one_knows_of_the_other(world: World, anna: UserId) -> None:
    told, read = world

    async def reads(room: ConversationId) -> bool:
        await read(anna, room, 5)
        return (await told.take([Reading(anna, room, 5)]))[0]

    for _ in range(50):
        room = ConversationId(new_id())
        before, was_told = await asyncio.gather(told.note(anna, room, 5), reads(room))
        assert was_told or before.read_seq == 5

"""The suite of the audience: whom a message may concern."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, TypeAlias

import pytest

from chatkit.core.ids import ConversationId, UserId, new_id
from chatkit.edges import redis as keys
from chatkit.edges.redis import connect_redis
from svc_presence.push.audience import Audience
from svc_presence.push.audience.memory import MemoryAudience
from svc_presence.push.audience.redis import STEP, RedisAudience
from svc_presence.push.core import SMALL

Meet: TypeAlias = Callable[[ConversationId, list[UserId]], Coroutine[Any, Any, None]]


@pytest.fixture(params=["memory", "redis"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Audience, Meet]]:
    if request.param == "memory":
        memory = MemoryAudience({})

        async def meet(room: ConversationId, users: list[UserId]) -> None:
            memory.members[room] = users

        yield memory, meet
        return
    client: Any = await connect_redis(request.getfixturevalue("redis_url"))

    async def enter(room: ConversationId, users: list[UserId]) -> None:
        await client.hset(keys.members(room), mapping=dict.fromkeys(users, "3:1:0"))

    yield RedisAudience(client), enter
    await client.aclose()


async def concerned(audience: Audience, room: ConversationId, mentioned: Sequence[UserId] = (), *, everyone: bool = False) -> list[UserId]:
    return sorted({user_id async for some in audience.concerned(room, mentioned, everyone=everyone) for user_id in some})


async def test_a_small_conversation_concerns_all_its_members_and_many_are_asked_for_at_once(world: tuple[Audience, Meet]) -> None:
    audience, meet = world
    rooms = [ConversationId(new_id()) for _ in range(3)]
    people = [[UserId(new_id()) for _ in range(size)] for size in (SMALL, 0, 2)]
    for room, users in zip(rooms, people, strict=True):
        if users:
            await meet(room, users)
    assert list(map(sorted, await audience.everyone_in(rooms))) == list(map(sorted, people))
    assert await audience.everyone_in([]) == []


async def test_a_large_one_concerns_members_who_are_mentioned_or_everyone_if_everyone_is(world: tuple[Audience, Meet]) -> None:
    audience, meet = world
    size = 2 * STEP + 1
    room, users = ConversationId(new_id()), [UserId(new_id()) for _ in range(size)]
    await meet(room, users)
    assert await concerned(audience, room, [users[3], UserId(new_id())]) == [users[3]]
    assert await concerned(audience, room) == []
    assert await concerned(audience, room, everyone=True) == sorted(users)


async def test_a_conversation_that_is_not_known_concerns_nobody(world: tuple[Audience, Meet]) -> None:
    audience, _ = world
    room, users = ConversationId(new_id()), [UserId(new_id())]
    assert await concerned(audience, room, users) == await concerned(audience, room, users, everyone=True) == []


async def test_how_large_conversations_are_is_known_of_several_at_once(world: tuple[Audience, Meet]) -> None:
    audience, meet = world
    rooms = [ConversationId(new_id()) for _ in range(3)]
    for size, room in enumerate(rooms):
        if size:
            await meet(room, [UserId(new_id()) for _ in range(size)])
    assert await audience.sizes(rooms) == [0, 1, 2]
    assert await audience.sizes([]) == []

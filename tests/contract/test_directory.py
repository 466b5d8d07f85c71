"""The directory's suite: what presence relies on, asked of the fake and of the real engine alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, direct_conversation_id, new_id
from chatkit.edges import redis as keys
from chatkit.edges.live_view import LiveView
from chatkit.edges.redis import RedisClient, connect_redis
from svc_presence.core import Connection
from svc_presence.store import Directory, Presence
from svc_presence.store.memory import MemoryDirectory
from svc_presence.store.redis import RedisDirectory

NOW = 1_800_000_000_000


class MemoryWorld:
    def __init__(self) -> None:
        self.directory: Directory = MemoryDirectory()

    async def put_in(self, user_id: UserId, conversation_id: ConversationId) -> None:
        assert isinstance(self.directory, MemoryDirectory)
        self.directory.conversations.setdefault(user_id, set()).add(conversation_id)

    async def listeners(self, conversation_id: ConversationId) -> set[str]:
        assert isinstance(self.directory, MemoryDirectory)
        return set(self.directory.nodes.get(conversation_id, set()))


class RedisWorld:
    def __init__(self, client: RedisClient) -> None:
        self.client: Any = client
        self.directory: Directory = RedisDirectory(client)

    async def put_in(self, user_id: UserId, conversation_id: ConversationId) -> None:
        view = LiveView(self.client)
        await view.run(lambda pipeline: pipeline.zadd(keys.conversations(user_id, view.epoch), {conversation_id: keys.came_at(1)}))

    async def listeners(self, conversation_id: ConversationId) -> set[str]:
        return {name.decode() for name in await self.client.smembers(keys.nodes(conversation_id))}


World = MemoryWorld | RedisWorld


@pytest.fixture(params=["memory", "redis"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    client = await connect_redis(request.getfixturevalue("redis_url"))
    yield RedisWorld(client)
    await client.aclose()


def user() -> UserId:
    return UserId(new_id())


def connection(user_id: UserId, session: str = "") -> Connection:
    return Connection(ConnectionId(new_id()), user_id, SessionId(session or new_id()))


async def alive(world: World) -> str:
    node = f"gateway-{new_id()}@1"
    await world.directory.renew(node, 0)
    return node


async def test_attaching_tells_the_users_conversations_and_lets_the_node_listen(world: World) -> None:
    anna, node, tea = user(), await alive(world), ConversationId(new_id())
    await world.put_in(anna, tea)
    attached = await world.directory.attach(node, [connection(anna)], [], NOW)
    assert list(attached.conversations) == [frozenset({tea})]
    assert attached.came_online == {anna}
    assert await world.listeners(tea) == {node}


async def test_a_user_comes_once_and_goes_with_the_last_connection(world: World) -> None:
    anna, node = user(), await alive(world)
    one, two = connection(anna), connection(anna)
    assert (await world.directory.attach(node, [one], [], NOW)).came_online == {anna}
    assert (await world.directory.attach(node, [two], [], NOW)).came_online == set()
    assert (await world.directory.attach(node, [], [one], NOW)).went_offline == set()
    assert await world.directory.presence([anna]) == [Presence(online=True)]
    assert (await world.directory.attach(node, [], [two], NOW + 5)).went_offline == {anna}
    assert await world.directory.presence([anna]) == [Presence(online=False, last_seen_ms=NOW + 5)]


async def test_attaching_twice_is_attaching_once(world: World) -> None:
    anna, node, one = user(), await alive(world), None
    one = connection(anna)
    for _ in range(2):
        await world.directory.attach(node, [one], [], NOW)
    assert (await world.directory.attach(node, [], [one], NOW)).went_offline == {anna}


async def test_who_is_on_a_node_that_is_not_known_is_not_there(world: World) -> None:
    anna, node = user(), f"gateway-{new_id()}@1"
    await world.directory.attach(node, [connection(anna)], [], NOW)
    assert (await world.directory.presence([anna]))[0].online is False
    assert (await world.directory.attach(await alive(world), [connection(anna)], [], NOW)).came_online == {anna}


async def test_removing_a_node_takes_everything_that_it_left(world: World) -> None:
    anna, bob, node, other, tea = user(), user(), await alive(world), await alive(world), ConversationId(new_id())
    await world.put_in(anna, tea)
    await world.directory.attach(node, [connection(anna), connection(bob)], [], NOW)
    await world.directory.attach(other, [connection(bob)], [], NOW)
    assert await world.directory.remove(node, NOW + 7) == {anna}
    assert await world.listeners(tea) == set()
    assert node not in await world.directory.incarnations()
    assert await world.directory.presence([anna, bob]) == [Presence(online=False, last_seen_ms=NOW + 7), Presence(online=True)]
    assert await world.directory.remove(node, NOW + 9) == set()


async def test_a_lease_is_held_until_its_node_is_removed(world: World) -> None:
    node = f"gateway-{new_id()}@1"
    assert await world.directory.renew(node, 0) == (1, True)
    assert await world.directory.renew(node, 1) == (2, False)
    assert (await world.directory.incarnations())[node] == 2
    await world.directory.remove(node, NOW)
    assert await world.directory.renew(node, 2) == (1, True)


async def test_whoever_was_not_told_that_a_lease_had_lapsed_is_told_again(world: World) -> None:
    node = f"gateway-{new_id()}@1"
    assert await world.directory.renew(node, 0) == (1, True)
    assert await world.directory.renew(node, 0) == (2, True)
    assert await world.directory.renew(node, 2) == (3, False)
    assert await world.directory.renew(node, 2) == (4, False), "an answer that was lost, in which was nothing new"
    await world.directory.remove(node, NOW)
    assert await world.directory.renew(node, 4) == (1, True)
    assert await world.directory.renew(node, 4) == (2, True)
    assert await world.directory.renew(node, 2) == (3, False)


async def test_nodes_begin_and_cease_to_listen_and_to_watch(world: World) -> None:
    node, tea, anna = await alive(world), ConversationId(new_id()), user()
    await world.directory.listen(node, [tea], [])
    await world.directory.watch(node, [anna], [])
    assert (await world.listeners(tea), await world.directory.watchers([anna])) == ({node}, [frozenset({node})])
    await world.directory.listen(node, [], [tea])
    await world.directory.watch(node, [], [anna])
    assert (await world.listeners(tea), await world.directory.watchers([anna])) == (set(), [frozenset()])


async def test_acquaintances_share_a_conversation(world: World) -> None:
    anna, bob, carl, dora = user(), user(), user(), user()
    tea, direct = ConversationId(new_id()), direct_conversation_id(anna, bob)
    for who, what in ((anna, tea), (carl, tea), (anna, direct), (bob, direct)):
        await world.put_in(who, what)
    assert await world.directory.acquaintances(anna, [anna, bob, carl, dora]) == {anna, bob, carl}
    assert await world.directory.acquaintances(dora, [anna, bob]) == set()


async def test_a_login_session_ends_on_every_node_that_has_it_and_the_others_go_on(world: World) -> None:
    anna, one, two = user(), await alive(world), await alive(world)
    phone, laptop = new_id(), new_id()
    await world.directory.attach(one, [connection(anna, phone), connection(anna, laptop)], [], NOW)
    await world.directory.attach(two, [connection(anna, phone)], [], NOW)
    tablet = new_id()
    await world.directory.attach(one, [connection(anna, tablet)], [], NOW)
    assert await world.directory.end_session(anna, SessionId(tablet), 60) == {one}
    assert await world.directory.end_session(anna, SessionId(phone), 60) == {one, two}
    attached = await world.directory.attach(two, [connection(anna, phone), connection(anna, laptop)], [], NOW)
    assert attached.ended == {phone}
    assert (await world.directory.attach(two, [connection(user(), phone)], [], NOW)).ended == set()


async def test_either_the_end_of_a_session_or_its_attaching_tells_of_the_other(world: World) -> None:
    anna, node = user(), await alive(world)
    for _ in range(20):
        phone = new_id()
        homes, attached = await asyncio.gather(
            world.directory.end_session(anna, SessionId(phone), 60), world.directory.attach(node, [connection(anna, phone)], [], NOW)
        )
        assert homes == {node} or attached.ended == {phone}

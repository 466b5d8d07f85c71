"""The directory's suite: what presence relies on, asked of the fake and of the real engine alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, direct_conversation_id, new_id
from chatkit.core.presence import Audience
from chatkit.edges import redis as keys
from chatkit.edges.live_view import LiveView
from chatkit.edges.redis import RedisClient, connect_redis
from svc_presence.core import Connection
from svc_presence.store import Block, Directory, Noted, Presence
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

    async def blocks(self, one: UserId, other: UserId) -> dict[UserId, bool]:
        assert isinstance(self.directory, MemoryDirectory)
        pairs = ((one, other), (other, one))
        return {pair[0]: self.directory.blocks[pair].is_blocked for pair in pairs if pair in self.directory.blocks}


class RedisWorld:
    def __init__(self, client: RedisClient) -> None:
        self.client: Any = client
        self.directory: Directory = RedisDirectory(client)

    async def put_in(self, user_id: UserId, conversation_id: ConversationId) -> None:
        view = LiveView(self.client)
        await view.run(lambda pipeline: pipeline.zadd(keys.conversations(user_id, view.epoch), {conversation_id: keys.came_at(1)}))

    async def listeners(self, conversation_id: ConversationId) -> set[str]:
        return {name.decode() for name in await self.client.smembers(keys.nodes(conversation_id))}

    async def blocks(self, one: UserId, other: UserId) -> dict[UserId, bool]:
        view = LiveView(self.client)
        (found,) = await view.run(lambda pipeline: pipeline.hgetall(keys.blocks(direct_conversation_id(one, other), view.epoch)))
        return {UserId(name.decode()): value.endswith(b":1") for name, value in found.items()}


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
    attached = await world.directory.attach(node, [connection(anna)], [])
    assert list(attached.conversations) == [frozenset({tea})]
    assert attached.came_online == {anna}
    assert await world.listeners(tea) == {node}


async def test_a_user_comes_once_and_goes_with_the_last_connection(world: World) -> None:
    anna, node = user(), await alive(world)
    one, two = connection(anna), connection(anna)
    assert (await world.directory.attach(node, [one], [])).came_online == {anna}
    assert (await world.directory.attach(node, [two], [])).came_online == set()
    assert (await world.directory.attach(node, [], [one])).went_offline == set()
    assert await world.directory.presence([anna]) == [Presence(online=True, in_use=frozenset({two.session_id}))]
    assert (await world.directory.attach(node, [], [two])).went_offline == {anna}
    assert await world.directory.presence([anna]) == [Presence(online=False)]
    await world.directory.seen([anna], NOW + 5)
    assert await world.directory.presence([anna]) == [Presence(online=False, last_seen_ms=NOW + 5)]


async def test_attaching_twice_is_attaching_once(world: World) -> None:
    anna, node, one = user(), await alive(world), None
    one = connection(anna)
    for _ in range(2):
        await world.directory.attach(node, [one], [])
    assert (await world.directory.attach(node, [], [one])).went_offline == {anna}


async def test_who_is_on_a_node_that_is_not_known_is_not_there(world: World) -> None:
    anna, node = user(), f"gateway-{new_id()}@1"
    await world.directory.attach(node, [connection(anna)], [])
    assert (await world.directory.presence([anna]))[0].online is False
    assert (await world.directory.attach(await alive(world), [connection(anna)], [])).came_online == {anna}


async def test_removing_a_node_takes_everything_that_it_left(world: World) -> None:
    anna, bob, node, other, tea = user(), user(), await alive(world), await alive(world), ConversationId(new_id())
    await world.put_in(anna, tea)
    await world.directory.attach(node, [connection(anna), connection(bob)], [])
    elsewhere = connection(bob)
    await world.directory.attach(other, [elsewhere], [])
    assert await world.directory.remove(node) == {anna}
    assert await world.listeners(tea) == set()
    assert node not in await world.directory.incarnations()
    assert await world.directory.presence([anna, bob]) == [
        Presence(online=False, last_seen_ms=None),
        Presence(online=True, in_use=frozenset({elsewhere.session_id})),
    ]
    assert await world.directory.remove(node) == set()


async def test_a_lease_is_held_until_its_node_is_removed(world: World) -> None:
    node = f"gateway-{new_id()}@1"
    assert await world.directory.renew(node, 0) == (1, True)
    assert await world.directory.renew(node, 1) == (2, False)
    assert (await world.directory.incarnations())[node] == 2
    await world.directory.remove(node)
    assert await world.directory.renew(node, 2) == (1, True)


async def test_whoever_was_not_told_that_a_lease_had_lapsed_is_told_again(world: World) -> None:
    node = f"gateway-{new_id()}@1"
    assert await world.directory.renew(node, 0) == (1, True)
    assert await world.directory.renew(node, 0) == (2, True)
    assert await world.directory.renew(node, 2) == (3, False)
    assert await world.directory.renew(node, 2) == (4, False), "an answer that was lost, in which was nothing new"
    await world.directory.remove(node)
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
    assert await world.directory.acquaintances(anna, [anna, bob, carl, dora]) == {
        anna: Audience.DIRECT,
        bob: Audience.DIRECT,
        carl: Audience.SHARED,
    }
    assert await world.directory.acquaintances(dora, [anna, bob]) == {}


async def test_a_login_session_ends_on_every_node_that_has_it_and_the_others_go_on(world: World) -> None:
    anna, one, two = user(), await alive(world), await alive(world)
    phone, laptop = new_id(), new_id()
    await world.directory.attach(one, [connection(anna, phone), connection(anna, laptop)], [])
    await world.directory.attach(two, [connection(anna, phone)], [])
    tablet = new_id()
    await world.directory.attach(one, [connection(anna, tablet)], [])
    assert await world.directory.end_session(anna, SessionId(tablet), 60) == {one}
    assert await world.directory.end_session(anna, SessionId(phone), 60) == {one, two}
    attached = await world.directory.attach(two, [connection(anna, phone), connection(anna, laptop)], [])
    assert attached.ended == {phone}
    assert await world.directory.has_ended(anna, SessionId(phone))
    assert not await world.directory.has_ended(user(), SessionId(phone))
    assert (await world.directory.attach(two, [connection(user(), phone)], [])).ended == set()


async def test_either_the_end_of_a_session_or_its_attaching_tells_of_the_other(world: World) -> None:
    anna, node = user(), await alive(world)
    for _ in range(20):
        phone = new_id()
        homes, attached = await asyncio.gather(
            world.directory.end_session(anna, SessionId(phone), 60), world.directory.attach(node, [connection(anna, phone)], [])
        )
        assert homes == {node} or attached.ended == {phone}


async def test_a_user_is_idle_when_all_their_devices_are(world: World) -> None:
    anna, node, other = user(), await alive(world), await alive(world)
    phone, laptop = connection(anna), connection(anna)
    await world.directory.attach(node, [phone], [])
    await world.directory.attach(other, [laptop], [])

    async def change(at: str, one: Connection, *, is_idle: bool) -> bool:
        attached = await world.directory.attach(at, [], [], [replace(one, is_idle=is_idle)])
        assert not attached.came_online | attached.went_offline
        return attached.stirred == {anna}

    assert not await change(node, phone, is_idle=True)
    assert await world.directory.presence([anna]) == [Presence(online=True, in_use=frozenset({laptop.session_id}))]
    assert await change(other, laptop, is_idle=True)
    assert await world.directory.presence([anna]) == [Presence(online=True, idle=True)]
    assert await change(node, phone, is_idle=False)
    assert (await world.directory.attach(node, [], [phone])).stirred == {anna}, "the device that was in use has gone"
    assert (await world.directory.attach(node, [phone], [])).stirred == {anna}, "one that is in use has come"
    assert await world.directory.end_session(anna, laptop.session_id, 60) == {other}


async def test_where_a_user_is_is_known(world: World) -> None:
    anna, node, other = user(), await alive(world), await alive(world)
    await world.directory.attach(node, [connection(anna), connection(anna)], [])
    await world.directory.attach(other, [replace(connection(anna), is_idle=True)], [])
    assert await world.directory.homes(anna) == {node, other}
    assert await world.directory.homes(user()) == set()


async def test_of_what_a_user_has_decided_the_newest_counts_whoever_tells_it_last(world: World) -> None:
    anna, bob = user(), user()
    assert await world.directory.preferences([anna, bob]) == [None, None]
    assert await world.directory.note_preferences({anna: Noted(2, b"two:"), bob: Noted(0, b"none")}) == {anna, bob}
    assert await world.directory.note_preferences({anna: Noted(1, b"one"), bob: Noted(0, b"again")}) == set()
    assert await world.directory.preferences([bob, anna]) == [b"none", b"two:"]


async def test_a_status_ends_once_and_not_if_another_has_taken_its_place(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    ours = {anna, bob, carl}
    await world.directory.note_preferences({anna: Noted(1, b"", 5_000), bob: Noted(1, b"", 6_000), carl: Noted(1, b"", 5_000)})
    await world.directory.note_preferences({carl: Noted(2, b"")})
    assert ours & set(await world.directory.ended(4_999)) == set()
    assert ours & set(await world.directory.ended(5_000)) == {anna}
    assert ours & set(await world.directory.ended(9_000)) == {bob}
    assert ours & set(await world.directory.ended(9_000)) == set()


async def test_what_was_garbled_is_replaced_by_whatever_is_known(redis_url: str) -> None:
    client: Any = await connect_redis(redis_url)
    directory, anna = RedisDirectory(client), user()
    await directory.incarnations()
    view = LiveView(client)
    await view.run(lambda _: None)
    await client.set(keys.preferences(anna, view.epoch), b"\xffgarbled")
    assert await directory.note_preferences({anna: Noted(0, b"usual")}) == {anna}
    assert await directory.preferences([anna]) == [b"usual"]
    await client.aclose()


async def test_the_newest_of_what_is_noted_of_a_block_counts_and_both_sides_stand_by_themselves(world: World) -> None:
    anna, bob = UserId(new_id()), UserId(new_id())
    await world.directory.preferences([anna])  # whose blocks they are is read before they are noted
    await world.directory.note_blocks([Block(anna, bob, 3, is_blocked=True)])
    assert await world.blocks(anna, bob) == {anna: True}
    await world.directory.note_blocks([Block(anna, bob, 2, is_blocked=False), Block(bob, anna, 0, is_blocked=False)])
    assert await world.blocks(bob, anna) == {anna: True, bob: False}
    await world.directory.note_blocks([Block(anna, bob, 4, is_blocked=False)])
    assert await world.blocks(anna, bob) == {anna: False, bob: False}
    await world.directory.note_blocks([])

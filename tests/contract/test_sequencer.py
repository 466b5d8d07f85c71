"""The sequencer's suite: what the router relies on, asked of the fake and of the real engine alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

import pytest
from redis.asyncio import Redis

from chatkit.core.conversation import DIRECT_MEMBER, GROUP_MEMBER, GROUP_OWNER, Permission
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, creation_message_id, new_id
from chatkit.edges import redis as keys
from chatkit.edges.redis import connect_redis
from svc_router.store import Birth, Claim, Durable, Mark, Marked, Membership, Needless, NotLive, OrdinalNeeded, Place, Sequencer
from svc_router.store.memory import MemorySequencer
from svc_router.store.redis import TAIL_ENTRIES, RedisSequencer

NOW = 1_800_000_000_000


class World(Protocol):
    """A sequencer, and what presence would write beside it."""

    @property
    def sequencer(self) -> Sequencer: ...

    async def listen(self, conversation_id: ConversationId, node: str) -> None: ...
    async def connect(self, user_id: UserId, node: str) -> None: ...
    async def conversations(self, user_id: UserId) -> set[str]: ...
    async def lose(self, conversation_id: ConversationId) -> None: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.sequencer = MemorySequencer()

    async def listen(self, conversation_id: ConversationId, node: str) -> None:
        self.sequencer.nodes.setdefault(conversation_id, set()).add(node)

    async def connect(self, user_id: UserId, node: str) -> None:
        self.sequencer.homes.setdefault(user_id, set()).add(node)

    async def conversations(self, user_id: UserId) -> set[str]:
        return {str(conversation_id) for conversation_id in self.sequencer.conversations.get(user_id, set())}

    async def lose(self, conversation_id: ConversationId) -> None:
        self.sequencer.lose(conversation_id)


class RedisWorld:
    def __init__(self, client: Redis) -> None:
        self.client: Any = client
        self.sequencer = RedisSequencer(client)

    async def listen(self, conversation_id: ConversationId, node: str) -> None:
        await self.client.sadd(keys.nodes(conversation_id), node)

    async def connect(self, user_id: UserId, node: str) -> None:
        await self.client.hset(keys.connections(user_id), new_id(), f"{node}|{new_id()}")

    async def conversations(self, user_id: UserId) -> set[str]:
        return {name.decode() for name in await self.client.smembers(keys.conversations(user_id))}

    async def lose(self, conversation_id: ConversationId) -> None:
        async for key in self.client.scan_iter(f"{{c:{conversation_id}}}:*"):
            await self.client.delete(key)


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


def birth(owner: UserId, *others: UserId, kind: str = "GROUP") -> Birth:
    conversation_id = ConversationId(new_id())
    grants = DIRECT_MEMBER if kind == "DIRECT" else GROUP_MEMBER
    members = {owner: DIRECT_MEMBER if kind == "DIRECT" else GROUP_OWNER} | dict.fromkeys(others, grants)
    return Birth(conversation_id, owner, creation_message_id(conversation_id), kind, b"as created", members, NOW)


def message(born: Birth, sender: UserId, message_id: str | None = None) -> Claim:
    return Claim(born.conversation_id, sender, MessageId(message_id or new_id()), Permission.WRITE, NOW)


def addition(born: Birth, by: UserId, added: UserId) -> Claim:
    return Claim(born.conversation_id, by, MessageId(new_id()), Permission.ADD, NOW, adds=added, grants=GROUP_MEMBER)


def removal(born: Birth, by: UserId, removed: UserId) -> Claim:
    needs = Permission(0) if by == removed else Permission.REMOVE
    return Claim(born.conversation_id, by, MessageId(new_id()), needs, NOW, removes=removed)


def durable(born: Birth, claim: Claim | Birth, place: Place, joining: tuple[UserId, ...] = (), leaving: tuple[UserId, ...] = ()) -> Durable:
    return Durable(
        born.conversation_id, claim.user_id, claim.message_id, place.seq, place.ordinal, place.accepted_ms, b"entry", joining, leaving
    )


async def place(world: World, command: Claim | Birth) -> Place:
    (answer,) = await world.sequencer.sequence([command])
    assert isinstance(answer, Place), answer
    return answer


async def refusal(world: World, command: Claim) -> Reason:
    (answer,) = await world.sequencer.sequence([command])
    assert isinstance(answer, ChatError), answer
    return answer.reason


async def start(world: World, born: Birth) -> None:
    """Bring a conversation to life, its first entry durable."""
    await world.sequencer.commit([durable(born, born, await place(world, born), tuple(born.members))])


async def test_a_conversation_starts_at_1_and_counts_on_without_a_gap(world: World) -> None:
    anna = user()
    born = birth(anna)
    assert (await place(world, born)).seq == 1
    answers = await world.sequencer.sequence([message(born, anna) for _ in range(5)])
    assert [(answer.seq, answer.ordinal) for answer in answers if isinstance(answer, Place)] == [(2, 1), (3, 2), (4, 3), (5, 4), (6, 5)]


async def test_creating_again_gives_back_what_is_there(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    first = await place(world, born)
    assert not first.durable
    await world.sequencer.commit([durable(born, born, first)])
    other = Birth(born.conversation_id, bob, born.message_id, "GROUP", b"otherwise", {bob: GROUP_OWNER}, NOW + 5)
    again = await place(world, other)
    assert again.durable
    assert again.conversation == b"as created"
    assert again.members == {anna: Membership(GROUP_OWNER, 1), bob: Membership(GROUP_MEMBER, 1)}


async def test_a_repeat_gets_the_first_place_and_tells_whether_it_is_durable(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    claim = message(born, anna)
    first = await place(world, claim)
    assert await place(world, claim) == first
    await world.sequencer.commit([durable(born, claim, first)])
    again = await place(world, claim)
    assert (again.seq, again.ordinal, again.accepted_ms, again.durable) == (first.seq, first.ordinal, first.accepted_ms, True)


async def test_a_repeat_within_one_batch_is_one_place(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    claim = message(born, anna)
    one, two = await world.sequencer.sequence([claim, claim])
    assert one == two


async def test_another_senders_message_id_is_refused(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    claim = message(born, anna)
    await place(world, claim)
    assert await refusal(world, message(born, bob, claim.message_id)) is Reason.MESSAGE_ID_REUSED


async def test_what_is_not_live_is_told_apart_from_what_is_not_allowed(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    assert await world.sequencer.sequence([message(born, anna)]) == [NotLive()]
    await start(world, born)
    assert await refusal(world, message(born, bob)) is Reason.UNKNOWN_CONVERSATION


async def test_permission_is_checked_bit_by_bit(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna, bob, carl)
    await start(world, born)
    assert await refusal(world, removal(born, bob, carl)) is Reason.PERMISSION_DENIED
    assert isinstance(await place(world, removal(born, anna, carl)), Place)
    assert await refusal(world, message(born, carl)) is Reason.UNKNOWN_CONVERSATION


async def test_a_member_joins_at_the_seq_of_their_entry_and_only_once(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    await start(world, born)
    joined = await place(world, addition(born, anna, bob))
    assert joined.ordinal == 0
    assert await world.sequencer.sequence([addition(born, anna, bob)]) == [Needless(Membership(GROUP_MEMBER, joined.seq))]
    assert (await place(world, message(born, bob))).ordinal == 1


async def test_anyone_may_leave_a_group_and_nobody_a_direct_conversation(world: World) -> None:
    anna, bob = user(), user()
    group, direct = birth(anna, bob), birth(anna, bob, kind="DIRECT")
    await start(world, group)
    await start(world, direct)
    await place(world, removal(group, bob, bob))
    assert await world.sequencer.sequence([removal(group, anna, bob)]) == [Needless()]
    assert await refusal(world, removal(direct, bob, bob)) is Reason.PERMISSION_DENIED


async def test_commit_names_the_nodes_that_listen_and_the_homes_of_who_joins_listen_from_there_on(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    await start(world, born)
    await world.listen(born.conversation_id, "gateway-1@1")
    await world.connect(bob, "gateway-2@7")
    claim = addition(born, anna, bob)
    joined = durable(born, claim, await place(world, claim), joining=(bob,))
    said = message(born, anna)
    nodes = await world.sequencer.commit([joined, durable(born, said, await place(world, said))])
    assert nodes == [{"gateway-1@1", "gateway-2@7"}, {"gateway-1@1", "gateway-2@7"}]
    assert await world.conversations(bob) == {born.conversation_id}
    gone = removal(born, anna, bob)
    await world.sequencer.commit([durable(born, gone, await place(world, gone), leaving=(bob,))])
    assert await world.conversations(bob) == set()


async def test_a_lost_conversation_goes_on_above_the_floor_with_its_members(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await world.lose(born.conversation_id)
    members = {anna: Membership(GROUP_OWNER, 1), bob: Membership(GROUP_MEMBER, 4)}
    await world.sequencer.restore(born, members, head=9, head_ordinal=5, floor=1_000_000)
    placed = await place(world, message(born, bob))
    assert (placed.seq, placed.ordinal) == (1_000_001, 6)
    await world.sequencer.restore(born, {anna: Membership(GROUP_OWNER, 1)}, head=9, head_ordinal=5, floor=5)
    assert (await place(world, message(born, bob))).seq == 1_000_002


async def test_seqs_stay_exact_above_the_time_floor(world: World) -> None:
    anna = user()
    born = birth(anna)
    floor = 1_900_000_000 * 1024
    await world.sequencer.restore(born, {anna: Membership(GROUP_OWNER, 1)}, head=9, head_ordinal=5, floor=floor)
    claim = message(born, anna)
    placed = await place(world, claim)
    assert placed.seq == floor + 1
    await world.sequencer.commit([durable(born, claim, placed)])
    (marked,) = await world.sequencer.mark([Mark(born.conversation_id, anna, 0, placed.seq)])
    assert isinstance(marked, Marked)
    assert (marked.read_seq, marked.delivered_seq, marked.read_ordinal) == (floor + 1, floor + 1, 6)
    assert (await place(world, claim)).seq == floor + 1


async def say(world: World, born: Birth, sender: UserId, count: int) -> list[Place]:
    claims = [message(born, sender) for _ in range(count)]
    places = [answer for answer in await world.sequencer.sequence(claims) if isinstance(answer, Place)]
    await world.sequencer.commit([durable(born, claim, placed) for claim, placed in zip(claims, places, strict=True)])
    return places


async def test_watermarks_go_forward_only_and_never_past_the_head(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await world.listen(born.conversation_id, "gateway-1@1")
    await say(world, born, anna, 3)
    there = Mark(born.conversation_id, bob, 0, 3)
    (first,) = await world.sequencer.mark([there])
    assert first == Marked(3, 3, 2, frozenset({"gateway-1@1"}), changed=True)
    (again,) = await world.sequencer.mark([there])
    assert isinstance(again, Marked)
    assert not again.changed
    (back,) = await world.sequencer.mark([Mark(born.conversation_id, bob, 2, 2)])
    assert isinstance(back, Marked)
    assert (back.delivered_seq, back.read_seq, back.changed) == (3, 3, False)
    (beyond,) = await world.sequencer.mark([Mark(born.conversation_id, bob, 10**9, 10**9)])
    assert isinstance(beyond, Marked)
    assert (beyond.delivered_seq, beyond.read_seq, beyond.read_ordinal) == (4, 4, 3)


async def test_a_stranger_moves_no_watermark(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    (marked,) = await world.sequencer.mark([Mark(born.conversation_id, user(), 1, 1)])
    assert marked == Marked(0, 0, 0, frozenset(), changed=False)


async def test_reading_what_the_tail_no_longer_has_asks_for_its_ordinal(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await say(world, born, anna, TAIL_ENTRIES + 10)
    assert await world.sequencer.mark([Mark(born.conversation_id, bob, 0, 5)]) == [OrdinalNeeded()]
    (marked,) = await world.sequencer.mark([Mark(born.conversation_id, bob, 0, 5, read_ordinal=4)])
    assert isinstance(marked, Marked)
    assert (marked.read_seq, marked.read_ordinal) == (5, 4)


async def test_only_members_have_listeners(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    await world.listen(born.conversation_id, "gateway-1@1")
    pairs = [(born.conversation_id, anna), (born.conversation_id, user())]
    assert await world.sequencer.listeners(pairs) == [{"gateway-1@1"}, frozenset()]


async def test_scripts_that_the_server_lost_are_given_to_it_again(redis_url: str) -> None:
    client = await connect_redis(redis_url)
    world = RedisWorld(client)
    anna = user()
    born = birth(anna)
    await start(world, born)
    await client.script_flush()
    assert (await place(world, message(born, anna))).seq == 2
    await client.aclose()

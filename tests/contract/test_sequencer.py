"""The sequencer's suite: what the router relies on, asked of the fake and of the real engine alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Protocol

import pytest

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.conversation import DIRECT_BEFORE, DIRECT_MEMBER, GROUP_MEMBER, GROUP_OWNER, OWNER_BEFORE, ROLES, Permission, Role
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, creation_message_id, new_id
from chatkit.edges import redis as keys
from chatkit.edges.live_view import LiveView
from chatkit.edges.redis import RedisClient, connect_redis
from elastic_chat.events.v1 import log_pb2
from launcher.topology import HOST
from svc_router.core import Rate, Rates
from svc_router.store import (
    Answer,
    Birth,
    BlocksUnknown,
    Claim,
    Durable,
    Forgotten,
    Listening,
    Mark,
    Marked,
    Membership,
    Needless,
    NotLive,
    OrdinalNeeded,
    Outcome,
    Place,
    Restored,
    Sequencer,
    Sight,
    Unfinished,
)
from svc_router.store.memory import MemorySequencer
from svc_router.store.redis import TAIL_ENTRIES, RedisSequencer
from svc_router.store.terms import Administers, Drop, Grant, HandOver, IsPublic, Join, Kept, Leave, Put, Room, Set, Term, UseInvite
from tests.faults.proxy import Proxy

NOW = 1_800_000_000_000
SLOW, CROWDED, LIVELY = Rates(Rate(2, 3), Rate(0, 0)), Rates(Rate(0, 0), Rate(10, 5)), Rates(Rate(1, 5), Rate(100, 30))
"""A user may do two things a second, three at once; all together ten, five at once; and both, where each is further ahead than all."""


class World(Protocol):
    """A sequencer, another one of the same live view, and what presence would write beside them."""

    @property
    def sequencer(self) -> Sequencer: ...
    @property
    def other(self) -> Sequencer: ...
    @property
    def slow(self) -> Sequencer: ...
    @property
    def crowded(self) -> Sequencer: ...
    @property
    def lively(self) -> Sequencer: ...

    async def listen(self, conversation_id: ConversationId, node: str) -> None: ...
    async def connect(self, user_id: UserId, node: str) -> None: ...
    async def conversations(self, user_id: UserId) -> set[str]: ...
    async def lose(self, conversation_id: ConversationId) -> None: ...
    async def age(self, conversation_id: ConversationId) -> None: ...
    async def written(self, conversation_id: ConversationId, seq: int) -> None: ...
    async def note_block(self, conversation_id: ConversationId, user_id: UserId, *, blocked: bool) -> None: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.sequencer = MemorySequencer()
        self.other = MemorySequencer(self.sequencer.view)
        self.slow, self.crowded, self.lively = (MemorySequencer(self.sequencer.view, rates) for rates in (SLOW, CROWDED, LIVELY))

    async def listen(self, conversation_id: ConversationId, node: str) -> None:
        self.sequencer.view.nodes.setdefault(conversation_id, set()).add(node)

    async def connect(self, user_id: UserId, node: str) -> None:
        self.sequencer.view.homes.setdefault(user_id, set()).add(node)

    async def conversations(self, user_id: UserId) -> set[str]:
        return {str(conversation_id) for conversation_id in self.sequencer.view.conversations(user_id)}

    async def lose(self, conversation_id: ConversationId) -> None:
        self.sequencer.view.lose(conversation_id)

    async def age(self, conversation_id: ConversationId) -> None:
        self.sequencer.view.lose(conversation_id)

    async def written(self, conversation_id: ConversationId, seq: int) -> None:
        """The fake's tail is bounded alone by its length."""

    async def note_block(self, conversation_id: ConversationId, user_id: UserId, *, blocked: bool) -> None:
        self.sequencer.view.blocks.setdefault(conversation_id, {})[user_id] = blocked


class RedisWorld:
    def __init__(self, client: RedisClient) -> None:
        self.client: Any = client
        self.sequencer = RedisSequencer(client)
        self.other = RedisSequencer(client)
        self.slow, self.crowded, self.lively = (RedisSequencer(client, rates=rates) for rates in (SLOW, CROWDED, LIVELY))

    async def listen(self, conversation_id: ConversationId, node: str) -> None:
        await self.client.sadd(keys.nodes(conversation_id), node)

    async def connect(self, user_id: UserId, node: str) -> None:
        await self.client.hset(keys.connections(user_id), new_id(), f"{node}|{new_id()}")

    async def conversations(self, user_id: UserId) -> set[str]:
        view = LiveView(self.client)
        (scores,) = await view.run(lambda pipeline: pipeline.zrange(keys.conversations(user_id, view.epoch), 0, -1, withscores=True))
        return {str(one) for one in keys.joined_seqs(scores)}

    async def lose(self, conversation_id: ConversationId) -> None:
        async for key in self.client.scan_iter(f"{{c:{conversation_id}}}:*"):
            await self.client.delete(key)

    async def age(self, conversation_id: ConversationId) -> None:
        await self.client.hset(keys.meta(conversation_id), "epoch", "an older one")

    async def written(self, conversation_id: ConversationId, seq: int) -> None:
        await self.client.hset(keys.meta(conversation_id), "written", seq)

    async def note_block(self, conversation_id: ConversationId, user_id: UserId, *, blocked: bool) -> None:
        await self.client.hset(keys.blocks(conversation_id, self.sequencer.epoch), user_id, f"1:{int(blocked)}")


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
    return Birth(conversation_id, owner, creation_message_id(conversation_id), b"draft", kind, b"as created", members, NOW, looked_up=True)


def message(born: Birth, sender: UserId, message_id: str | None = None) -> Claim:
    return Claim(born.conversation_id, sender, MessageId(message_id or new_id()), b"a draft: with a colon", Permission.WRITE, NOW, NOW)


def command(born: Birth, by: UserId, needs: Permission | None, *terms: Term) -> Claim:
    return Claim(born.conversation_id, by, MessageId(new_id()), b"draft", needs, NOW, NOW, counts=False, terms=terms)


def addition(born: Birth, by: UserId, added: UserId) -> Claim:
    return command(born, by, Permission.ADD, Join(added, GROUP_MEMBER))


def removal(born: Birth, by: UserId, removed: UserId) -> Claim:
    return command(born, by, Permission(0) if by == removed else Permission.REMOVE, Leave(removed))


def granting(born: Birth, by: UserId, user_id: UserId, role: Role) -> Claim:
    return command(born, by, Permission.OWN if role is Role.ADMIN else Permission.ADMINISTER, Grant(user_id, ROLES[role]))


def durable(claim: Claim | Birth, place: Place, joining: tuple[UserId, ...] = (), leaving: tuple[UserId, ...] = ()) -> Durable:
    return Durable(claim.message_id, claim.user_id, place.seq, place.ordinal, place.accepted_ms, b"entry", b"", joining, leaving)


async def show(world: World, born: Birth, *entries: Durable) -> frozenset[str] | NotLive:
    return (await world.sequencer.commit({born.conversation_id: entries}))[born.conversation_id]


async def answer(sequencer: Sequencer, command: Claim | Birth) -> Answer:
    (found,) = await sequencer.sequence([command])
    return found


async def outcome(world: World, command: Claim | Birth) -> Outcome:
    return (await answer(world.sequencer, command)).outcome


async def places(world: World, *commands: Claim | Birth) -> list[Place]:
    found = [one.outcome for one in await world.sequencer.sequence(commands)]
    assert all(isinstance(one, Place) for one in found), found
    return [one for one in found if isinstance(one, Place)]


async def place(world: World, command: Claim | Birth) -> Place:
    (found,) = await places(world, command)
    return found


async def refusal(world: World, command: Claim) -> Reason:
    found = await outcome(world, command)
    assert isinstance(found, ChatError), found
    return found.reason


async def start(world: World, born: Birth) -> None:
    """Bring a conversation to life, its first entry durable; nobody there has blocked anybody."""
    await show(world, born, durable(born, await place(world, born), tuple(born.members)))
    for user_id in born.members if born.kind == "DIRECT" else ():
        await world.note_block(born.conversation_id, user_id, blocked=False)


async def test_a_conversation_starts_at_1_and_counts_on_without_a_gap(world: World) -> None:
    anna = user()
    born = birth(anna)
    assert (await place(world, born)).seq == 1
    found = await places(world, *(message(born, anna) for _ in range(5)))
    assert [(one.seq, one.ordinal, one.previous) for one in found] == [(2, 1, 1), (3, 2, 2), (4, 3, 3), (5, 4, 4), (6, 5, 5)]


async def test_creating_again_gives_back_what_is_there(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    first = await place(world, born)
    assert not first.durable
    await show(world, born, durable(born, first))
    other = Birth(born.conversation_id, bob, born.message_id, b"draft", "GROUP", b"otherwise", {bob: GROUP_OWNER}, NOW + 5)
    again = await place(world, other)
    assert again.durable
    assert again.conversation == b"as created"
    assert await refusal(world, removal(born, bob, anna)) is Reason.PERMISSION_DENIED


async def test_a_conversation_is_not_made_before_history_was_asked(world: World) -> None:
    born = replace(birth(user()), looked_up=False)
    assert await outcome(world, born) == NotLive()


async def test_a_repeat_gets_the_first_place_and_tells_whether_it_is_durable(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    claim = message(born, anna)
    first = await place(world, claim)
    again = await place(world, claim)
    assert (again.seq, again.ordinal, again.accepted_ms, again.durable) == (first.seq, first.ordinal, first.accepted_ms, False)
    await show(world, born, durable(claim, first))
    again = await place(world, claim)
    assert (again.seq, again.ordinal, again.accepted_ms, again.durable) == (first.seq, first.ordinal, first.accepted_ms, True)


async def test_a_repeat_within_one_batch_is_one_place(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    claim = message(born, anna)
    one, two = await places(world, claim, claim)
    assert one.seq == two.seq


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
    assert await outcome(world, message(born, anna)) == NotLive()
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
    assert await outcome(world, addition(born, anna, bob)) == Needless(Membership(GROUP_MEMBER, joined.seq))
    assert (await place(world, message(born, bob))).ordinal == 1


async def test_anyone_may_leave_a_group_and_nobody_a_direct_conversation(world: World) -> None:
    anna, bob = user(), user()
    group, direct = birth(anna, bob), birth(anna, bob, kind="DIRECT")
    await start(world, group)
    await start(world, direct)
    await place(world, removal(group, bob, bob))
    assert await outcome(world, removal(group, anna, bob)) == Needless()
    assert await refusal(world, removal(direct, bob, bob)) is Reason.PERMISSION_DENIED


async def test_who_administers_is_touched_by_the_owner_alone_or_by_themselves(world: World) -> None:
    anna, bob, carl, dora = user(), user(), user(), user()
    born = birth(anna, bob, carl, dora)
    await start(world, born)
    assert await refusal(world, granting(born, bob, carl, Role.READER)) is Reason.PERMISSION_DENIED
    await place(world, granting(born, anna, bob, Role.ADMIN))
    await place(world, granting(born, anna, carl, Role.ADMIN))
    for no in (removal(born, bob, carl), granting(born, bob, carl, Role.MEMBER), granting(born, bob, dora, Role.ADMIN)):
        assert await refusal(world, no) is Reason.PERMISSION_DENIED
    assert await refusal(world, removal(born, bob, anna)) is Reason.PERMISSION_DENIED
    await place(world, granting(born, bob, dora, Role.READER))
    assert await refusal(world, message(born, dora)) is Reason.PERMISSION_DENIED
    assert await outcome(world, granting(born, bob, dora, Role.READER)) == Needless()
    assert await refusal(world, granting(born, bob, user(), Role.READER)) is Reason.UNKNOWN_USER
    await place(world, granting(born, carl, carl, Role.MEMBER))
    await place(world, removal(born, bob, carl))
    await place(world, removal(born, anna, bob))


async def test_a_role_changes_what_a_member_may_do_and_not_since_when_they_are_one(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    await start(world, born)
    await say(world, born, anna, 3)
    joined = await place(world, addition(born, anna, bob))
    await place(world, granting(born, anna, bob, Role.READER))
    assert await outcome(world, addition(born, anna, bob)) == Needless(Membership(ROLES[Role.READER], joined.seq, 3))


async def test_there_is_one_owner_who_hands_over_before_they_leave(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    assert await refusal(world, removal(born, anna, anna)) is Reason.LAST_OWNER
    assert await refusal(world, granting(born, anna, anna, Role.MEMBER)) is Reason.LAST_OWNER
    assert await refusal(world, command(born, bob, Permission.OWN, HandOver(bob))) is Reason.PERMISSION_DENIED
    assert await refusal(world, command(born, anna, Permission.OWN, HandOver(user()))) is Reason.UNKNOWN_USER
    assert await outcome(world, command(born, anna, Permission.OWN, HandOver(anna))) == Needless()
    await place(world, command(born, anna, Permission.OWN, HandOver(bob)))
    assert await refusal(world, command(born, anna, Permission.OWN, HandOver(anna))) is Reason.PERMISSION_DENIED
    assert await refusal(world, removal(born, anna, bob)) is Reason.PERMISSION_DENIED
    await place(world, removal(born, anna, anna))
    await place(world, removal(born, bob, bob))


async def test_what_was_stored_before_there_were_roles_goes_on(world: World) -> None:
    anna, bob = user(), user()
    members = {anna: OWNER_BEFORE, bob: GROUP_MEMBER}
    born = replace(birth(anna, bob), members=members)
    await start(world, born)
    await place(world, granting(born, anna, bob, Role.ADMIN))
    assert await refusal(world, removal(born, bob, anna)) is Reason.PERMISSION_DENIED
    assert await refusal(world, removal(born, anna, anna)) is Reason.LAST_OWNER
    await place(world, command(born, anna, Permission.OWN, HandOver(bob)))
    direct = replace(birth(anna, bob, kind="DIRECT"), members=dict.fromkeys((anna, bob), DIRECT_BEFORE))
    await start(world, direct)
    await place(world, replace(message(direct, bob), needs=Permission.WRITE | Permission.PIN))


@pytest.mark.parametrize("blocker", [0, 1])
async def test_neither_says_anything_to_the_other_once_one_of_the_two_has_blocked_the_other(world: World, blocker: int) -> None:
    both = anna, bob = user(), user()
    born = birth(anna, bob, kind="DIRECT")
    await start(world, born)
    said = await place(world, message(born, anna, said_id := new_id()))
    await world.note_block(born.conversation_id, both[blocker], blocked=True)
    for one in both:
        assert await refusal(world, message(born, one)) is Reason.BLOCKED
        assert await refusal(world, replace(message(born, one), needs=Permission.READ, counts=False)) is Reason.BLOCKED
    again = await place(world, message(born, anna, said_id))
    assert again.seq == said.seq, "what was accepted once is not refused"
    await place(world, replace(message(born, anna), needs=Permission(0), counts=False))  # takes back what she has said
    assert await refusal(world, message(born, user())) is Reason.UNKNOWN_CONVERSATION
    await world.note_block(born.conversation_id, both[blocker], blocked=False)
    await place(world, message(born, bob))


async def test_nothing_is_said_between_two_of_whom_it_is_not_known_whether_one_has_blocked_the_other(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob, kind="DIRECT")
    await show(world, born, durable(born, await place(world, born), tuple(born.members)))
    for _ in range(2):
        unknown = await outcome(world, message(born, anna))
        assert isinstance(unknown, BlocksUnknown)
        assert sorted(unknown.members) == sorted((anna, bob))
        await world.note_block(born.conversation_id, anna, blocked=False)
    await world.note_block(born.conversation_id, bob, blocked=False)
    await place(world, message(born, anna))


async def test_a_block_is_nothing_to_a_group(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await world.note_block(born.conversation_id, anna, blocked=True)
    await place(world, message(born, bob))


async def limited(sequencer: Sequencer, claim: Claim) -> float | None:
    """Give a command to a router with low rates, and return the seconds to wait if that is what it says."""
    found = (await answer(sequencer, claim)).outcome
    if isinstance(found, Place):
        return None
    assert isinstance(found, ChatError)
    assert found.reason is Reason.RATE_LIMITED
    assert found.retry_after is not None
    return found.retry_after.total_seconds()


async def test_one_user_does_only_so_much_in_a_conversation_and_may_go_on_after_a_while(world: World) -> None:
    anna, bob = user(), user()
    born, other = birth(anna, bob), birth(anna)
    await start(world, born)
    await start(world, other)
    said = [message(born, anna, new_id()) for _ in range(4)]
    assert [await limited(world.slow, one) for one in said] == [None, None, None, 0.5]
    assert await limited(world.slow, said[0]) is None, "what was accepted once is not refused, and costs nothing"
    reaction = replace(message(born, anna), needs=Permission.READ, counts=False)
    assert await limited(world.slow, reaction) == 0.5
    assert await limited(world.slow, replace(message(born, anna), needs=Permission(0), counts=False)) is None
    assert await limited(world.slow, message(other, anna)) is None
    assert await limited(world.slow, message(born, bob)) is None
    assert await limited(world.slow, replace(said[3], now_ms=NOW + 499)) == 0.001
    assert await limited(world.slow, replace(said[3], now_ms=NOW + 500)) is None
    assert await limited(world.slow, replace(message(born, anna), now_ms=NOW + 600)) == 0.4
    for _ in range(3):
        assert await limited(world.slow, replace(message(born, anna), now_ms=NOW + 60_000)) is None


async def test_all_together_do_only_so_much_in_a_conversation(world: World) -> None:
    users = [user() for _ in range(6)]
    born = birth(*users)
    await start(world, born)
    assert [await limited(world.crowded, message(born, one)) for one in users] == [None] * 5 + [0.1]
    assert await limited(world.crowded, replace(message(born, users[5]), now_ms=NOW + 100)) is None


async def test_all_together_are_not_forgotten_among_many_who_are_further_ahead(world: World) -> None:
    users = [user() for _ in range(31)]
    born = birth(*users)
    await start(world, born)
    assert [await limited(world.lively, message(born, one)) for one in users] == [None] * 30 + [0.01]


async def test_of_many_who_write_at_once_those_are_remembered_who_are_furthest_ahead(world: World) -> None:
    anna, others = user(), [user() for _ in range(40)]
    born = birth(anna, *others)
    await start(world, born)
    for one in (anna, anna, anna, *others):
        assert await limited(world.slow, message(born, one)) is None
    assert await limited(world.slow, message(born, anna)) == 0.5


def setting(born: Birth, by: UserId, *terms: Set) -> Claim:
    return command(born, by, Permission.ADMINISTER, *terms)


async def test_settings_are_changed_one_by_one_by_who_administers(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    assert await refusal(world, setting(born, bob, Set("topic", "green"))) is Reason.PERMISSION_DENIED
    both = await place(world, setting(born, anna, Set("topic", "green", b"+topic"), Set("title", "Tea", b"+title")))
    assert both.draft == b"draft+topic+title"
    again = await place(world, setting(born, anna, Set("topic", "green", b"+topic"), Set("title", "Coffee", b"+title")))
    assert again.draft == b"draft+title"
    assert await outcome(world, setting(born, anna, Set("topic", "green"))) == Needless()


async def test_what_members_may_is_set_for_all_of_them_at_once_and_for_nobody_else(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna, bob, carl)
    await start(world, born)
    await place(world, granting(born, anna, carl, Role.READER))
    await place(world, setting(born, anna, Set("member_permissions", str(int(Permission.READ)), is_rule=True)))
    assert await refusal(world, message(born, bob)) is Reason.PERMISSION_DENIED
    await place(world, message(born, anna))
    more = Permission.READ | Permission.WRITE | Permission.PIN
    await place(world, setting(born, anna, Set("member_permissions", str(int(more)), is_rule=True)))
    await place(world, replace(message(born, bob), needs=Permission.PIN))
    assert await refusal(world, addition(born, bob, user())) is Reason.PERMISSION_DENIED
    assert await refusal(world, message(born, carl)) is Reason.PERMISSION_DENIED


async def test_in_slow_mode_members_wait_between_two_messages_and_who_moderates_does_not(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna, bob, carl)
    await start(world, born)
    await place(world, setting(born, anna, Set("slow_mode_s", "60", is_rule=True)))
    first = message(born, bob)
    await place(world, first)
    await place(world, first)  # a repeat is no second one
    found = await outcome(world, message(born, bob))
    assert isinstance(found, ChatError)
    assert (found.reason, found.retry_after and 50 < found.retry_after.total_seconds() <= 60) == (Reason.SLOW_MODE, True)
    await place(world, message(born, carl))
    await place(world, addition(born, bob, user()))
    await places(world, message(born, anna), message(born, anna))
    await place(world, setting(born, anna, Set("slow_mode_s", "90", is_rule=True)))
    longer = await outcome(world, message(born, bob))
    assert isinstance(longer, ChatError)
    assert longer.retry_after
    assert 80 < longer.retry_after.total_seconds() <= 90
    await place(world, setting(born, anna, Set("slow_mode_s", "0", is_rule=True)))
    await places(world, message(born, bob), message(born, bob))


async def test_who_waits_in_slow_mode_waits_no_longer_than_is_set_now(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await place(world, setting(born, anna, Set("slow_mode_s", "21600", is_rule=True)))
    await place(world, message(born, bob))
    await place(world, setting(born, anna, Set("slow_mode_s", "10", is_rule=True)))
    found = await outcome(world, message(born, bob))
    assert isinstance(found, ChatError)
    assert found.retry_after
    assert 0 < found.retry_after.total_seconds() <= 10


async def test_a_message_disappears_by_what_is_set_as_it_gets_its_place(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    said = replace(message(born, bob), draft=log_pb2.LogEntry(body=b"words").SerializeToString(), now_ms=NOW + 1)
    assert (await place(world, replace(said, message_id=MessageId(new_id())))).draft == b""
    for ttl_s in (5, 127, 31_536_000):
        assert (await place(world, setting(born, anna, Set("message_ttl_s", str(ttl_s), is_rule=True)))).draft == b"draft"
        one = replace(said, message_id=MessageId(new_id()))
        draft = log_pb2.LogEntry.FromString((await place(world, one)).draft)
        assert (draft.body, draft.expires_at.seconds, draft.expires_at.nanos) == (b"words", NOW // 1000 + 1 + ttl_s, 0)
        # Whoever finishes it in another's place finds the same.
        left = (await answer(world.other, one)).unfinished
        assert log_pb2.LogEntry.FromString(left[-1].draft) == draft
        await answer(world.sequencer, one)
    await place(world, setting(born, anna, Set("message_ttl_s", "0", is_rule=True)))
    assert (await place(world, replace(said, message_id=MessageId(new_id())))).draft == b""


async def test_what_is_no_message_does_not_disappear(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    await place(world, setting(born, anna, Set("message_ttl_s", "60", is_rule=True)))
    assert (await place(world, replace(message(born, anna), counts=False))).draft == b""
    assert (await place(world, addition(born, anna, user()))).draft == b"draft"


@pytest.mark.parametrize(("kind", "may"), [("GROUP", False), ("CHANNEL", False), ("DIRECT", True), ("SELF", True)])
async def test_where_nobody_administers_by_its_nature_every_member_may(world: World, kind: str, may: bool) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob, kind=kind)
    await start(world, born)
    terms = (Administers(), Set("message_ttl_s", "60", b"+ttl", is_rule=True))
    if may:
        assert (await place(world, command(born, bob, Permission.READ, *terms))).draft == b"draft+ttl"
    else:
        assert await refusal(world, command(born, bob, Permission.READ, *terms)) is Reason.PERMISSION_DENIED
        assert (await place(world, command(born, anna, Permission.READ, *terms))).draft == b"draft+ttl"
    assert await refusal(world, command(born, user(), Permission.READ, *terms)) is Reason.UNKNOWN_CONVERSATION


async def test_no_rule_stays_behind_that_an_older_copy_of_the_memory_had(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    rules = {"slow_mode_s": "60", "message_ttl_s": "60", "member_permissions": "1"}
    await place(world, setting(born, anna, *(Set(name, value, b"+", is_rule=True) for name, value in rules.items())))
    await world.age(born.conversation_id)
    assert await outcome(world, message(born, bob)) == NotLive()
    members = {anna: Membership(GROUP_OWNER, 1), bob: Membership(GROUP_MEMBER, 1)}
    await world.sequencer.restore(replace(lost(born, members), known_since_ms=0), world.sequencer.epoch)
    assert [one.draft for one in await places(world, message(born, bob), message(born, bob))] == [b"", b""]


async def test_settings_come_back_with_their_conversation(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    for name in ("member_permissions", "message_ttl_s"):
        await place(world, setting(born, anna, Set(name, "1", is_rule=True)))
    await world.lose(born.conversation_id)
    members = {anna: Membership(GROUP_OWNER, 1), bob: Membership(GROUP_MEMBER, 1)}
    known = {"title": "Tea", "slow_mode_s": "60"}
    await world.sequencer.restore(replace(lost(born, members), settings=known, known_since_ms=0), world.sequencer.epoch)
    assert await outcome(world, setting(born, anna, Set("title", "Tea"))) == Needless()
    assert (await place(world, message(born, bob))).draft == b""
    assert await refusal(world, message(born, bob)) is Reason.SLOW_MODE


async def test_whoever_joins_a_channel_is_a_reader_unless_it_is_said_otherwise(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna, kind="CHANNEL")
    await start(world, born)
    both = (Join(bob, GROUP_MEMBER, b"+member", b"+reader"), Join(carl, GROUP_MEMBER, b"+member"))
    joined = await place(world, command(born, anna, Permission.ADD, *both))
    assert joined.draft == b"draft+reader+member"
    assert await refusal(world, message(born, bob)) is Reason.PERMISSION_DENIED
    assert await outcome(world, addition(born, anna, bob)) == Needless(Membership(ROLES[Role.READER], joined.seq))
    await place(world, message(born, carl))
    group = birth(anna)
    await start(world, group)
    assert (await place(world, command(group, anna, Permission.ADD, *both))).draft == b"draft+member+member"


async def test_there_is_room_for_so_many_members_and_a_command_brings_all_of_its_users_or_none(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna, bob)
    await start(world, born)
    room = Room(Kept.MEMBERS, 3)
    joins = [Join(one, GROUP_MEMBER) for one in (bob, carl, user())]
    assert await refusal(world, command(born, anna, Permission.ADD, *joins, room)) is Reason.LIMIT_REACHED
    assert await refusal(world, message(born, carl)) is Reason.UNKNOWN_CONVERSATION
    await place(world, command(born, anna, Permission.ADD, *joins[:2], room))
    assert await outcome(world, command(born, anna, Permission.ADD, *joins[:2], room)) == Needless(Membership(GROUP_MEMBER, 2))


async def test_nobody_leaves_notes_to_themselves(world: World) -> None:
    anna = user()
    born = replace(birth(anna, kind="SELF"), members={anna: DIRECT_MEMBER})
    await start(world, born)
    await place(world, message(born, anna))
    assert await refusal(world, removal(born, anna, anna)) is Reason.PERMISSION_DENIED


def ban(born: Birth, by: UserId, user_id: UserId, limit: int = 10) -> Claim:
    kept = Put(Kept.BANS, user_id, Ban(by, NOW).text, b"+banned")
    return command(born, by, Permission.MODERATE, Leave(user_id, b"+removed"), kept, Room(Kept.BANS, limit))


async def test_who_is_banned_is_out_and_comes_in_by_no_way_until_that_is_lifted(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna, bob)
    await start(world, born)
    assert await refusal(world, ban(born, bob, carl)) is Reason.PERMISSION_DENIED
    assert (await place(world, ban(born, anna, bob))).draft == b"draft+removed+banned"
    assert (await place(world, ban(born, anna, carl))).draft == b"draft+banned"
    assert await outcome(world, ban(born, anna, bob)) == Needless()
    assert await refusal(world, ban(born, anna, user(), limit=2)) is Reason.LIMIT_REACHED
    assert await refusal(world, message(born, bob)) is Reason.UNKNOWN_CONVERSATION
    assert await refusal(world, addition(born, anna, bob)) is Reason.PERMISSION_DENIED
    lifted = command(born, anna, Permission.MODERATE, Drop(Kept.BANS, bob))
    await place(world, lifted)
    assert await outcome(world, replace(lifted, message_id=MessageId(new_id()))) == Needless()
    await place(world, addition(born, anna, bob))
    await place(world, granting(born, anna, bob, Role.ADMIN))
    assert await refusal(world, ban(born, bob, anna)) is Reason.PERMISSION_DENIED


CODES = [InviteId(new_id()) for _ in range(3)]


def offer(born: Birth, by: UserId, invite_id: InviteId, *, uses: int = 0, lasts_ms: int = 1000, limit: int = 10) -> Claim:
    invite = Invite(NOW + lasts_ms, uses, 0, by, NOW)
    return command(born, by, Permission.INVITE, Put(Kept.INVITES, invite_id, invite.text), Room(Kept.INVITES, limit))


def joining_by(born: Birth, who: UserId, invite_id: InviteId, now_ms: int = NOW) -> Claim:
    return replace(command(born, who, None, UseInvite(invite_id), Join(who, GROUP_MEMBER)), now_ms=now_ms)


async def test_an_invite_lets_in_as_many_as_it_says_for_as_long_as_it_says_and_nobody_else(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna)
    await start(world, born)
    assert await refusal(world, joining_by(born, bob, CODES[0])) is Reason.BAD_INVITE
    await place(world, offer(born, anna, CODES[0], uses=1))
    assert await refusal(world, joining_by(born, bob, CODES[1])) is Reason.BAD_INVITE
    assert await refusal(world, joining_by(born, bob, CODES[0], NOW + 1000)) is Reason.BAD_INVITE
    joined = await place(world, joining_by(born, bob, CODES[0], NOW + 999))
    assert await outcome(world, joining_by(born, bob, CODES[0], NOW + 5000)) == Needless(Membership(GROUP_MEMBER, joined.seq))
    assert await refusal(world, joining_by(born, carl, CODES[0])) is Reason.BAD_INVITE
    await place(world, offer(born, anna, CODES[1]))
    await place(world, command(born, anna, Permission.INVITE, Drop(Kept.INVITES, CODES[1])))
    assert await refusal(world, joining_by(born, carl, CODES[1])) is Reason.BAD_INVITE
    assert await refusal(world, offer(born, bob, CODES[1])) is Reason.PERMISSION_DENIED


async def test_an_invite_lets_in_nobody_who_is_banned(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    await start(world, born)
    await place(world, offer(born, anna, CODES[0]))
    await place(world, ban(born, anna, bob))
    assert await refusal(world, joining_by(born, bob, CODES[0])) is Reason.BAD_INVITE


async def test_there_is_room_for_so_many_invites_of_which_old_ones_are_none(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    await place(world, offer(born, anna, CODES[0], limit=2))
    await place(world, offer(born, anna, CODES[1], lasts_ms=5000, limit=2))
    assert await refusal(world, offer(born, anna, CODES[2], limit=2)) is Reason.LIMIT_REACHED
    await place(world, replace(offer(born, anna, CODES[2], limit=2, lasts_ms=5000), now_ms=NOW + 1000))
    assert await refusal(world, joining_by(born, user(), CODES[0])) is Reason.BAD_INVITE


async def test_an_invite_that_is_used_up_takes_no_room(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    await start(world, born)
    await place(world, offer(born, anna, CODES[0], uses=1, limit=2))
    await place(world, offer(born, anna, CODES[1], limit=2))
    await place(world, joining_by(born, bob, CODES[0]))
    await place(world, offer(born, anna, CODES[2], limit=2))
    await place(world, joining_by(born, user(), CODES[1]))
    assert await refusal(world, joining_by(born, user(), CODES[0])) is Reason.BAD_INVITE


async def test_bans_and_invites_come_back_with_their_conversation(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna)
    await start(world, born)
    await place(world, offer(born, anna, CODES[1]))
    await world.lose(born.conversation_id)
    invite = Invite(NOW + 1000, 2, 1, anna, NOW)
    in_history = replace(lost(born, {anna: Membership(GROUP_OWNER, 1)}), bans={bob: Ban(anna, NOW)}, invites={CODES[0]: invite})
    await world.sequencer.restore(replace(in_history, known_since_ms=0), world.sequencer.epoch)
    assert await refusal(world, joining_by(born, bob, CODES[0])) is Reason.BAD_INVITE
    assert await refusal(world, joining_by(born, carl, CODES[1])) is Reason.BAD_INVITE
    await place(world, joining_by(born, carl, CODES[0]))
    assert await refusal(world, joining_by(born, user(), CODES[0])) is Reason.BAD_INVITE


async def test_everyone_joins_what_is_public_but_who_is_banned(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna)
    await start(world, born)

    def coming(who: UserId) -> Claim:
        return command(born, who, None, IsPublic(), Join(who, GROUP_MEMBER))

    assert await refusal(world, coming(bob)) is Reason.UNKNOWN_CONVERSATION
    await place(world, setting(born, anna, Set("public", "1")))
    joined = await place(world, coming(bob))
    await place(world, ban(born, anna, carl))
    assert await refusal(world, coming(carl)) is Reason.PERMISSION_DENIED
    await place(world, setting(born, anna, Set("public", "0")))
    assert await outcome(world, coming(bob)) == Needless(Membership(GROUP_MEMBER, joined.seq))
    assert await refusal(world, coming(user())) is Reason.UNKNOWN_CONVERSATION


async def test_nobody_comes_into_what_everyone_has_left(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    await place(world, setting(born, anna, Set("public", "1")))
    await place(world, offer(born, anna, CODES[0]))
    await place(world, removal(born, anna, anna))
    for who in (anna, user()):
        assert await refusal(world, joining_by(born, who, CODES[0])) is Reason.BAD_INVITE
        assert await refusal(world, command(born, who, None, IsPublic(), Join(who, GROUP_MEMBER))) is Reason.UNKNOWN_CONVERSATION


async def test_the_draft_has_what_the_terms_have_changed_and_nothing_else(world: World) -> None:
    anna, bob, carl = user(), user(), user()
    born = birth(anna, bob)
    await start(world, born)
    claim = command(born, anna, Permission.ADD, Join(bob, GROUP_MEMBER, b"+bob"), Join(carl, GROUP_MEMBER, b"+carl"))
    placed = await place(world, claim)
    assert placed.draft == b"draft+carl"
    found = await answer(world.other, message(born, anna))
    assert [one.draft for one in found.unfinished] == [b"draft+carl"]


async def test_a_repeat_of_a_command_with_terms_gets_the_entry_that_it_made_or_is_sent_to_history(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    await start(world, born)
    claim = addition(born, anna, bob)
    first = await place(world, claim)
    await show(world, born, durable(claim, first, (bob,)))
    assert (await place(world, claim)).draft == b"entry"
    await world.written(born.conversation_id, first.seq + TAIL_ENTRIES)
    await say(world, born, anna, TAIL_ENTRIES)
    assert await outcome(world, claim) == Forgotten()
    assert (await place(world, replace(claim, looked_up=True))).seq == first.seq


async def test_commit_names_the_nodes_that_listen_and_the_homes_of_who_joins_listen_from_there_on(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    await start(world, born)
    await world.listen(born.conversation_id, "gateway-1@1")
    await world.connect(bob, "gateway-2@7")
    claim = addition(born, anna, bob)
    joined = durable(claim, await place(world, claim), joining=(bob,))
    said = message(born, anna)
    assert await show(world, born, joined, durable(said, await place(world, said))) == frozenset({"gateway-1@1", "gateway-2@7"})
    assert await world.conversations(bob) == {born.conversation_id}
    gone = removal(born, anna, bob)
    left = durable(gone, await place(world, gone), leaving=(bob,))
    await show(world, born, left)
    assert await world.conversations(bob) == set()
    again = addition(born, anna, bob)
    await show(world, born, durable(again, await place(world, again), joining=(bob,)))
    # A router that slept shows what another has shown long since.
    await show(world, born, left)
    assert await world.conversations(bob) == {born.conversation_id}


def lost(born: Birth, members: dict[UserId, Membership], floor: int = 1_000_000) -> Restored:
    marks = {next(iter(members)): (8, 7, 4, 6, 5)}
    return Restored(born.conversation_id, born.kind, born.conversation, members, marks, 9, 5, floor, NOW)


async def test_a_lost_conversation_goes_on_above_the_floor_with_members_and_marks(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await world.lose(born.conversation_id)
    members = {anna: Membership(GROUP_OWNER, 1), bob: Membership(GROUP_MEMBER, 4, 2)}
    await world.sequencer.restore(lost(born, members), world.sequencer.epoch)
    assert await world.sequencer.mark([Mark(born.conversation_id, anna, 0, 3, withheld=True)]) == [Marked(8, 7, 4, (6, 5))]
    placed = await place(world, replace(message(born, bob), made_ms=NOW + 1))
    assert (placed.seq, placed.ordinal, placed.previous) == (1_000_001, 6, 9)
    await world.sequencer.restore(lost(born, {anna: Membership(GROUP_OWNER, 1)}, floor=5), world.sequencer.epoch)
    placed = await place(world, replace(message(born, bob), made_ms=NOW + 1))
    assert (placed.seq, placed.previous) == (1_000_002, 1_000_001)


async def test_who_has_left_is_not_brought_back_by_an_older_state_that_comes_late(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    members = {anna: Membership(GROUP_OWNER, 1), bob: Membership(GROUP_MEMBER, 1)}
    await world.lose(born.conversation_id)
    await world.sequencer.restore(lost(born, members), world.sequencer.epoch)
    gone = replace(removal(born, anna, bob), made_ms=NOW + 1)
    await show(world, born, durable(gone, await place(world, gone), leaving=(bob,)))
    await world.sequencer.restore(lost(born, members), world.sequencer.epoch)
    assert await world.conversations(bob) == set()
    assert await world.conversations(anna) == {born.conversation_id}


async def test_a_conversation_is_put_back_with_its_newest_entries(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    claim = message(born, bob)
    recent = [durable(claim, Place(8, 4, NOW)), durable(message(born, anna), Place(9, 5, NOW))]
    members = {anna: Membership(GROUP_OWNER, 1), bob: Membership(GROUP_MEMBER, 1)}
    await world.sequencer.restore(replace(lost(born, members), recent=recent, known_since_ms=NOW - 5), world.sequencer.epoch)
    again = await place(world, claim)
    assert (again.seq, again.durable) == (8, True)
    assert (await place(world, message(born, bob))).seq == 1_000_001
    assert await world.sequencer.mark([Mark(born.conversation_id, bob, 0, 8)]) == [
        Marked(8, 8, 4, (8, 8), Listening(members=2), changed=True)
    ]
    assert await outcome(world, replace(message(born, bob), made_ms=NOW - 5)) == Forgotten()


async def test_what_was_given_before_a_loss_is_known_to_history_alone(world: World) -> None:
    anna = user()
    born = birth(anna)
    await world.sequencer.restore(lost(born, {anna: Membership(GROUP_OWNER, 1)}), world.sequencer.epoch)
    claim = message(born, anna)
    assert await outcome(world, claim) == Forgotten()
    assert isinstance(await outcome(world, replace(claim, looked_up=True)), Place)


async def test_what_can_be_told_of_an_entry_is_told_from_the_tail(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna)
    await start(world, born)
    said = message(born, anna)
    await show(world, born, durable(said, await place(world, said)))
    assert await world.sequencer.sight(born.conversation_id, anna, 2) == Sight(1, 2, b"entry")
    assert await world.sequencer.sight(born.conversation_id, anna, 3) == Sight(1, 2)
    assert await world.sequencer.sight(born.conversation_id, bob, 2) == Sight(None, 2, b"entry")
    assert await world.sequencer.sight(ConversationId(new_id()), anna, 2) == NotLive()
    for kind, has_become in ((4, (False, False)), (keys.CLOSING, (False, True)), (keys.DELETION, (True, True))):
        change = replace(message(born, anna), counts=False)
        given = await place(world, change)
        assert given.ordinal == 1
        await show(world, born, replace(durable(change, given), target=2, change=kind))
        assert await world.sequencer.sight(born.conversation_id, anna, 2) == Sight(1, given.seq, b"entry", *has_become)
    assert await world.sequencer.sight(born.conversation_id, anna, 1) == Sight(1, 5, b"entry")


async def test_how_often_a_user_has_reacted_to_a_message_is_told_from_the_tail(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    for claim in (message(born, anna), message(born, anna)):
        await show(world, born, durable(claim, await place(world, claim)))
    for who, target, kind in (
        (anna, 2, keys.REACTION),
        (bob, 2, keys.REACTION),
        (anna, 2, keys.REACTION),
        (anna, 3, keys.REACTION),
        (anna, 2, 8),
    ):
        change = replace(message(born, who), counts=False)
        await show(world, born, replace(durable(change, await place(world, change)), target=target, change=kind))
    assert [await reacted(world, born, who, seq) for who in (anna, bob) for seq in (2, 3)] == [2, 1, 1, 0]
    recent = [durable(message(born, anna), Place(8, 4, NOW)), durable(message(born, bob), Place(9, 4, NOW))]
    recent[1] = replace(recent[1], target=8, change=keys.REACTION)
    await world.lose(born.conversation_id)
    known = lost(born, {anna: Membership(GROUP_OWNER, 1), bob: Membership(GROUP_MEMBER, 1)})
    await world.sequencer.restore(replace(known, recent=recent), world.sequencer.epoch)
    assert [await reacted(world, born, who, 8) for who in (anna, bob)] == [0, 1]


async def reacted(world: World, born: Birth, who: UserId, seq: int) -> int:
    sight = await world.sequencer.sight(born.conversation_id, who, seq)
    assert isinstance(sight, Sight)
    return sight.reacted


@pytest.mark.parametrize(("kind", "is_deleted"), [(keys.DELETION, True), (keys.CLOSING, False)])
async def test_a_conversation_is_put_back_with_what_has_become_of_messages(world: World, kind: int, *, is_deleted: bool) -> None:
    anna = user()
    born = birth(anna)
    recent = [durable(message(born, anna), Place(8, 4, NOW)), durable(message(born, anna), Place(9, 4, NOW))]
    recent[1] = replace(recent[1], target=8, change=kind)
    await world.sequencer.restore(replace(lost(born, {anna: Membership(GROUP_OWNER, 1)}), recent=recent), world.sequencer.epoch)
    assert await world.sequencer.sight(born.conversation_id, anna, 8) == Sight(1, 9, b"entry", is_deleted, not is_deleted)
    assert await world.sequencer.sight(born.conversation_id, anna, 9) == Sight(1, 9, b"entry")


async def test_nothing_is_shown_of_a_conversation_that_was_lost_meanwhile(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    claim = message(born, anna)
    placed = await place(world, claim)
    await world.lose(born.conversation_id)
    assert await show(world, born, durable(claim, placed)) == NotLive()
    assert await world.sequencer.mark([Mark(born.conversation_id, anna, 1, 1)]) == [NotLive()]


async def test_who_takes_a_conversation_over_is_told_what_is_unfinished_once_and_before_its_own(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    shown, one, two = (message(born, anna) for _ in range(3))
    found = await places(world, shown, one, two)
    await show(world, born, durable(shown, found[0]))
    mine = await answer(world.other, message(born, anna))
    assert mine.unfinished == [
        Unfinished(one.message_id, found[1], one.draft),
        Unfinished(two.message_id, found[2], two.draft),
    ]
    assert isinstance(mine.outcome, Place)
    assert mine.outcome.seq == 5
    assert (await answer(world.other, message(born, anna))).unfinished == []
    back = await answer(world.sequencer, message(born, anna))
    assert [unfinished.place.seq for unfinished in back.unfinished] == [3, 4, 5, 6]


async def test_a_repeat_of_what_another_left_unfinished_gets_its_place(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    claim = message(born, anna)
    first = await place(world, claim)
    again = await answer(world.other, claim)
    assert isinstance(again.outcome, Place)
    assert (again.outcome.seq, again.outcome.durable) == (first.seq, False)
    assert [unfinished.message_id for unfinished in again.unfinished] == [claim.message_id]


async def test_a_birth_that_was_not_finished_is_finished_by_the_next(world: World) -> None:
    anna = user()
    born = birth(anna)
    await place(world, born)
    found = await answer(world.other, message(born, anna))
    assert [(unfinished.place.seq, unfinished.draft) for unfinished in found.unfinished] == [(1, b"draft")]


async def test_showing_again_changes_nothing(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    one, two = message(born, anna), message(born, anna)
    found = await places(world, one, two)
    await show(world, born, durable(one, found[0]), durable(two, found[1]))
    await show(world, born, durable(one, found[0]))
    marked = await world.sequencer.mark([Mark(born.conversation_id, anna, 3, 3)])
    assert marked == [Marked(3, 3, 2, (3, 3), Listening(members=1), changed=True)]


async def test_seqs_stay_exact_above_the_time_floor(world: World) -> None:
    anna = user()
    born = birth(anna)
    floor = 1_900_000_000 * 1024
    await world.sequencer.restore(lost(born, {anna: Membership(GROUP_OWNER, 1)}, floor), world.sequencer.epoch)
    claim = replace(message(born, anna), made_ms=NOW + 1)
    placed = await place(world, claim)
    assert placed.seq == floor + 1
    await show(world, born, durable(claim, placed))
    (marked,) = await world.sequencer.mark([Mark(born.conversation_id, anna, 0, placed.seq)])
    assert isinstance(marked, Marked)
    assert (marked.read_seq, marked.delivered_seq, marked.read_ordinal) == (floor + 1, floor + 1, 6)
    assert (await place(world, claim)).seq == floor + 1


async def say(world: World, born: Birth, sender: UserId, count: int) -> list[Place]:
    claims = [message(born, sender) for _ in range(count)]
    found = await places(world, *claims)
    await show(world, born, *(durable(claim, placed) for claim, placed in zip(claims, found, strict=True)))
    return found


async def test_watermarks_go_forward_only_and_never_past_the_head(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await world.listen(born.conversation_id, "gateway-1@1")
    await say(world, born, anna, 3)
    there = Mark(born.conversation_id, bob, 0, 3)
    (first,) = await world.sequencer.mark([there])
    assert first == Marked(3, 3, 2, (3, 3), Listening(frozenset({"gateway-1@1"}), 2), changed=True)
    (again,) = await world.sequencer.mark([there])
    assert isinstance(again, Marked)
    assert not again.changed
    (back,) = await world.sequencer.mark([Mark(born.conversation_id, bob, 2, 2)])
    assert isinstance(back, Marked)
    assert (back.delivered_seq, back.read_seq, back.changed) == (3, 3, False)
    (beyond,) = await world.sequencer.mark([Mark(born.conversation_id, bob, 10**9, 10**9)])
    assert isinstance(beyond, Marked)
    assert (beyond.delivered_seq, beyond.read_seq, beyond.read_ordinal) == (4, 4, 3)


async def test_what_is_withheld_others_see_when_something_is_told_again(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await say(world, born, anna, 3)

    async def mark(delivered_seq: int, read_seq: int, *, withheld: bool) -> tuple[int, int, tuple[int, int], bool]:
        (marked,) = await world.sequencer.mark([Mark(born.conversation_id, bob, delivered_seq, read_seq, withheld=withheld)])
        assert isinstance(marked, Marked)
        return marked.delivered_seq, marked.read_seq, marked.shown, marked.changed

    assert await mark(2, 2, withheld=False) == (2, 2, (2, 2), True)
    assert await mark(4, 3, withheld=True) == (4, 3, (2, 2), True)
    assert await mark(4, 3, withheld=True) == (4, 3, (2, 2), False)
    assert await mark(4, 3, withheld=False) == (4, 3, (4, 3), True), "the user is where they were, and others learn of it"
    assert await mark(0, 4, withheld=True) == (4, 4, (4, 3), True)


async def test_who_never_told_anything_is_nowhere_to_others(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await say(world, born, anna, 3)
    (marked,) = await world.sequencer.mark([Mark(born.conversation_id, bob, 3, 3, withheld=True)])
    assert marked == Marked(3, 3, 2, (0, 0), Listening(members=2), changed=True)


@pytest.mark.parametrize("blocker", [0, 1])
async def test_neither_of_two_of_whom_one_has_blocked_the_other_tells_how_far_they_are(world: World, blocker: int) -> None:
    anna, bob = both = user(), user()
    born = birth(anna, bob, kind="DIRECT")
    await start(world, born)
    await say(world, born, anna, 3)

    async def shown(read_seq: int) -> tuple[int, tuple[int, int]]:
        (marked,) = await world.sequencer.mark([Mark(born.conversation_id, bob, read_seq, read_seq)])
        assert isinstance(marked, Marked)
        return marked.read_seq, marked.shown

    assert await shown(2) == (2, (2, 2))
    await world.note_block(born.conversation_id, both[blocker], blocked=True)
    assert await shown(3) == (3, (2, 2))
    await world.note_block(born.conversation_id, both[blocker], blocked=False)
    assert await shown(3) == (3, (3, 3))


@pytest.mark.parametrize("blocker", [0, 1])
async def test_nobody_hears_one_of_two_type_of_whom_one_has_blocked_the_other(world: World, blocker: int) -> None:
    anna, bob = both = user(), user()
    born = birth(anna, bob, kind="DIRECT")
    await start(world, born)
    await world.listen(born.conversation_id, "gateway-1@1")
    heard, nothing = Listening(frozenset({"gateway-1@1"}), 2), Listening()
    asked = [(born.conversation_id, one) for one in both]
    assert await world.sequencer.listeners(asked) == [heard, heard]
    await world.note_block(born.conversation_id, both[blocker], blocked=True)
    assert await world.sequencer.listeners(asked) == [nothing, nothing]
    await world.note_block(born.conversation_id, both[blocker], blocked=False)
    assert await world.sequencer.listeners(asked) == [heard, heard]


async def test_a_stranger_moves_no_watermark(world: World) -> None:
    anna = user()
    born = birth(anna)
    await start(world, born)
    (marked,) = await world.sequencer.mark([Mark(born.conversation_id, user(), 1, 1)])
    assert marked == Marked(0, 0, 0, (0, 0))


async def test_reading_what_the_tail_no_longer_has_asks_for_its_ordinal(world: World) -> None:
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(world, born)
    await world.written(born.conversation_id, 11)
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
    assert await world.sequencer.listeners(pairs) == [Listening(frozenset({"gateway-1@1"}), 1), Listening()]


@pytest.mark.parametrize("settings", [{}, {"member_permissions": str(int(Permission.READ))}])
async def test_who_may_only_read_has_no_listeners(world: World, settings: dict[str, str]) -> None:
    reader, member = user(), user()
    born = birth(member)
    members = {reader: Membership(Permission.READ, 1), member: Membership(GROUP_MEMBER, 1)}
    await world.sequencer.restore(replace(lost(born, members), settings=settings), world.sequencer.epoch)
    await world.listen(born.conversation_id, "gateway-1@1")
    heard = await world.sequencer.listeners([(born.conversation_id, one) for one in members])
    assert [bool(one.nodes) for one in heard] == [False, not settings]


@pytest.fixture
async def redis_world(redis_url: str) -> AsyncIterator[RedisWorld]:
    client = await connect_redis(redis_url)
    yield RedisWorld(client)
    await client.aclose()


async def test_scripts_that_the_server_lost_are_given_to_it_again(redis_world: RedisWorld) -> None:
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    await redis_world.client.script_flush()
    assert (await place(redis_world, message(born, anna))).seq == 2


async def test_a_flushed_server_is_another_memory(redis_world: RedisWorld) -> None:
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    before = vars(redis_world.sequencer)["_view"].epoch
    await redis_world.client.delete("epoch")  # as a flush does, but for what other tests have there
    assert await outcome(redis_world, message(born, anna)) == NotLive()
    after = vars(redis_world.sequencer)["_view"].epoch
    assert before[:24] == after[:24]
    assert before != after
    assert (await answer(redis_world.other, replace(born, looked_up=False))).outcome == NotLive()


async def test_what_history_said_of_an_older_memory_is_not_put_into_another(redis_world: RedisWorld) -> None:
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    older = redis_world.sequencer.epoch
    await redis_world.client.delete("epoch")
    in_history = lost(born, {anna: Membership(GROUP_OWNER, 1)})
    with pytest.raises(ChatError, match="another one meanwhile"):
        await redis_world.sequencer.restore(in_history, older)
    assert await redis_world.client.hget(keys.meta(born.conversation_id), "epoch") == older.encode()
    await redis_world.sequencer.restore(in_history, redis_world.sequencer.epoch)
    assert await redis_world.client.hget(keys.meta(born.conversation_id), "epoch") == redis_world.sequencer.epoch.encode() != older.encode()


async def test_an_answer_that_is_lost_and_asked_for_again_still_tells_what_another_left_unfinished(redis_url: str) -> None:
    proxy = Proxy(int(redis_url.rsplit(":", maxsplit=1)[-1].split("/", maxsplit=1)[0]))
    address = await proxy.start()
    dead, heir = RedisWorld(await connect_redis(redis_url)), RedisWorld(await connect_redis(f"redis://{HOST}:{address}/0"))
    anna = user()
    born = birth(anna)
    await start(dead, born)
    left, asked = message(born, anna), message(born, anna)
    assert (await place(dead, left)).seq == 2
    await outcome(heir, message(birth(anna), anna))  # connects
    proxy.is_mute = True
    asking = asyncio.ensure_future(answer(heir.sequencer, asked))
    await asyncio.sleep(0.1)
    proxy.is_mute = False
    proxy.cut()
    found = await asyncio.wait_for(asking, 10)
    assert isinstance(found.outcome, Place)
    assert found.outcome.seq == 3
    assert [(one.message_id, one.place.seq) for one in found.unfinished] == [(left.message_id, 2), (asked.message_id, 3)]
    assert (await answer(heir.sequencer, message(born, anna))).unfinished == []
    for world in (dead, heir):
        await world.client.aclose()
    await proxy.stop()


async def test_a_replica_that_takes_over_is_another_memory(redis_url: str, other_redis_port: int) -> None:
    """It has everything but, perhaps, the newest: so nothing of what it has is believed."""
    primary_port = int(redis_url.rsplit(":", maxsplit=1)[-1].split("/", maxsplit=1)[0])
    proxy = Proxy(primary_port)
    address = await proxy.start()
    replica: Any = await connect_redis(f"redis://{HOST}:{other_redis_port}/0")
    await replica.replicaof(HOST, primary_port)
    client = await connect_redis(f"redis://{HOST}:{address}/0")
    world, anna = RedisWorld(client), user()
    born = birth(anna)
    await start(world, born)
    known = message(born, anna)
    assert (await place(world, known)).seq == 2
    async with asyncio.timeout(20):
        while await replica.hget(keys.meta(born.conversation_id), "seq") != b"2":
            await asyncio.sleep(0.05)
    await replica.replicaof("NO", "ONE")
    proxy.target = other_redis_port
    proxy.cut()
    assert await outcome(world, known) == NotLive()
    await world.sequencer.restore(replace(lost(born, {anna: Membership(GROUP_OWNER, 1)}), head=2), world.sequencer.epoch)
    assert (await place(world, replace(message(born, anna), looked_up=True))).seq > 2
    await client.aclose()
    await replica.aclose()
    await proxy.stop()


async def test_an_older_copy_is_not_taken_for_the_live_view_and_keeps_what_is_unfinished(redis_world: RedisWorld) -> None:
    """What differs between a server and a copy of it is its epoch: so a conversation of another epoch is what a copy would show."""
    anna, bob = user(), user()
    born = birth(anna, bob)
    await start(redis_world, born)
    known, under_way = message(born, anna), message(born, anna)
    await places(redis_world, known, under_way)
    await redis_world.client.hset(keys.meta(born.conversation_id), "epoch", "older")
    assert await outcome(redis_world, message(born, anna)) == NotLive()
    assert await outcome(redis_world, birth(anna)) is not None
    assert [one.place.seq for one in await redis_world.sequencer.unfinished(born.conversation_id)] == [2, 3]
    in_history = replace(lost(born, {anna: Membership(GROUP_OWNER, 1)}), head=2, head_ordinal=1)
    await redis_world.sequencer.restore(in_history, redis_world.sequencer.epoch)
    assert await outcome(redis_world, replace(known, looked_up=False)) == Forgotten()
    found = await answer(redis_world.other, replace(message(born, anna), made_ms=NOW + 1))
    assert [one.place.seq for one in found.unfinished] == [3]
    assert isinstance(found.outcome, Place)
    assert (found.outcome.seq, found.outcome.ordinal, found.outcome.previous) == (1_000_001, 3, 3)
    assert await refusal(redis_world, replace(message(born, bob), looked_up=True)) is Reason.UNKNOWN_CONVERSATION


async def test_a_call_whose_end_is_unknown_makes_the_next_one_look_for_what_is_unfinished(redis_world: RedisWorld) -> None:
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    claim = message(born, anna)

    async def cut(*arguments: Any) -> list[Any]:
        await done(*arguments)
        raise ChatError(Reason.UNAVAILABLE)

    view: Any = vars(redis_world.sequencer)["_view"]
    done, view.call_anew = view.call_anew, cut
    with pytest.raises(ChatError):
        await redis_world.sequencer.sequence([claim])
    view.call_anew = done
    found = await answer(redis_world.sequencer, message(born, anna))
    assert [one.message_id for one in found.unfinished] == [claim.message_id]


async def test_the_tail_keeps_what_the_database_does_not_have_up_to_a_limit(redis_world: RedisWorld) -> None:
    redis_world.sequencer = RedisSequencer(redis_world.client, tail_entries=4, tail_limit=8)
    anna = user()
    born = birth(anna)
    await start(redis_world, born)

    async def tail() -> tuple[list[int], int]:
        entries = await redis_world.client.xrange(keys.tail(born.conversation_id))
        trimmed = await redis_world.client.hget(keys.meta(born.conversation_id), "trimmed")
        return [int(name.split(b"-")[0]) for name, _ in entries], int(trimmed)

    await say(redis_world, born, anna, 5)
    assert await tail() == ([1, 2, 3, 4, 5, 6], 0)
    await redis_world.written(born.conversation_id, 5)
    await say(redis_world, born, anna, 1)
    assert await tail() == ([4, 5, 6, 7], 3)
    await say(redis_world, born, anna, 6)
    assert await tail() == ([6, 7, 8, 9, 10, 11, 12, 13], 5)
    await redis_world.client.delete(keys.tail(born.conversation_id))
    await say(redis_world, born, anna, 1)
    assert await tail() == ([14], 13)


async def test_changes_leave_the_live_view_with_the_tail(redis_world: RedisWorld) -> None:
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    changes = keys.changes(born.conversation_id)
    for seq in range(2, 20):
        claim = replace(message(born, anna), counts=False)
        await show(redis_world, born, replace(durable(claim, await place(redis_world, claim)), target=1))
        await redis_world.written(born.conversation_id, seq)
    redis_world.sequencer = RedisSequencer(redis_world.client, tail_entries=4)
    for _ in range(8):
        claim = message(born, anna)
        given = await place(redis_world, claim)
        await show(redis_world, born, durable(claim, given))
        await redis_world.written(born.conversation_id, given.seq)
    assert await redis_world.client.xlen(changes) == 0
    claim = replace(message(born, anna), counts=False)
    await show(redis_world, born, replace(durable(claim, await place(redis_world, claim)), target=1))
    claim = message(born, anna)
    await show(redis_world, born, replace(durable(claim, await place(redis_world, claim)), mentions=anna))
    tail, mentions = keys.tail(born.conversation_id), keys.mentions(born.conversation_id)
    ends = {await redis_world.client.pexpiretime(key) for key in (tail, changes, mentions)}
    assert len(ends) == 1


async def test_what_may_be_in_the_log_in_another_order_is_not_taken_for_written(redis_world: RedisWorld) -> None:
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    one, two = message(born, anna), message(born, anna)
    found = await places(redis_world, one, two)
    await redis_world.written(born.conversation_id, found[1].seq)
    await show(redis_world, born, replace(durable(one, found[0]), doubted=True), durable(two, found[1]))
    assert await redis_world.client.hget(keys.meta(born.conversation_id), "written") == b"1"


async def test_a_tail_becomes_short_again_when_the_database_has_caught_up(redis_world: RedisWorld) -> None:
    redis_world.sequencer = RedisSequencer(redis_world.client, tail_entries=4, tail_limit=1000)
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    await say(redis_world, born, anna, 400)
    assert await redis_world.client.xlen(keys.tail(born.conversation_id)) == 401
    await redis_world.written(born.conversation_id, 401)
    for count in (1, 3, 2, 9):
        claims = [message(born, anna) for _ in range(count)]
        found = await places(redis_world, *claims)
        await show(redis_world, born, *(durable(claim, placed) for claim, placed in zip(claims, found, strict=True)))
    await say(redis_world, born, anna, 10)
    assert await redis_world.client.xlen(keys.tail(born.conversation_id)) < 100


async def told(redis_world: RedisWorld, born: Birth, *entries: Durable) -> bytes | None:
    """Show entries, and return what a node is told that listens."""
    subscription = redis_world.client.pubsub()
    await redis_world.listen(born.conversation_id, "gateway-1@1")
    await subscription.subscribe(keys.channel("gateway-1@1"))
    await subscription.get_message(timeout=5)
    await show(redis_world, born, *entries)
    await redis_world.client.publish(keys.channel("gateway-1@1"), b"end")
    heard = [(await subscription.get_message(timeout=5))["data"]]
    while heard[-1] != b"end":
        heard.append((await subscription.get_message(timeout=5))["data"])
    await subscription.aclose()
    return heard[0] if heard[1:] else None


async def test_nodes_are_told_in_the_step_that_shows_and_never_again_nor_of_what_came_before(redis_world: RedisWorld) -> None:
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    one, two, three = (message(born, anna) for _ in range(3))
    found = await places(redis_world, one, two, three)
    entries = [
        replace(durable(claim, placed), event=text)
        for claim, placed, text in zip((one, two, three), found, (b"one", b"two", b"three"), strict=True)
    ]
    assert await told(redis_world, born, *entries[:2]) == b"onetwo"
    assert await told(redis_world, born, *entries) == b"three"
    assert await told(redis_world, born, *entries) is None


async def test_what_was_put_back_with_its_conversation_is_told_by_who_shows_it(redis_world: RedisWorld) -> None:
    anna = user()
    born = birth(anna)
    await start(redis_world, born)
    claim = message(born, anna)
    shown = replace(durable(claim, await place(redis_world, claim)), event=b"told")
    await redis_world.lose(born.conversation_id)
    await redis_world.sequencer.restore(
        replace(lost(born, {anna: Membership(GROUP_OWNER, 1)}), head=2, recent=[shown]), redis_world.sequencer.epoch
    )
    assert await told(redis_world, born, shown) == b"told"

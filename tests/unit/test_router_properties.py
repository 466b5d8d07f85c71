"""Routers that share a live view and a log, and whatever can go wrong between them: what was promised holds all the same.

Time, the log and every reply move only when the test says so. So a step can fall into any gap that the code leaves.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.core.admission import Ban
from chatkit.core.backoff import Backoff
from chatkit.core.clock import ManualClock
from chatkit.core.conversation import GROUP_MEMBER, ROLES, Permission, Role, seq_floor
from chatkit.core.conversation_settings import as_text
from chatkit.core.errors import ChatError, Reason
from chatkit.core.expiry import expires_s
from chatkit.core.ids import REMEMBERED_MS, ConnectionId, ConversationId, MessageId, SessionId, UserId, creation_message_id
from chatkit.edges.fanout.memory import MemoryFanout
from chatkit.edges.message_log import Record
from chatkit.rpc.conversation_settings import settings_of
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.events.v1 import log_pb2, node_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2, entry_pb2, presence_pb2
from svc_gateway.frames import Outgoing
from svc_gateway.hub import Hub
from svc_gateway.notices import Notices
from svc_router.changes import Found
from svc_router.entries import for_readers, joining, known_since_ms, leaving
from svc_router.flight import Flight
from svc_router.job import Job
from svc_router.pipeline import Pipeline
from svc_router.store import Answer, Birth, Claim, Durable, Membership, NotLive, Restored
from svc_router.store.memory import MemoryLiveView, MemorySequencer
from tests.blocks import MemoryBlocks

USERS = [UserId(name) for name in ("anna", "bob", "carl")]
CONVERSATIONS = [ConversationId(name) for name in ("tea", "work")]
ROUTERS = 2
RECENT = 3
"""Entries with which a conversation is put back: few, so that a message_id is soon one that only history knows."""
FINAL = {
    *("PERMISSION_DENIED", "UNKNOWN_CONVERSATION", "MESSAGE_ID_REUSED", "NOT_FOUND"),
    *("LAST_OWNER", "UNKNOWN_USER", "SLOW_MODE"),
}
DEADLINE_S = 10.0
"""How long a lane tries a command, as chatkit.rpc.lanes has it. The message_id of a membership command is not known beyond it."""
HEALING = 3000
"""Ticks after which everything must be well that can be."""
QUIET = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

Entries = dict[int, log_pb2.LogEntry]


class SharedLog:
    """A log whose records settle when the driver says so, and as it says: `fate` is what becomes of those that wait."""

    def __init__(self) -> None:
        self.landed: list[log_pb2.LogEntry] = []
        self.waiting: list[tuple[object, Record, asyncio.Future[None]]] = []
        self.fate = "kept"

    def of(self, router: object) -> RouterLog:
        return RouterLog(self, router)

    def settle(self) -> None:
        if self.fate == "slow":
            return
        waiting, self.waiting = self.waiting, []
        for _, record, outcome in waiting:
            if self.fate != "lost":
                self.land(record)
            if outcome.done():
                continue
            if self.fate == "kept":
                outcome.set_result(None)
            else:
                outcome.set_exception(ChatError(Reason.UNAVAILABLE))
                outcome.exception()

    def land(self, record: Record) -> None:
        self.landed.append(log_pb2.LogEntry.FromString(record.value))

    def bury(self, router: object, *, landed: bool) -> None:
        """End what a dead router has left: it arrived, or did not."""
        for owner, record, _ in self.waiting:
            if owner is router and landed:
                self.land(record)
        self.waiting = [one for one in self.waiting if one[0] is not router]

    def has_waiting(self, conversation_id: ConversationId) -> bool:
        return any(record.key == conversation_id.encode() for _, record, _ in self.waiting)

    def entries(self, conversation_id: ConversationId) -> Entries:
        """What the writer makes of the log: each entry at its place."""
        mine = [entry for entry in self.landed if entry.conversation_id == conversation_id]
        return {entry.seq: entry for entry in sorted(mine, key=lambda entry: entry.seq)}


@dataclass
class RouterLog:
    shared: SharedLog
    router: object

    async def append(self, records: Sequence[Record]) -> Sequence[asyncio.Future[None]]:
        outcomes: list[asyncio.Future[None]] = [asyncio.get_running_loop().create_future() for _ in records]
        self.shared.waiting += [(self.router, record, outcome) for record, outcome in zip(records, outcomes, strict=True)]
        return outcomes


class LogArchive:
    """History, as the log has it at the time of the call; the answer takes a while."""

    def __init__(self, log: SharedLog) -> None:
        self._log = log
        self.available = True

    async def state(self, conversation_id: ConversationId, now_ms: int) -> Restored | None:
        entries = await self._read(conversation_id)
        if not entries:
            return None
        head = list(entries.values())[-1]
        recent = list(entries.values())[-RECENT:]
        return Restored(
            conversation_id,
            "GROUP",
            entries[1].created.conversation.SerializeToString(),
            members_at(entries, head.seq),
            {},
            head.seq,
            head.ordinal,
            seq_floor(now_ms),
            known_since_ms(recent, now_ms),
            [kept(entry) for entry in recent],
            settings_at(entries, head.seq),
            bans_at(entries, head.seq),
        )

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> log_pb2.LogEntry | None:
        entries = await self._read(conversation_id)
        return next((entry for entry in entries.values() if entry.message_id == message_id), None)

    async def message(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Found:
        del user_id
        entries = await self._read(conversation_id)
        if seq not in entries or entries[seq].kind != entry_pb2.Entry.MESSAGE:
            raise ChatError(Reason.NOT_FOUND)
        return Found(entries[seq], seq in deleted_in(entries))

    async def reactions(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Collection[str]:
        raise AssertionError(seq)

    async def pins(self, user_id: UserId, conversation_id: ConversationId) -> Collection[int]:
        raise AssertionError(conversation_id)

    async def ordinal_at(self, job: Job) -> int:
        raise AssertionError(job)

    async def _read(self, conversation_id: ConversationId) -> Entries:
        entries = self._log.entries(conversation_id)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        return entries


def kept(entry: log_pb2.LogEntry) -> Durable:
    at, change = entry.accepted_at.ToMilliseconds(), int(entry.kind) if entry.target else 0
    message_id, sender_id, value = MessageId(entry.message_id), UserId(entry.sender_id), entry.SerializeToString()
    return Durable(message_id, sender_id, entry.seq, entry.ordinal, at, value, b"", target=entry.target, change=change)


def deleted_in(entries: Entries) -> set[int]:
    return {entry.target for entry in entries.values() if entry.kind == entry_pb2.Entry.DELETION}


def members_at(entries: Entries, seq: int) -> dict[UserId, Membership]:
    """Who is in a conversation once the entry at `seq` has happened."""
    members: dict[UserId, Membership] = {}
    for entry in entries.values():
        if entry.seq > seq:
            break
        for one in (*entry.created.members, *entry.membership.added):
            members[UserId(one.user_id)] = Membership(Permission(one.permissions), one.joined_seq, one.joined_ordinal)
        for user_id in leaving(entry):
            del members[user_id]
        for one in entry.membership.changed:
            members[UserId(one.user_id)] = replace(members[UserId(one.user_id)], permissions=Permission(one.permissions))
    return members


def settings_at(entries: Entries, seq: int) -> dict[str, str]:
    """What is set of a conversation once the entry at `seq` has happened."""
    return {name: as_text(value) for entry in entries.values() if entry.seq <= seq for name, value in settings_of(entry.settings).items()}


def bans_at(entries: Entries, seq: int) -> dict[UserId, Ban]:
    """Who is banned from a conversation once the entry at `seq` has happened."""
    bans: dict[UserId, Ban] = {}
    for entry in entries.values():
        if entry.seq <= seq:
            for user_id in entry.membership.banned_user_ids:
                bans[UserId(user_id)] = Ban(UserId(entry.sender_id), entry.accepted_at.ToMilliseconds())
            for user_id in entry.membership.unbanned_user_ids:
                del bans[UserId(user_id)]
    return bans


class SlowSequencer(MemorySequencer):
    """Requests and replies take a tick each, and either may be lost. As the adapter for Redis, it takes a new name when one was."""

    def __init__(self, view: MemoryLiveView, world: World) -> None:
        super().__init__(view)
        self._world = world
        self.stalled = False

    async def _travel(self) -> None:
        await asyncio.sleep(0)
        while self.stalled:
            await asyncio.sleep(0)

    async def sequence(self, commands: Sequence[Claim | Birth]) -> list[Answer]:
        await self._travel()
        done, self._world.cut = self._world.cut, None
        answers = await super().sequence(commands[:done])
        await self._travel()
        if done is not None or not self.view.available:
            for live in self.view.live.values():
                live.owner = None if live.owner is self else live.owner
            raise ChatError(Reason.UNAVAILABLE)
        return answers

    async def commit(self, runs: Mapping[ConversationId, Sequence[Durable]]) -> dict[ConversationId, frozenset[str] | NotLive]:
        await self._travel()
        shown = await super().commit(runs)
        await self._travel()
        self.view.check()
        return shown

    async def restore(self, restored: Restored, epoch: str) -> None:
        await self._travel()
        await super().restore(restored, epoch)
        await self._travel()
        self.view.check()


@dataclass
class Router:
    pipeline: Pipeline
    running: asyncio.Task[None]
    sequencer: SlowSequencer

    @property
    def flight(self) -> Flight:
        """What it has under way."""
        flight: Flight = vars(self.pipeline)["_flight"]
        return flight


@dataclass
class Request:
    """A command of a client, and what has come of it. `copies` are those of which nobody has heard yet, by router."""

    command: pb.Command
    message_id: MessageId
    until: float
    copies: list[Router] = field(default_factory=list)
    seqs: set[int] = field(default_factory=set)
    final: str = ""


@dataclass(eq=False)
class Ear:
    """A session of a user on a node, and what it hears."""

    user_id: UserId
    session_id: SessionId = SessionId("")
    connection_id: ConnectionId = ConnectionId("")
    conversations: dict[ConversationId, int] = field(default_factory=dict)
    is_idle: bool = False
    heard: list[int] = field(default_factory=list)

    def deliver(self, conversation_id: ConversationId, seq: int, frame: Outgoing) -> None:
        self.heard.append(seq)

    def notify(self, frame: Outgoing, *, ephemeral: bool) -> None:
        raise AssertionError("a hole")

    def join(self, conversation_id: ConversationId, seq: int) -> None:
        """Nothing to note."""

    def leave(self, conversation_id: ConversationId, seq: int) -> None:
        """Nothing to note."""

    def close(self, error: ChatError) -> None:
        raise AssertionError(error)

    def prefer(self, preferences: presence_pb2.Preferences) -> None:
        """Nothing to note."""

    def lose_sight(self, users: Collection[UserId] | None = None) -> None:
        """Nobody is watched."""


class World:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.log = SharedLog()
        self.view = MemoryLiveView()
        self.archive = LogArchive(self.log)
        self.cut: int | None = None
        self.group: asyncio.TaskGroup
        self.routers: list[Router] = []
        self.requests: list[Request] = []
        self.listening: list[tuple[str, ConversationId, int]] = []
        self.listened = 0
        self.owners: dict[ConversationId, Router] = {}

    # --- routers

    def start(self) -> Router:
        sequencer = SlowSequencer(self.view, self)
        pipeline = Pipeline(sequencer, self.log.of(sequencer), MemoryFanout(), self.archive, MemoryBlocks(self.view), self.clock)
        return Router(pipeline, self.group.create_task(pipeline.run()), sequencer)

    def kill(self, number: int, *, landed: bool) -> None:
        dead = self.routers[number]
        dead.running.cancel()
        self.log.bury(dead.sequencer, landed=landed)
        for request in self.requests:
            request.copies = [router for router in request.copies if router is not dead]
        self.routers[number] = self.start()

    async def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.log.settle()
            await asyncio.sleep(0)
            for router in self.routers:
                assert not router.running.done(), router.running

    async def settle(self) -> None:
        """Let nothing be under way for longer than any call may take."""
        if self.log.fate == "slow":
            self.log.fate = "doubtful"
        for router in self.routers:
            router.sequencer.stalled = False
        await self.tick(20)

    # --- clients

    def give(self, command: pb.Command, kind: str, router: int) -> None:
        message_id = creation_message_id(ConversationId(command.conversation_id)) if kind == "create" else self.fresh_id()
        getattr(command, kind).message_id = message_id
        request = next((one for one in self.requests if one.message_id == message_id), None) or Request(
            command, message_id, math.inf if kind in {"send", "change", "create"} else self.clock.monotonic() + DEADLINE_S
        )
        if request not in self.requests:
            self.requests.append(request)
        self.submit(request, router)

    def fresh_id(self) -> MessageId:
        text = f"{self.clock.now_ms():012x}"
        return MessageId(f"{text[:8]}-{text[8:]}-7000-8000-{len(self.requests):012x}")

    def submit(self, request: Request, number: int) -> None:
        router = self.router_of(ConversationId(request.command.conversation_id), number)

        def hear(result: pb.Result) -> None:
            if router in request.copies:
                request.copies.remove(router)
                self.hear(request, result)

        request.copies.append(router)
        router.pipeline.submit(Job(request.command, hear, self.clock.monotonic() + DEADLINE_S))

    def router_of(self, conversation_id: ConversationId, number: int) -> Router:
        """Any, but after a wipe the one that was at work then, for as long as it is: docs/guarantees.md does not promise more."""
        owner = self.owners.get(conversation_id)
        if owner in self.at_work(conversation_id):
            return owner
        self.owners.pop(conversation_id, None)
        return self.routers[number]

    def at_work(self, conversation_id: ConversationId) -> list[Router]:
        """Who has a command or an entry of a conversation under way."""
        asked = [router for one in self.requests if one.command.conversation_id == conversation_id for router in one.copies]
        return [
            router for router in self.routers if router in asked or conversation_id in vars(vars(router.pipeline)["_flight"])["_queues"]
        ]

    def hear(self, request: Request, result: pb.Result) -> None:
        if result.WhichOneof("result") == "accepted":
            if result.accepted.seq:
                entry = self.log.entries(ConversationId(request.command.conversation_id)).get(result.accepted.seq)
                assert entry is not None, "an answer before the log has it"
                assert entry.message_id == request.message_id
                request.seqs.add(result.accepted.seq)
                return
            reason = "NEEDLESS"
        else:
            reason = reason_pb2.Reason.Name(result.refused.reason)
        # While another copy is on its way, it says nothing: that one may come to another end.
        if (reason == "NEEDLESS" or reason in FINAL) and not request.copies:
            request.final = request.final or reason

    @property
    def unanswered(self) -> list[Request]:
        return [request for request in self.requests if not request.seqs and not request.final and not self.is_given_up(request)]

    def is_given_up(self, request: Request) -> bool:
        return request.until <= self.clock.monotonic()

    # --- nodes

    def listen(self, conversation_id: ConversationId) -> None:
        live = self.view.live.get(conversation_id)
        if live is not None and live.head:
            self.listened += 1
            node = f"node-{self.listened}"
            self.view.nodes.setdefault(conversation_id, set()).add(node)
            self.listening.append((node, conversation_id, live.head))

    def wipe(self, *, copy: bool) -> None:
        """Everything in Redis is gone, the map of nodes too; or a `copy` takes over, of which only what is under way is believed.

        What nodes were told until then must be right. After that they resync.
        """
        at_work = {conversation_id: self.at_work(conversation_id) for conversation_id in CONVERSATIONS}
        if any(len(routers) > 1 for routers in at_work.values()):
            return
        self.owners = {conversation_id: routers[0] for conversation_id, routers in at_work.items() if routers}
        self.check_told()
        if copy:
            self.view.fail_over()
        else:
            self.view.wipe()
        self.view.nodes.clear()
        self.view.moves.clear()
        self.listening.clear()
        self.clock.advance(1)

    def check_told(self) -> None:
        for node, conversation_id, start in self.listening:
            live = self.view.live.get(conversation_id)
            entries = self.log.entries(conversation_id)
            told = node_pb2.NodeBatch.FromString(b"".join(self.view.told.get(node, ()))).events
            seqs = list(dict.fromkeys(event.entry.seq for event in told))
            assert seqs == sorted(seqs), f"told in another order: {seqs}"
            head = live.head if live else start
            shown = [seq for seq in entries if start < seq <= head]
            assert [seq for seq in seqs if seq > start] == shown, "told less, or more, than was shown"
            for event in told:
                entry = entries[event.entry.seq]
                assert log_pb2.EntryFrame.FromString(event.entry.frame).entry == for_readers(entry)
                assert tuple(event.entry.joining_user_ids) == joining(entry)
                assert tuple(event.entry.leaving_user_ids) == leaving(entry)
            self.check_heard(conversation_id, start, told, shown)

    def check_heard(self, conversation_id: ConversationId, start: int, told: Any, shown: Sequence[int]) -> None:
        """Sessions of every user on a node that was told this hear what happened while they were members, and nothing else."""
        entries = self.log.entries(conversation_id)
        hub = Hub(10, lambda _: None, lambda _: None, ManualClock(), Notices(1000))
        ears = [Ear(user_id) for user_id in USERS]
        for ear in ears:
            hub.register(ear)
            hub.join(ear, {conversation_id: 0} if ear.user_id in members_at(entries, start) else {})
        for event in told:
            hub.handle(event)
        for ear in ears:
            may = [seq for seq in entries if ear.user_id in members_at(entries, seq)]
            assert set(ear.heard) <= set(may), f"{ear.user_id} heard {ear.heard}, and may hear {may}"
            assert [seq for seq in ear.heard if seq > start] == [seq for seq in may if seq in shown]

    # --- the end

    async def heal(self) -> None:
        """Let everything be there again, until all is answered that can be."""
        self.view.available, self.archive.available, self.log.fate, self.cut = True, True, "kept", None
        for router in self.routers:
            router.sequencer.stalled = False
        for round_ in range(HEALING):
            await self.tick()
            if round_ % 20 == 0:
                for request in self.unanswered:
                    if not request.copies:
                        self.submit(request, hash_of(request.command.conversation_id))
            if not self.unanswered and not any(len(router.flight) for router in self.routers):
                break
        assert not self.unanswered

    async def touch(self) -> None:
        """Send to every conversation: that is when a router finishes what a dead one has left."""
        for conversation_id in CONVERSATIONS:
            if conversation_id in self.view.live:
                self.give(sending(conversation_id, USERS[0]), "send", hash_of(conversation_id))
        await self.heal()

    def check(self) -> None:
        self.check_told()
        for conversation_id in CONVERSATIONS:
            mine = [entry for entry in self.log.landed if entry.conversation_id == conversation_id]
            entries = self.log.entries(conversation_id)
            assert all(entries[entry.seq] == entry for entry in mine), "two entries at one seq"
            ids = [entry.message_id for entry in entries.values()]
            assert len(ids) == len(set(ids)), "two entries of one message_id"
            asked = [request for request in self.requests if request.command.conversation_id == conversation_id]
            acked = {(seq, request.message_id) for request in asked for seq in request.seqs}
            given_up = {request.message_id for request in asked if self.is_given_up(request) and not request.seqs and not request.final}
            logged = {(seq, entry.message_id) for seq, entry in entries.items()}
            assert acked == {(seq, message_id) for seq, message_id in logged if message_id not in given_up}
            for seq, entry in entries.items():
                assert seq == 1 or entry.sender_id in members_at(entries, entries_before(entries, seq)), "said by who was no member"
            self.check_changes(entries)
            self.check_times(entries)
            live = self.view.live.get(conversation_id)
            members = members_at(entries, max(entries, default=0))
            if live is not None:
                assert not live.pending
                assert live.members == members
                assert live.bans == bans_at(entries, max(entries, default=0))
                assert live.settings == settings_at(entries, max(entries, default=0))
                assert {user_id for user_id in USERS if conversation_id in self.view.conversations(user_id)} == set(members)

    def check_changes(self, entries: Entries) -> None:
        """A change is of a message before it that its sender could see; only the message's own sender edits it, and it is never counted."""
        for change in (entry for entry in entries.values() if entry.target):
            target = entries[change.target]
            before = entries_before(entries, change.seq)
            assert (target.kind, change.ordinal) == (entry_pb2.Entry.MESSAGE, entries[before].ordinal)
            assert target.seq >= members_at(entries, before)[UserId(change.sender_id)].joined_seq
            assert change.kind == entry_pb2.Entry.DELETION or change.sender_id == target.sender_id
            if change.kind == entry_pb2.Entry.DELETION:
                assert (change.erased.message_id, change.erased.body) == (target.message_id, b"")

    def check_times(self, entries: Entries) -> None:
        """A message disappears as it was set when it got its place, and a change with its message, whichever router has finished it."""
        for seq, entry in entries.items():
            ttl_s = int(settings_at(entries, entries_before(entries, seq)).get("message_ttl_s", 0))
            if entry.kind == entry_pb2.Entry.MESSAGE:
                wanted = expires_s(entry.accepted_at.ToMilliseconds(), ttl_s) if ttl_s else 0
            else:
                wanted = entries[entry.target].expires_at.seconds if entry.target and entry.kind != entry_pb2.Entry.DELETION else 0
            assert entry.expires_at.seconds == wanted


def entries_before(entries: Entries, seq: int) -> int:
    return max((one for one in entries if one < seq), default=0)


def hash_of(conversation_id: str) -> int:
    return CONVERSATIONS.index(ConversationId(conversation_id)) % ROUTERS


def sending(conversation_id: ConversationId, user_id: UserId) -> pb.Command:
    command = pb.Command(conversation_id=conversation_id, user_id=user_id)
    command.send.body = b"body"
    return command


def changing(conversation_id: ConversationId, user_id: UserId, target: int, *, is_edit: bool) -> pb.Command:
    command = pb.Command(conversation_id=conversation_id, user_id=user_id)
    command.change.target = target
    if is_edit:
        command.change.edit = b"better"
    else:
        command.change.deletion.SetInParent()
    return command


def creation(conversation_id: ConversationId) -> pb.Command:
    command = pb.Command(conversation_id=conversation_id, user_id=USERS[0])
    command.create.conversation.CopyFrom(
        conversation_pb2.Conversation(conversation_id=conversation_id, kind=conversation_pb2.Conversation.GROUP, creator_id=USERS[0])
    )
    for user_id, role in zip(USERS, (Role.OWNER, Role.ADMIN), strict=False):
        command.create.members.add(user_id=user_id, permissions=int(ROLES[role]))
    return command


def addition(conversation_id: ConversationId, user_id: UserId, added: UserId) -> pb.Command:
    command = pb.Command(conversation_id=conversation_id, user_id=user_id)
    command.add_member.member.user_id = added
    command.add_member.member.permissions = int(GROUP_MEMBER | Permission.REMOVE)
    return command


def removal(conversation_id: ConversationId, user_id: UserId, removed: UserId) -> pb.Command:
    command = pb.Command(conversation_id=conversation_id, user_id=user_id)
    command.remove_member.user_id = removed
    return command


def giving(conversation_id: ConversationId, user_id: UserId, other: UserId, role: conversation_pb2.Member.Role.ValueType) -> pb.Command:
    command = pb.Command(conversation_id=conversation_id, user_id=user_id)
    command.role.user_id = other
    command.role.role = role
    return command


def setting(conversation_id: ConversationId, user_id: UserId, topic: str, slow_mode_s: int, ttl_s: int) -> pb.Command:
    command = pb.Command(conversation_id=conversation_id, user_id=user_id)
    command.settings.settings.topic = topic
    command.settings.settings.slow_mode_s = slow_mode_s
    command.settings.settings.message_ttl_s = ttl_s
    return command


def banning(conversation_id: ConversationId, user_id: UserId, other: UserId, *, lifted: bool) -> pb.Command:
    command = pb.Command(conversation_id=conversation_id, user_id=user_id)
    command.ban.user_id = other
    command.ban.lifted = lifted
    return command


TTL_S = 10_000_000
"""Longer than any of these worlds lasts: what has expired would not be changed any more."""

conversations, users, routers = st.sampled_from(CONVERSATIONS), st.sampled_from(USERS), st.integers(0, ROUTERS - 1)
GIVEN_ROLES = [
    conversation_pb2.Member.READER,
    conversation_pb2.Member.MEMBER,
    conversation_pb2.Member.ADMIN,
    conversation_pb2.Member.OWNER,
]
STEPS = (
    st.tuples(st.just("send"), conversations, users, routers),
    st.tuples(st.just("send"), conversations, users, routers),
    st.tuples(st.just("change"), conversations, users, st.integers(1, 9), st.booleans(), routers),
    st.tuples(st.just("change"), conversations, users, st.integers(1, 9), st.booleans(), routers),
    st.tuples(st.just("add"), conversations, users, users, routers),
    st.tuples(st.just("remove"), conversations, users, users, routers),
    st.tuples(st.just("role"), conversations, users, users, st.sampled_from(GIVEN_ROLES), routers),
    st.tuples(st.just("set"), conversations, users, st.sampled_from("xyz"), st.sampled_from([0, 1]), st.sampled_from([0, TTL_S]), routers),
    st.tuples(st.just("ban"), conversations, users, users, st.booleans(), routers),
    st.tuples(st.just("create"), conversations, routers),
    st.tuples(st.just("retry"), st.integers(0, 30), routers),
    st.tuples(st.just("retry"), st.integers(0, 30), routers),
    st.tuples(st.just("kill"), routers, st.booleans()),
    st.tuples(st.just("log"), st.sampled_from(["kept", "slow", "lost", "doubtful"])),
    st.tuples(st.just("view"), st.booleans()),
    st.tuples(st.just("stall"), routers, st.booleans()),
    st.tuples(st.just("cut"), st.integers(0, 3)),
    st.tuples(st.just("history"), st.booleans()),
    st.tuples(st.just("listen"), conversations),
    st.tuples(st.just("wipe"), st.booleans()),
    st.tuples(st.just("wipe"), st.booleans()),
    st.tuples(st.just("wipe"), st.booleans()),
    st.tuples(st.just("time"), st.sampled_from([1, 1000])),
    st.tuples(st.just("ticks"), st.integers(5, 30)),
)


async def take(world: World, step: Any) -> None:  # noqa: C901, PLR0912 - one branch for each kind of step
    match step:
        case "send", conversation_id, user_id, router:
            world.give(sending(conversation_id, user_id), "send", router)
        case "change", conversation_id, user_id, target, is_edit, router:
            world.give(changing(conversation_id, user_id, target, is_edit=is_edit), "change", router)
        case "add", conversation_id, user_id, other, router:
            world.give(addition(conversation_id, user_id, other), "add_member", router)
        case "remove", conversation_id, user_id, other, router:
            world.give(removal(conversation_id, user_id, other), "remove_member", router)
        case "role", conversation_id, user_id, other, role, router:
            world.give(giving(conversation_id, user_id, other, role), "role", router)
        case "set", conversation_id, user_id, topic, slow_mode_s, ttl_s, router:
            world.give(setting(conversation_id, user_id, topic, slow_mode_s, ttl_s), "settings", router)
        case "ban", conversation_id, user_id, other, lifted, router:
            world.give(banning(conversation_id, user_id, other, lifted=lifted), "ban", router)
        case "create", conversation_id, router:
            world.give(creation(conversation_id), "create", router)
        case "retry", number, router if world.requests:
            request = world.requests[number % len(world.requests)]
            if not request.final and not world.is_given_up(request):
                world.submit(request, router)
        case "kill", router, landed:
            world.kill(router, landed=landed)
        case "log", fate:
            world.log.fate = fate
        case "view", available:
            world.view.available = available
        case "stall", router, stalled:
            world.routers[router].sequencer.stalled = stalled
        case "cut", done:
            world.cut = done
        case "history", available:
            world.archive.available = available
        case "listen", conversation_id:
            world.listen(conversation_id)
        case "wipe", copy:
            world.wipe(copy=copy)
        case "time", seconds:
            await world.settle()
            world.clock.advance(seconds)
            for live in world.view.live.values():
                old = world.clock.now_ms() - REMEMBERED_MS
                live.made = {one: made for one, made in live.made.items() if made[0].accepted_ms > old}
        case _:
            """Nothing but ticks, or nothing to ask again."""


async def play(steps: Sequence[tuple[Any, int]]) -> None:
    world = World()
    async with asyncio.TaskGroup() as world.group:
        world.routers = [world.start() for _ in range(ROUTERS)]
        for conversation_id in CONVERSATIONS:
            world.give(creation(conversation_id), "create", hash_of(conversation_id))
        await world.tick(30)
        for step, ticks in steps:
            await take(world, step)
            await world.tick(step[1] if step[0] == "ticks" else ticks)
        await world.heal()
        await world.touch()
        world.check()
        for router in world.routers:
            router.running.cancel()


def plays(*steps: Any) -> st.SearchStrategy[list[tuple[Any, int]]]:
    """Each step, and the ticks after it. Several lists, since one is seldom long."""
    some = st.lists(st.tuples(st.one_of(steps), st.integers(0, 6)), min_size=4, max_size=12)
    return st.tuples(some, some, some, some).map(lambda lists: [step for steps in lists for step in steps])


def at_once(_: Backoff) -> float:
    return 0.0


def run(steps: Sequence[tuple[Any, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Backoff, "next", at_once)
        patch.setattr("svc_router.pipeline.log", QUIET)
        patch.setattr("svc_router.pace.LEAST_S", 0.0)
        patch.setattr("svc_router.pace.MOST_S", 0.0)
        asyncio.run(play(steps))


@given(plays(*STEPS))
@settings(max_examples=300, deadline=None)
def test_whatever_dies_or_is_away_what_was_answered_is_in_the_log_once_and_what_is_shown_is_in_order(steps: list[tuple[Any, int]]) -> None:
    run(steps)

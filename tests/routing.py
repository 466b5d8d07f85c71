"""A running router whose surroundings are fakes, and commands for it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from chatkit.core.clock import ManualClock
from chatkit.core.conversation import GROUP_MEMBER, GROUP_OWNER
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, creation_message_id, new_id
from chatkit.edges.fanout.memory import MemoryFanout
from chatkit.edges.message_log import LOG_TOPIC, Record
from chatkit.edges.message_log.memory import MemoryMessageLog
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2
from svc_router.changes import Found
from svc_router.flight import Flight
from svc_router.job import Job
from svc_router.pipeline import Pipeline
from svc_router.store import Membership, Restored
from svc_router.store.memory import MemorySequencer
from tests.blocks import MemoryBlocks


class HeldLog(MemoryMessageLog):
    """A log whose records become durable only when the test lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()
        self.let.set()

    async def append(self, records: Sequence[Record]) -> Sequence[asyncio.Future[None]]:
        outcomes = await super().append(records)
        return outcomes if self.let.is_set() else [asyncio.ensure_future(self._held(outcome)) for outcome in outcomes]

    async def _held(self, outcome: asyncio.Future[None]) -> None:
        await self.let.wait()
        await outcome


@dataclass
class FakeArchive:
    known: dict[ConversationId, dict[UserId, Membership]] = field(default_factory=dict)
    found: dict[MessageId, log_pb2.LogEntry] = field(default_factory=dict)
    messages: dict[int, log_pb2.LogEntry] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    reacted: dict[tuple[UserId, ConversationId, int], Collection[str]] = field(default_factory=dict)
    pinned: dict[ConversationId, Collection[int]] = field(default_factory=dict)
    reachable: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    head: int = 7
    is_away: bool = False

    async def state(self, conversation_id: ConversationId, now_ms: int) -> Restored | None:
        self.asked.append("state")
        await self.reachable.wait()
        if conversation_id not in self.known:
            return None
        return Restored(conversation_id, "GROUP", b"", self.known[conversation_id], {}, self.head, self.head - 1, 1000, now_ms - 3_600_000)

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> log_pb2.LogEntry | None:
        del conversation_id
        self.asked.append("find")
        await self.reachable.wait()
        if self.is_away:
            raise ChatError(Reason.UNAVAILABLE)
        return self.found.get(message_id)

    async def message(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Found:
        del user_id, conversation_id
        self.asked.append("message")
        await self.reachable.wait()
        if seq not in self.messages:
            raise ChatError(Reason.NOT_FOUND)
        return Found(self.messages[seq], seq in self.deleted, seq in self.closed)

    async def reactions(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Collection[str]:
        self.asked.append("reactions")
        return self.reacted.get((user_id, conversation_id, seq), ())

    async def pins(self, user_id: UserId, conversation_id: ConversationId) -> Collection[int]:
        del user_id
        self.asked.append("pins")
        return self.pinned.get(conversation_id, ())

    async def ordinal_at(self, job: Job) -> int:
        del job
        self.asked.append("ordinal")
        await self.reachable.wait()
        raise ChatError(Reason.INVALID_ARGUMENT)


@dataclass
class Bench:
    """A running pipeline and its surroundings."""

    sequencer: MemorySequencer = field(default_factory=MemorySequencer)
    log: HeldLog = field(default_factory=HeldLog)
    fanout: MemoryFanout = field(default_factory=MemoryFanout)
    archive: FakeArchive = field(default_factory=FakeArchive)
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.archive.reachable.set()
        self.blocks = MemoryBlocks(self.sequencer.view)
        self.pipeline = Pipeline(self.sequencer, self.log, self.fanout, self.archive, self.blocks, self.clock)

    def submit(self, command: pb.Command, until: float = math.inf) -> asyncio.Future[pb.Result]:
        result: asyncio.Future[pb.Result] = asyncio.get_running_loop().create_future()
        self.pipeline.submit(Job(command, result.set_result, until))
        return result

    async def accepted(self, command: pb.Command) -> pb.Accepted:
        result = await self.submit(command)
        assert result.WhichOneof("result") == "accepted", result
        return result.accepted

    async def refused(self, command: pb.Command) -> str:
        result = await self.submit(command)
        assert result.WhichOneof("result") == "refused", result
        return reason_pb2.Reason.Name(result.refused.reason)

    @property
    def pipeline_flight(self) -> Flight:
        flight: Flight = vars(self.pipeline)["_flight"]
        return flight

    @property
    def entries(self) -> list[log_pb2.LogEntry]:
        return [log_pb2.LogEntry.FromString(record.value) for record in self.log.records if record.topic == LOG_TOPIC]

    async def group(self, owner: str, *others: str) -> str:
        conversation_id = new_id()
        command = pb.Command(correlation=1, user_id=owner, conversation_id=conversation_id)
        command.create.message_id = creation_message_id(ConversationId(conversation_id))
        command.create.conversation.CopyFrom(
            conversation_pb2.Conversation(
                conversation_id=conversation_id, kind=conversation_pb2.Conversation.GROUP, title="t", creator_id=owner
            ),
        )
        for user_id in (owner, *others):
            grants = GROUP_OWNER if user_id == owner else GROUP_MEMBER
            command.create.members.add(user_id=user_id, permissions=int(grants))
        await self.accepted(command)
        return conversation_id


def send(conversation_id: str, user_id: str, message_id: str | None = None, body: bytes = b"body") -> pb.Command:
    command = pb.Command(correlation=1, user_id=user_id, conversation_id=conversation_id, request_id="r")
    command.send.message_id = message_id or fresh_id()
    command.send.body = body
    return command


def addition(conversation_id: str, user_id: str, added: str) -> pb.Command:
    command = pb.Command(correlation=1, user_id=user_id, conversation_id=conversation_id)
    command.add_member.message_id = fresh_id()
    command.add_member.member.user_id = added
    command.add_member.member.permissions = int(GROUP_MEMBER)
    return command


def fresh_id(age_ms: int = 0) -> str:
    """A UUIDv7 of the manual clock's time."""
    ms = ManualClock().now_ms() - age_ms
    tail = new_id()[13:]
    return f"{ms:012x}"[:8] + "-" + f"{ms:012x}"[8:] + tail


@dataclass
class OneBench:
    """What doors speak to, by whatever channel: the router of a bench, and those methods of other services that a test adds."""

    bench: Bench

    async def call(self, command: pb.Command) -> pb.Accepted:
        result = await self.bench.submit(command)
        if result.HasField("refused"):
            raise ChatError(Reason(reason_pb2.Reason.Name(result.refused.reason)))
        return result.accepted

    def unary_unary(self, path: str, **_: Any) -> Callable[..., Awaitable[Message]]:
        """Return the method that has a path."""
        return getattr(self, path.rpartition("/")[2])  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Message]]:
        async def never(*_: Any, **__: Any) -> Message:
            raise AssertionError(name)

        return never

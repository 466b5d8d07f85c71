"""History over fakes of both views, and a writer between them that writes when it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from elastic_chat.events.v1 import log_pb2
from svc_history.certainty import Certainty
from svc_history.core import Mark, Membership, Stored
from svc_history.kept import Kept
from svc_history.personal import Personal
from svc_history.reader import Ask, Reader, Synced
from svc_history.store.memory import MemoryConversation, MemoryLiveLog, MemoryTimeline

ANNA = UserId(new_id())


@dataclass
class World:
    """Both views, and a writer that writes everything when it is asked, unless it is stuck."""

    clock: ManualClock = field(default_factory=ManualClock)
    live: MemoryLiveLog = field(default_factory=MemoryLiveLog)
    log: dict[ConversationId, MemoryConversation] = field(default_factory=dict)
    stuck: bool = False
    asked: int = 0

    def __post_init__(self) -> None:
        self.database = MemoryTimeline(self.clock)
        self.certainty = Certainty(self._await_written)
        self.reader = Reader(self.live, self.database, self.certainty, self.clock, kept_bytes=1_000_000)
        self.kept = Kept(self.reader, Personal(self.live, self.database, self.certainty))

    async def _await_written(self) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.stuck:
            raise ChatError(Reason.DEADLINE_EXCEEDED)
        self.database.known |= self.log

    def conversation(self, entries: int, size: int = 10, joined: int = 1) -> ConversationId:
        """Make a conversation that the log and the live view have, and the database does not."""
        conversation_id = ConversationId(new_id())
        rows, ids = {}, {}
        for seq in range(1, entries + 1):
            one = log_pb2.LogEntry(conversation_id=conversation_id, seq=seq, message_id=new_id(), body=bytes(size))
            rows[seq], ids[MessageId(one.message_id)] = Stored(seq, one.SerializeToString()), seq
        members = {ANNA: Membership(3, joined)}
        made = MemoryConversation(b"c", entries, members, {ANNA: Mark(1, 1, 1)}, rows, ids)
        self.log[conversation_id] = self.live.known[conversation_id] = made
        self.live.complete.setdefault(ANNA, {})[conversation_id] = joined
        return conversation_id

    async def sync(self, user_id: UserId, cursors: Mapping[ConversationId, int], *, list_all: bool = False) -> Synced:
        (synced,) = await self.reader.sync([Ask(user_id, cursors, list_all)])
        return synced


@asynccontextmanager
async def reading() -> AsyncIterator[World]:
    """Run it."""
    made = World()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(made.certainty.run())
        yield made
        running.cancel()

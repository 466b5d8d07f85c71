"""Entries between their place and their readers: handed to the log, not durable or not shown yet.

Of each conversation they are kept in the order of their seq, and shown in that order: an entry whose append has failed, and of which nobody
knows whether it is in the log, holds back what comes after it until it is certain. Other conversations are not held back by it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client import Gauge

from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.tracing import Span
from elastic_chat.events.v1 import log_pb2
from svc_router.job import Job
from svc_router.store import Place

IN_FLIGHT = Gauge("chat_router_entries_in_flight", "Entries that have a place and were not shown yet.")
UNCERTAIN = Gauge("chat_router_entries_uncertain", "Entries whose append has failed and is tried again.")


@dataclass(slots=True, eq=False)
class Flying:
    """An entry under way, handed to the log at `appended_at` of the loop's clock, and who waits for it."""

    entry: log_pb2.LogEntry
    place: Place
    request_id: str
    jobs: list[Job] = field(default_factory=list)
    durable: bool = False
    doubted: bool = False
    appended_at: float = 0.0
    traceparent: str = ""
    span: Span | None = None
    """The step that it is in, if it is traced."""

    def join(self, job: Job, now: float) -> list[Job]:
        """Let another command with the same message_id wait; return those that have waited for too long, and do so no longer."""
        late = [one for one in self.jobs if one.until <= now]
        self.jobs = [*(one for one in self.jobs if one.until > now), job]
        return late

    @property
    def conversation_id(self) -> ConversationId:
        """The conversation that it is an entry of."""
        return ConversationId(self.entry.conversation_id)

    @property
    def message_id(self) -> MessageId:
        """Its idempotency key."""
        return MessageId(self.entry.message_id)


class Flight:
    """Everything under way, at most about `limit` entries."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._queues: dict[ConversationId, deque[Flying]] = {}
        self._by_id: dict[tuple[ConversationId, MessageId], Flying] = {}
        self._uncertain: dict[Flying, None] = {}
        self._ready: dict[ConversationId, None] = {}
        self._shown_now: set[ConversationId] = set()
        self._landed = asyncio.Event()
        self._moved = asyncio.Event()
        IN_FLIGHT.set_function(lambda: len(self))
        UNCERTAIN.set_function(lambda: len(self._uncertain))

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be given a place for now."""
        return len(self) >= self._limit

    def find(self, conversation_id: ConversationId, message_id: MessageId) -> Flying | None:
        """Return the entry that a message_id makes, if it is under way."""
        return self._by_id.get((conversation_id, message_id))

    def launch(self, flying: Flying) -> None:
        """Take an entry that is about to be handed to the log. Those of a conversation come by rising seq."""
        self._queues.setdefault(flying.conversation_id, deque()).append(flying)
        self._by_id[flying.conversation_id, flying.message_id] = flying

    def land(self, flying: Flying) -> None:
        """Take note that an entry is durable."""
        flying.durable = True
        self._uncertain.pop(flying, None)
        self._look(flying.conversation_id)

    def doubt(self, flying: Flying) -> None:
        """Take note that nobody knows whether an entry is durable."""
        flying.doubted = True
        self._uncertain[flying] = None
        self._tell_moved()

    def is_held_up(self, conversation_id: ConversationId) -> bool:
        """Tell whether a conversation waits for an entry that is uncertain."""
        return any(flying in self._uncertain for flying in self._queues.get(conversation_id, ())) if self._uncertain else False

    @property
    def uncertain(self) -> list[Flying]:
        """Every entry that must be appended again, those of a conversation by rising seq."""
        return sorted(self._uncertain, key=lambda flying: flying.place.seq)

    async def landed(self) -> dict[ConversationId, list[Flying]]:
        """Wait until something can be shown, and take it: no later call gives it until `shown`."""
        while not self._ready:
            self._landed.clear()
            await self._landed.wait()
        runs = {conversation_id: list(self._front(conversation_id)) for conversation_id in self._ready}
        self._shown_now.update(self._ready)
        self._ready.clear()
        return runs

    def shown(self, conversation_id: ConversationId, count: int) -> None:
        """Forget the first `count` entries of a conversation: readers have them."""
        queue = self._queues[conversation_id]
        for _ in range(count):
            flying = queue.popleft()
            self._uncertain.pop(flying, None)
            del self._by_id[conversation_id, flying.message_id]
        if not queue:
            del self._queues[conversation_id]
        self._shown_now.discard(conversation_id)
        self._look(conversation_id)
        self._tell_moved()

    async def moved(self) -> None:
        """Wait until something has been shown, or has become durable, or uncertain."""
        await self._moved.wait()

    async def all_durable(self, conversation_id: ConversationId) -> None:
        """Wait until every entry of a conversation that is under way is in the log."""
        while not all(flying.durable for flying in self._queues.get(conversation_id, ())):
            await self.moved()

    async def all_shown_of(self, conversation_id: ConversationId, user_id: UserId) -> None:
        """Wait until readers have every entry of a user's that is under way in a conversation."""
        while any(flying.entry.sender_id == user_id for flying in self._queues.get(conversation_id, ())):
            await self.moved()

    def _front(self, conversation_id: ConversationId) -> Iterator[Flying]:
        for flying in self._queues[conversation_id]:
            if not flying.durable:
                return
            yield flying

    def _look(self, conversation_id: ConversationId) -> None:
        queue = self._queues.get(conversation_id)
        if queue and queue[0].durable and conversation_id not in self._shown_now:
            self._ready[conversation_id] = None
            self._landed.set()
        self._tell_moved()

    def _tell_moved(self) -> None:
        """Wake all who wait now, and none who comes later."""
        self._moved.set()
        self._moved = asyncio.Event()

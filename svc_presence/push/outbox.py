"""What is to be pushed, until a push service has it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog
from prometheus_client import Counter

from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId
from chatkit.metrics import counter
from svc_presence.push.faults import FAULTS
from svc_presence.push.news import News
from svc_presence.push.port import Outcome, Push, PushService
from svc_presence.push.store import Subscription, SubscriptionStore

log = structlog.get_logger()

LIMIT = 10_000
"""Pushes that may wait; the oldest give way to newer ones."""
WORKERS = 64

PUSHES = counter("chat_push_sent_total", "Pushes that were tried, by what became of them.", outcome=Outcome)
DROPPED = Counter("chat_push_dropped_total", "Pushes that were given up before they were tried, because too many waited.")

_Name = tuple[str, ConversationId]
"""A device, and of what it is told."""


class Writes(Protocol):
    """Puts news into words."""

    async def compose(self, device: Subscription, news: News) -> Push | None:
        """Return what to push, or None if it is not to be told any more. Raises a ChatError if nobody knows."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    device: Subscription
    news: News


class Outbox:
    """Of what waits for a device about one conversation only the newest is sent, after what is under way. What waits when the process ends
    is lost, and so is what can't be sent, whatever the reason: nothing behind it waits for that.
    """

    def __init__(self, composer: Writes, service: PushService, store: SubscriptionStore, limit: int = LIMIT) -> None:
        self._composer = composer
        self._service = service
        self._store = store
        self._limit = limit
        self._waiting: dict[_Name, _Waiting] = {}
        self._under_way: dict[_Name, _Waiting | None] = {}
        self._some = asyncio.Event()

    def put(self, device: Subscription, news: News) -> None:
        """Let news wait for its turn."""
        name, waiting = (device.subscription_id, news.conversation_id), _Waiting(device, news)
        if name in self._under_way:
            self._under_way[name] = waiting
            return
        if name not in self._waiting and len(self._waiting) >= self._limit:
            del self._waiting[next(iter(self._waiting))]
            DROPPED.inc()
        self._waiting[name] = waiting
        self._some.set()

    async def run(self, workers: int = WORKERS) -> None:
        """Send, for ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            if not self._waiting:
                self._some.clear()
                await self._some.wait()
                continue
            name = next(iter(self._waiting))
            waiting, self._under_way[name] = self._waiting.pop(name), None
            try:
                await self._send(waiting)
            except ChatError as error:
                log.warning("push_given_up", reason=error.reason)
            except Exception as error:
                FAULTS["push"].inc()
                log.exception("push_failed", subscription_id=waiting.device.subscription_id, error=type(error).__name__)
            newer = self._under_way.pop(name)
            if newer is not None:
                self.put(newer.device, newer.news)

    async def _send(self, waiting: _Waiting) -> None:
        push = await self._composer.compose(waiting.device, waiting.news)
        if push is None:
            return
        outcome = await self._service.send(waiting.device.target, push)
        PUSHES[outcome].inc()
        if outcome is Outcome.GONE:
            await self._store.remove(waiting.device.user_id, [waiting.device.subscription_id])  # if it fails, the next push finds out again

"""What is to be pushed, until a push service has it."""

from __future__ import annotations

import asyncio

import structlog
from prometheus_client import Counter

from chatkit.core.errors import ChatError
from chatkit.metrics import counter
from svc_presence.push.port import Outcome, Push, PushService
from svc_presence.push.store import Subscription, SubscriptionStore

log = structlog.get_logger()

LIMIT = 10_000
"""Pushes that may wait; the oldest give way to newer ones."""
WORKERS = 64

PUSHES = counter("chat_push_sent_total", "Pushes that were tried, by what became of them.", outcome=Outcome)
DROPPED = Counter("chat_push_dropped_total", "Pushes that were given up before they were tried, because too many waited.")


class Outbox:
    """Of what waits for a device about one topic only the newest is sent. What waits when the process ends is lost."""

    def __init__(self, service: PushService, store: SubscriptionStore, limit: int = LIMIT) -> None:
        self._service = service
        self._store = store
        self._limit = limit
        self._waiting: dict[tuple[str, str], tuple[Subscription, Push]] = {}
        self._some = asyncio.Event()

    def put(self, device: Subscription, push: Push) -> None:
        """Let a push wait for its turn."""
        name = (device.subscription_id, push.topic)
        if name not in self._waiting and len(self._waiting) >= self._limit:
            del self._waiting[next(iter(self._waiting))]
            DROPPED.inc()
        self._waiting[name] = (device, push)
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
            await self._send(*self._waiting.pop(next(iter(self._waiting))))

    async def _send(self, device: Subscription, push: Push) -> None:
        outcome = await self._service.send(device.target, push)
        PUSHES[outcome].inc()
        if outcome is Outcome.GONE:
            try:
                await self._store.remove(device.user_id, [device.subscription_id])
            except ChatError as error:
                log.warning("gone_device_kept", reason=error.reason)  # the next push to it finds out again

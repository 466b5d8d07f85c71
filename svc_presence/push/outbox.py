"""What is to be pushed, until a push service has it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol, TypeVar

import structlog
from prometheus_client import Counter

from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId
from chatkit.metrics import counter
from svc_presence.push.faults import FAULTS
from svc_presence.push.news import ConversationRead, MessageCame, News
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
    """What a device is to be told of a conversation: the newest message, the newest reading, or both."""

    device: Subscription
    message: MessageCame | None = None
    read: ConversationRead | None = None

    def after(self, before: _Waiting | None) -> _Waiting:
        """Return what is to be told if this has come after something that waits: of each kind what has the higher seq."""
        if before is None:
            return self
        return _Waiting(self.device, _newer(before.message, self.message), _newer(before.read, self.read))

    def in_turn(self) -> Iterator[News]:
        """Yield what to tell, and what instead if that is not to be told any more: a message that came after what was read says both."""
        if self.message is not None and (self.read is None or self.message.seq > self.read.seq):
            yield self.message
        if self.read is not None:
            yield self.read

    def is_news_to(self, told: int) -> bool:
        """Tell whether a device that was told of a seq has yet to be told of this."""
        return any(news.seq >= told for news in self.in_turn())


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
        name = (device.subscription_id, news.conversation_id)
        waiting = _Waiting(device, news) if isinstance(news, MessageCame) else _Waiting(device, read=news)
        if name in self._under_way:
            self._under_way[name] = waiting.after(self._under_way[name])
        else:
            self._let_wait(name, waiting.after(self._waiting.get(name)))

    def _let_wait(self, name: _Name, waiting: _Waiting) -> None:
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
            told = await self._try(waiting)
            newer = self._under_way.pop(name)
            if newer is not None and newer.is_news_to(told):
                self._let_wait(name, newer)

    async def _try(self, waiting: _Waiting) -> int:
        """Send, and return the seq of which the device was told; 0 if it was not."""
        try:
            return await self._send(waiting)
        except ChatError as error:
            log.warning("push_given_up", reason=error.reason)
        except Exception as error:
            FAULTS["push"].inc()
            log.exception("push_failed", subscription_id=waiting.device.subscription_id, error=type(error).__name__)
        return 0

    async def _send(self, waiting: _Waiting) -> int:
        for news in waiting.in_turn():
            push = await self._composer.compose(waiting.device, news)
            if push is not None:
                outcome = await self._service.send(waiting.device.target, push)
                PUSHES[outcome].inc()
                if outcome is Outcome.GONE:  # if it can't be forgotten now, the next push finds out again
                    await self._store.remove(waiting.device.user_id, [waiting.device.subscription_id])
                return news.seq
        return 0


_Kind = TypeVar("_Kind", MessageCame, ConversationRead)


def _newer(one: _Kind | None, other: _Kind | None) -> _Kind | None:
    """Return what has the higher seq."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=attrgetter("seq"))

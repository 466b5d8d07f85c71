"""A store that is opened while the service works already: who is where must not wait for a database that only pushes need."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId
from chatkit.edges.cassandra import FAILURES
from svc_presence.push.store import Listening, Subscription, SubscriptionStore

log = structlog.get_logger()

PAUSE_S = 1.0
FAULTS: tuple[type[Exception], ...] = (ConnectionError, ChatError, *FAILURES)


class OpeningSubscriptionStore:
    """A SubscriptionStore that can't be reached until `run` has opened it."""

    def __init__(self, open_store: Callable[[], Awaitable[SubscriptionStore]], pause_s: float = PAUSE_S) -> None:
        self._open = open_store
        self._pause_s = pause_s
        self._store: SubscriptionStore | None = None

    async def run(self) -> None:
        """Open the store, however long what it lacks is away."""
        while True:
            try:
                self._store = await self._open()
            except FAULTS as error:
                log.warning("subscriptions_not_open", error=str(error))
                await asyncio.sleep(self._pause_s)
            else:
                return

    async def put(self, subscription: Subscription) -> None:
        await self._opened.put(subscription)

    async def of_each(self, users: Sequence[UserId]) -> list[list[Subscription]]:
        return await self._opened.of_each(users)

    async def remove(self, user_id: UserId, subscription_ids: Sequence[str]) -> None:
        await self._opened.remove(user_id, subscription_ids)

    async def listen(self, choices: Sequence[Listening]) -> None:
        await self._opened.listen(choices)

    async def listeners(self, conversation_id: ConversationId) -> list[UserId]:
        return await self._opened.listeners(conversation_id)

    @property
    def _opened(self) -> SubscriptionStore:
        if self._store is None:
            raise ChatError(Reason.UNAVAILABLE, "the devices can't be reached yet: try again")
        return self._store

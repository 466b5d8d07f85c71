"""The log in memory, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.message_log import Record


class MemoryMessageLog:
    """Keeps every record; refuses them while `available` is False."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.available = True

    async def append(self, records: Sequence[Record]) -> Sequence[asyncio.Future[None]]:
        if self.available:
            self.records.extend(records)
        return [self._outcome() for _ in records]

    def _outcome(self) -> asyncio.Future[None]:
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.available:
            outcome.set_result(None)
        else:
            outcome.set_exception(ChatError(Reason.UNAVAILABLE))
            outcome.exception()  # nobody need be waiting
        return outcome

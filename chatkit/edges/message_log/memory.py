"""The log in memory, for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.message_log import Record


class MemoryMessageLog:
    """Keeps every record; refuses them while `available` is False."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.available = True

    async def append(self, records: Sequence[Record]) -> Sequence[Awaitable[None]]:
        accepted = self.available
        if accepted:
            self.records.extend(records)
        return [_durable(accepted) for _ in records]


async def _durable(accepted: bool) -> None:  # noqa: FBT001 - the one thing that there is to say
    if not accepted:
        raise ChatError(Reason.UNAVAILABLE)

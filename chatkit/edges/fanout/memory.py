"""The fan-out within one process, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from chatkit.edges.fanout import Hearing

LIMIT = 10_000
"""Batches that wait for a listener; beyond that, as with Redis, the listener is cut off and begins again."""


class MemoryFanout:
    """Both sides of the fan-out."""

    def __init__(self) -> None:
        self._queues: dict[str, asyncio.Queue[bytes | Hearing]] = {}

    async def publish(self, batches: Mapping[str, bytes]) -> None:
        for node, batch in batches.items():
            queue = self._queues.get(node)
            if queue is None:
                continue
            if queue.full():
                self.interrupt(node)
            else:
                queue.put_nowait(batch)

    async def listen(self, node: str) -> AsyncIterator[bytes | Hearing]:
        queue = self._queues[node] = asyncio.Queue(LIMIT)
        queue.put_nowait(Hearing.WHOLE)
        try:
            while True:
                yield await queue.get()
        finally:
            del self._queues[node]

    def silence(self, node: str) -> None:
        """Lose what waits for `node`, as a connection does that breaks and is not made again."""
        queue = self._queues[node]
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(Hearing.BROKEN)

    def interrupt(self, node: str) -> None:
        """Lose what waits for `node`, as a broken connection does."""
        self.silence(node)
        self._queues[node].put_nowait(Hearing.WHOLE)

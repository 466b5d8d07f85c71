"""Looks that are shared: however many ask, a stack is looked at once in two seconds, and not at all while nobody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson

from launcher.console.look import Look
from launcher.console.report import report

EVERY_S = 2.0
MEMORY_S = 30.0
"""How old a look may be to say by it how much comes now: a mean over hours is no rate of today's."""


class Watch:
    """Keeps the last look, and what it says."""

    def __init__(self, look: Callable[[], Awaitable[Look]], clock: Callable[[], float]) -> None:
        self._look = look
        self._clock = clock
        self._last: Look | None = None
        self._told = b""
        self._looking = asyncio.Lock()

    async def report(self) -> bytes:
        """Return the last report as JSON, or a new one if it is too old. Who asks during a look waits for its end.

        Raises:
            LaunchError: nothing runs here.

        """
        async with self._looking:
            if self._last is None or self._clock() - self._last.clock_s >= EVERY_S:
                now, before = await self._look(), self._last
                is_recent = before is not None and now.clock_s - before.clock_s <= MEMORY_S
                self._told = orjson.dumps(report(now, before if is_recent else None))
                self._last = now
            return self._told

"""How often a busy router begins a batch: what comes meanwhile goes with the next one, and a wake-up costs everyone more than a message."""

from __future__ import annotations

import asyncio

LEAST_S = 0.008
MOST_S = 0.04
WEIGHT = 0.2
"""Of the newest batch in what batches have taken of late."""


class Pace:
    """A batch begins no sooner after the one before than batches take of late, from the log to their readers: so the busier the engines and
    everyone else are, the larger are batches, and the less there is to do. The first command after a pause waits for nothing.
    """

    def __init__(self) -> None:
        self._until = 0.0
        self._usual_s = 0.0

    async def keep(self) -> None:
        """Wait until the next batch may begin."""
        loop = asyncio.get_running_loop()
        if (left := self._until - loop.time()) > 0:
            await asyncio.sleep(left)
        self._until = loop.time() + max(LEAST_S, self._usual_s)

    def note(self, took_s: float) -> None:
        """Take note of how long a batch has taken. One that has waited for an engine that was away says nothing more than a slow one."""
        self._usual_s += (min(took_s, MOST_S) - self._usual_s) * WEIGHT

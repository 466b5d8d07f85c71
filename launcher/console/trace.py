"""The way of a message, as the console tells it: what `elastic-chat trace` shows, or why there is nothing to show."""

from __future__ import annotations

import asyncio
from typing import Any

from launcher.config import chosen
from launcher.home import Home
from launcher.recording import recorded_topology
from launcher.traces import Traces, as_json

SHOWN = ("name", "node", "depth", "atMs", "tookMs")
"""What a page needs of a step."""


class TraceReader:
    """Reads what the collector of a stack keeps, for one at a time: it may be much."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._reading = asyncio.Lock()

    async def read(self, message_id: str) -> dict[str, Any]:
        """Return the steps of a message, the share of messages that are traced, and the collector that is told if it is not the stack's."""
        async with self._reading:
            return await asyncio.to_thread(self._read, message_id)

    def _read(self, message_id: str) -> dict[str, Any]:
        tracing = chosen.recorded(self._home).tracing
        is_own = tracing is None or tracing.is_own(recorded_topology(self._home))
        steps = as_json(Traces(self._home.traces).of(message_id))
        return {
            "messageId": message_id,
            "steps": [{name: step[name] for name in SHOWN} for step in steps],
            "share": tracing.share if tracing else 0,
            "collector": None if tracing is None or is_own else tracing.url,
        }

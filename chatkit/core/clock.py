"""Time, as an argument: rules take it, and only the wiring asks for it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now_ms(self) -> int:
        """Return Unix milliseconds: for what people and other machines see."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump: for leases, deadlines and measurements."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands until a test moves it."""

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self._now_ms = now_ms
        self._jumped_ms = 0

    def now_ms(self) -> int:
        return self._now_ms + self._jumped_ms

    def monotonic(self) -> float:
        return self._now_ms / 1000

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        self._now_ms += round(seconds * 1000)

    def jump(self, seconds: float) -> None:
        """Set the wall clock, as an operator or a time server does."""
        self._jumped_ms += round(seconds * 1000)

"""The cache in memory, for tests."""

from __future__ import annotations

from datetime import timedelta

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from svc_files.previews.cache import MINUTE_S, Tries


class MemoryPreviewCache:
    """Forgets as Redis does. It is away while `available` is False."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[bytes, float]] = {}
        self._tries: dict[UserId, tuple[int, float]] = {}
        self.available = True

    async def find(self, link: str) -> bytes | None:
        preview, until = self._kept.get(link, (None, 0.0))
        return preview if self._now() < until else None

    async def keep(self, link: str, preview: bytes, lifetime: timedelta) -> None:
        self._kept[link] = (preview, self._now() + lifetime.total_seconds())

    async def count(self, user_id: UserId) -> Tries:
        now = self._now()
        count, until = self._tries.get(user_id, (0, 0.0))
        if now >= until:
            count, until = 0, now + MINUTE_S
        self._tries[user_id] = (count + 1, until)
        return Tries(count + 1, timedelta(seconds=until - now))

    def _now(self) -> float:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        return self._clock.now_ms() / 1000

"""Who is away, and has a device that can be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chatkit.core.clock import Clock
from chatkit.core.ids import UserId
from svc_presence.push.store import Subscription, SubscriptionStore
from svc_presence.store import Directory

WITHOUT_S, MAX_WITHOUT = 30, 100_000
"""For how long a user without a device is not asked for one, and how many such are remembered."""
STEP = 500
"""Users who are looked at at once."""


class Absent:
    """Asks first what costs least: who is known to have no device, then who is there, then for devices."""

    def __init__(self, directory: Directory, store: SubscriptionStore, clock: Clock) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock
        self._without: set[UserId] = set()
        self._looked = clock.monotonic()

    async def devices(self, users: Collection[UserId]) -> Mapping[UserId, Sequence[Subscription]]:
        """Return the devices of those who are away, or of whose devices all are idle, and who have any. Raises UNAVAILABLE."""
        self._forget_who_had_none()
        asked = [user_id for user_id in users if user_id not in self._without]
        found: dict[UserId, Sequence[Subscription]] = {}
        for start in range(0, len(asked), STEP):
            some = asked[start : start + STEP]
            presences = await self._directory.presence(some)
            away = [user_id for user_id, presence in zip(some, presences, strict=True) if presence.idle or not presence.online]
            found |= zip(away, await self._store.of_each(away), strict=True)
        self._without |= {user_id for user_id, devices in found.items() if not devices}
        return {user_id: devices for user_id, devices in found.items() if devices}

    def _forget_who_had_none(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked > WITHOUT_S or len(self._without) > MAX_WITHOUT:
            self._without.clear()
            self._looked = now

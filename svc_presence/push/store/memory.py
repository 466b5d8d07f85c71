"""A fake of the store."""

from __future__ import annotations

from collections.abc import Sequence

from chatkit.core.ids import UserId
from svc_presence.push.store import Subscription


class MemorySubscriptionStore:
    """A SubscriptionStore."""

    def __init__(self) -> None:
        self._kept: dict[UserId, dict[str, Subscription]] = {}

    async def put(self, subscription: Subscription) -> None:
        self._kept.setdefault(subscription.user_id, {})[subscription.subscription_id] = subscription

    async def of_each(self, users: Sequence[UserId]) -> list[list[Subscription]]:
        return [[one for _, one in sorted(self._kept.get(user_id, {}).items())] for user_id in users]

    async def remove(self, user_id: UserId, subscription_ids: Sequence[str]) -> None:
        for subscription_id in subscription_ids:
            self._kept.get(user_id, {}).pop(subscription_id, None)

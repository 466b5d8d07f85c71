"""A fake of the store."""

from __future__ import annotations

from collections.abc import Sequence

from chatkit.core.ids import ConversationId, UserId
from svc_presence.push.store import Listening, Subscription


class MemorySubscriptionStore:
    """A SubscriptionStore."""

    def __init__(self) -> None:
        self._kept: dict[UserId, dict[str, Subscription]] = {}
        self._listening: dict[tuple[ConversationId, UserId], Listening] = {}

    async def put(self, subscription: Subscription) -> None:
        self._kept.setdefault(subscription.user_id, {})[subscription.subscription_id] = subscription

    async def of_each(self, users: Sequence[UserId]) -> list[list[Subscription]]:
        return [[one for _, one in sorted(self._kept.get(user_id, {}).items())] for user_id in users]

    async def remove(self, user_id: UserId, subscription_ids: Sequence[str]) -> None:
        for subscription_id in subscription_ids:
            self._kept.get(user_id, {}).pop(subscription_id, None)

    async def listen(self, choices: Sequence[Listening]) -> None:
        for one in choices:
            name = (one.conversation_id, one.user_id)
            self._listening[name] = max(one, self._listening.get(name, one), key=lambda choice: choice.seq)

    async def listeners(self, conversation_id: ConversationId) -> list[UserId]:
        return [user_id for (room, user_id), one in self._listening.items() if room == conversation_id and one.is_on]

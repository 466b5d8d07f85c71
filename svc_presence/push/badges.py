"""The number on the icon of a user's app."""

from __future__ import annotations

from chatkit.core.clock import Clock
from chatkit.core.ids import UserId
from svc_presence.push.audience import Audience
from svc_presence.push.core import counted, preference_of
from svc_presence.push.standing import Standing


class Badges:
    """How many unread messages there are that a user wants to be told of, on all devices the same. Quiet hours hide none of them."""

    def __init__(self, standing: Standing, audience: Audience, clock: Clock) -> None:
        self._standing = standing
        self._audience = audience
        self._clock = clock

    async def of(self, user_id: UserId) -> int:
        """Return the number. Raises a ChatError if nobody knows it."""
        unread = await self._standing.unread(user_id)
        sizes = await self._audience.sizes([one.conversation_id for one in unread])
        now_ms = self._clock.now_ms()
        return sum(
            counted(preference_of(one.chosen, size), one.messages, one.mentions, now_ms) for one, size in zip(unread, sizes, strict=True)
        )

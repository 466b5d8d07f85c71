"""What users want to be told of: of a conversation, and of anything now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from chatkit.core.clock import Clock
from chatkit.core.ids import ConversationId, UserId
from chatkit.core.presence import Availability, Wishes
from chatkit.core.quiet_hours import QuietHours
from svc_presence.preferences import Preferences
from svc_presence.push.core import Preference, Want, preference_of
from svc_presence.push.standing import Standing

MOST_ASKED = 500
"""Users of whom history tells in one call."""


class Rules(Protocol):
    """What users want of conversations."""

    async def of(
        self, conversation_id: ConversationId, users: Sequence[UserId], size: int
    ) -> Sequence[tuple[Preference, QuietHours | None]]:
        """Return what each user wants of a conversation with so many members, and when they want nothing. Raises a ChatError."""
        ...


class ChosenRules:
    """What users have chosen, and what is usual for the others. Who does not want to be disturbed wants nothing now."""

    def __init__(self, standing: Standing, preferences: Preferences, clock: Clock) -> None:
        self._standing = standing
        self._preferences = preferences
        self._clock = clock

    async def of(
        self, conversation_id: ConversationId, users: Sequence[UserId], size: int
    ) -> Sequence[tuple[Preference, QuietHours | None]]:
        rules: list[tuple[Preference, QuietHours | None]] = []
        for start in range(0, len(users), MOST_ASKED):
            some = users[start : start + MOST_ASKED]
            chosen, wishes = await asyncio.gather(self._standing.chosen(conversation_id, some), self._preferences.of(some))
            rules += [self._rule(its, size, wished) for its, wished in zip(chosen, wishes, strict=True)]
        return rules

    def _rule(self, chosen: Mapping[str, int], size: int, wishes: Wishes | None) -> tuple[Preference, QuietHours | None]:
        if wishes is None:
            return preference_of(chosen, size), None
        is_busy = wishes.at(self._clock.now_ms()).availability is Availability.BUSY
        return Preference(Want.NOTHING) if is_busy else preference_of(chosen, size), wishes.quiet_hours

"""What users want to be told of: of a conversation, and of anything now."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Rule:
    """What a user wants of a conversation, when they want nothing, and of whom they never do."""

    preference: Preference
    quiet: QuietHours | None = None
    blocks: Collection[UserId] = ()


class Rules(Protocol):
    """What users want of conversations."""

    async def of(self, conversation_id: ConversationId, users: Sequence[UserId], size: int) -> Sequence[Rule]:
        """Return what each user wants of a conversation with so many members. Raises a ChatError."""
        ...


class ChosenRules:
    """What users have chosen, and what is usual for the others. Who does not want to be disturbed wants nothing now."""

    def __init__(self, standing: Standing, preferences: Preferences, clock: Clock) -> None:
        self._standing = standing
        self._preferences = preferences
        self._clock = clock

    async def of(self, conversation_id: ConversationId, users: Sequence[UserId], size: int) -> Sequence[Rule]:
        rules: list[Rule] = []
        for start in range(0, len(users), MOST_ASKED):
            some = users[start : start + MOST_ASKED]
            chosen, wishes = await asyncio.gather(self._standing.chosen(conversation_id, some), self._preferences.of(some))
            rules += [self._rule(its, size, wished) for its, wished in zip(chosen, wishes, strict=True)]
        return rules

    def _rule(self, chosen: Mapping[str, int], size: int, wishes: Wishes | None) -> Rule:
        if wishes is None:
            return Rule(preference_of(chosen, size))
        is_busy = wishes.at(self._clock.now_ms()).availability is Availability.BUSY
        return Rule(Preference(Want.NOTHING) if is_busy else preference_of(chosen, size), wishes.quiet_hours, wishes.blocks)

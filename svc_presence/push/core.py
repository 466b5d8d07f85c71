"""Who wants to be told of what: the rules of notification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chatkit.core.quiet_hours import QuietHours

SMALL = 100
"""Members of a conversation in which everyone is told of everything, unless they say otherwise; in a larger one, of what mentions them."""


class Want(StrEnum):
    """What of a conversation a user is told."""

    ALL = "ALL"
    MENTIONS = "MENTIONS"
    NOTHING = "NOTHING"


CHOICES = {1: Want.ALL, 2: Want.MENTIONS, 3: Want.NOTHING}
"""By the numbers of types.v1.ConversationPreferences.Notifications."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What a user wants of one conversation. Until `muted_until_ms`, in Unix milliseconds, they want nothing of it, mentions neither."""

    want: Want
    muted_until_ms: int = 0


def by_default(members: int) -> Preference:
    """Return what a user wants of a conversation with so many members who has not said it."""
    return Preference(Want.ALL if members <= SMALL else Want.MENTIONS)


def preference_of(chosen: Mapping[str, int], members: int) -> Preference:
    """Return what a user wants of a conversation with so many members, of which they have chosen something, or nothing."""
    want = CHOICES.get(chosen.get("notifications", 0), by_default(members).want)
    return Preference(want, chosen.get("muted_until_ms", 0))


def counted(preference: Preference, unread: int, mentions: int, now_ms: int) -> int:
    """Return how many of a conversation's unread messages a user is to see counted: those that they want to be told of."""
    if preference.muted_until_ms > now_ms:
        return 0
    match preference.want:
        case Want.ALL:
            return unread
        case Want.MENTIONS:
            return mentions
        case Want.NOTHING:
            return 0


def wants(preference: Preference, quiet: QuietHours | None, *, is_mentioned: bool, now_ms: int) -> bool:
    """Tell whether a user who is away wants to be told of a message now."""
    is_quiet = quiet is not None and quiet.are_at(now_ms)
    return not is_quiet and counted(preference, 1, int(is_mentioned), now_ms) > 0

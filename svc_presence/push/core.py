"""Who wants to be told of what: the rules of notification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from chatkit.core.errors import ChatError, Reason

SMALL = 100
"""Members of a conversation in which everyone is told of everything, unless they say otherwise; in a larger one, of what mentions them."""
DAY_MINUTES = 24 * 60


class Want(StrEnum):
    """What of a conversation a user is told."""

    ALL = "ALL"
    MENTIONS = "MENTIONS"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class Preference:
    """What a user wants of one conversation. Until `muted_until_ms`, in Unix milliseconds, they want nothing of it, mentions neither."""

    want: Want
    muted_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When a user wants no push of anything: minutes of the day where they live, from `begins` up to `ends`.

    Over midnight, if they end at a minute before the one at which they begin; never, if the two are the same.
    """

    begins: int
    ends: int
    zone: str

    def __post_init__(self) -> None:
        if not (0 <= self.begins < DAY_MINUTES and 0 <= self.ends < DAY_MINUTES):
            raise ChatError(Reason.INVALID_ARGUMENT, "quiet hours begin and end at a minute of the day, from 0 to 1439")
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, KeyError) as error:
            raise ChatError(Reason.INVALID_ARGUMENT, "quiet hours take the name of a time zone, such as Europe/Berlin") from error

    def are_at(self, now_ms: int) -> bool:
        """Tell whether it is quiet."""
        local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        if self.begins <= self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends


def by_default(members: int) -> Preference:
    """Return what a user wants of a conversation with so many members who has not said it."""
    return Preference(Want.ALL if members <= SMALL else Want.MENTIONS)


def wants(preference: Preference, quiet: QuietHours | None, *, is_mentioned: bool, now_ms: int) -> bool:
    """Tell whether a user who is away wants to be told of a message now."""
    if preference.muted_until_ms > now_ms or (quiet is not None and quiet.are_at(now_ms)):
        return False
    match preference.want:
        case Want.ALL:
            return True
        case Want.MENTIONS:
            return is_mentioned
        case Want.NOTHING:
            return False

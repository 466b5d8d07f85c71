"""How users are seen by others, and what they decide about it: the rules that more than one service must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from chatkit.core.emoji import is_emoji
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.core.quiet_hours import QuietHours
from chatkit.core.text import check_shown

MAX_STATUS_TEXT = 80
MAX_EMOJI = 16
MAX_STATUS_MS = 366 * 24 * 3600 * 1000


class Availability(IntEnum):
    """How a user is, or wants to be seen. The numbers are those of the contract."""

    UNSPECIFIED = 0
    ONLINE = 1
    AWAY = 2
    BUSY = 3
    INVISIBLE = 4
    OFFLINE = 5


class Audience(IntEnum):
    """Who knows that a user is there: the larger number is the larger circle. The numbers are those of the contract."""

    UNSPECIFIED = 0
    NOBODY = 1
    DIRECT = 2
    SHARED = 3


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user has decided: the status that they have chosen, until when that holds, what they let others know, when they want to
    hear of nothing, and of whom never: whom they have blocked, each since a Unix millisecond, the newest last.
    """

    availability: Availability = Availability.UNSPECIFIED
    text: str = ""
    emoji: str = ""
    expires_ms: int | None = None
    audience: Audience = Audience.SHARED
    receipts: bool = True
    version: int = 0
    quiet_hours: QuietHours | None = None
    blocks: Mapping[UserId, int] = field(default_factory=dict)

    def at(self, now_ms: int) -> Wishes:
        """Return them as they hold at a time: a status that has ended was never chosen."""
        if self.expires_ms is None or now_ms < self.expires_ms:
            return self
        return replace(self, availability=Availability.UNSPECIFIED, text="", emoji="", expires_ms=None)

    def is_invisible(self, now_ms: int) -> bool:
        """Tell whether others must take the user for offline."""
        return self.at(now_ms).availability is Availability.INVISIBLE

    def gives_receipts(self, now_ms: int) -> bool:
        """Tell whether others are told what the user has got and read. It would tell of one who is invisible that they are there."""
        return self.receipts and not self.is_invisible(now_ms)


SECRET = Wishes(audience=Audience.NOBODY, receipts=False)
"""What holds of a user as long as nobody knows what they have decided."""


def know_each_other(one: Audience, other: Audience, circle: Audience) -> bool:
    """Tell whether two users know of each other that they are there: both must let the other, who is in this circle of theirs."""
    return Audience.NOBODY < circle <= min(one, other)


def check_status(wishes: Wishes, now_ms: int) -> Wishes:
    """Return a status that was asked for as it is kept, or raise INVALID_ARGUMENT."""
    if wishes.availability is Availability.OFFLINE:
        raise ChatError(Reason.INVALID_ARGUMENT, "availability can't be OFFLINE: to look like that, choose INVISIBLE")
    if wishes.expires_ms is not None and not now_ms < wishes.expires_ms <= now_ms + MAX_STATUS_MS:
        raise ChatError(Reason.INVALID_ARGUMENT, "expires_at must be in the future, within a year")
    emoji = wishes.emoji.strip()
    if emoji and (len(emoji) > MAX_EMOJI or not is_emoji(emoji)):
        raise ChatError(Reason.INVALID_ARGUMENT, f"emoji must be one, of at most {MAX_EMOJI} characters of Unicode")
    return replace(wishes, text=check_shown(wishes.text, "text", MAX_STATUS_TEXT), emoji=emoji)

"""When a user wants to hear of nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chatkit.core.errors import ChatError, Reason

DAY_MINUTES = 24 * 60


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

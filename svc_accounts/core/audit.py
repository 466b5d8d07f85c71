"""The audit log: what is noted of each call of a method for administrators, and how one looks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatkit.core.errors import ChatError, Reason

DAY_MS = 24 * 3600 * 1000
USUAL_DAYS = 30
MAX_DAYS = 366
"""Days that one looks through in a call."""
USUAL_PAGE, MAX_PAGE = 50, 200


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A call. `outcome` is empty as long as it is not known."""

    entry_id: str
    called_ms: int
    caller_id: str
    method: str
    subject: str
    details: str
    address: str
    request_id: str
    outcome: str = ""

    @property
    def day(self) -> int:
        """The day of the call, counted from that of 1970."""
        return self.called_ms // DAY_MS


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls one looks for; what is empty says nothing."""

    caller_id: str = ""
    subject: str = ""
    method: str = ""

    def has(self, entry: AuditEntry) -> bool:
        """Tell whether a call is one of them."""
        asked = ((self.caller_id, entry.caller_id), (self.subject, entry.subject), (self.method, entry.method))
        return all(not wanted or wanted == found for wanted, found in asked)


@dataclass(frozen=True, slots=True)
class Span:
    """From when on, and until when, in Unix milliseconds."""

    since_ms: int
    before_ms: int

    @classmethod
    def checked(cls, since_ms: int | None, before_ms: int | None, now_ms: int) -> Span:
        """Return the span that is asked for, or raise INVALID_ARGUMENT if it is too long."""
        end = now_ms + 1 if before_ms is None else before_ms
        begin = end - USUAL_DAYS * DAY_MS if since_ms is None else since_ms
        if end - begin > MAX_DAYS * DAY_MS:
            raise ChatError(Reason.INVALID_ARGUMENT, f"one looks through at most {MAX_DAYS} days in a call")
        return cls(begin, end)

    @property
    def days(self) -> Iterator[int]:
        """The days that it touches, the last one first."""
        return iter(range((self.before_ms - 1) // DAY_MS, self.since_ms // DAY_MS - 1, -1))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: what comes is older."""

    called_ms: int
    entry_id: str

    @classmethod
    def decode(cls, token: str) -> Place:
        """Return the place that a page token names, or raise INVALID_ARGUMENT."""
        called_ms, _, entry_id = token.partition(":")
        if not called_ms.isascii() or not called_ms.isdigit() or len(called_ms) > len(str(DAY_MS * 1_000_000)):
            raise ChatError(Reason.INVALID_ARGUMENT, "page_token must be the next_page_token of the page before")
        return cls(int(called_ms), entry_id)

    def encode(self) -> str:
        """Return what names it."""
        return f"{self.called_ms}:{self.entry_id}"


def page_size_of(asked: int) -> int:
    """Return how many calls a page has, or raise INVALID_ARGUMENT."""
    if not 0 <= asked <= MAX_PAGE:
        raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is at most {MAX_PAGE}")
    return asked or USUAL_PAGE

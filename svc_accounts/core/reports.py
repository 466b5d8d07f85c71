"""Reports: what may be reported how often, and what may be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId as Uuid7
from chatkit.core.ids import UserId, is_uuid, message_id_ms

MAX_WORDS = 2000
MAX_REPORTS = 20
"""Reports of a user within a day."""
DAY_S = 24 * 3600
AROUND = 5
"""Entries before a message, and after it, that are kept with it."""
USUAL_PAGE, MAX_PAGE = 20, 100


class State(StrEnum):
    """How far a report is."""

    OPEN = "OPEN"
    TAKEN = "TAKEN"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True)
class Kept:
    """A report as it is kept: `value` is opaque here. The version rises with every change."""

    report_id: str
    version: int
    state: State
    value: bytes


@dataclass(frozen=True, slots=True)
class Reported:
    """That a user has reported something within a day."""

    report_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reported: a message, a conversation, or a user."""

    conversation_id: str = ""
    seq: int = 0
    user_id: str = ""

    @classmethod
    def checked(cls, conversation_id: str, seq: int, user_id: str, reporter_id: UserId) -> Subject:
        """Return what a user wants to report, or raise INVALID_ARGUMENT, UNKNOWN_CONVERSATION or UNKNOWN_USER."""
        if bool(conversation_id) == bool(user_id) or (seq and not conversation_id) or seq < 0:
            raise ChatError(Reason.INVALID_ARGUMENT, "give conversation_id and seq, conversation_id alone, or user_id")
        if user_id == reporter_id:
            raise ChatError(Reason.INVALID_ARGUMENT, "user_id is the caller's own")
        if conversation_id and not is_uuid(conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        if user_id and not is_uuid(user_id):
            raise ChatError(Reason.UNKNOWN_USER)
        return cls(conversation_id, seq, user_id)

    @property
    def text(self) -> str:
        """What tells it from others."""
        return f"{self.conversation_id or self.user_id}/{self.seq}"


def check_words(text: str, field: str) -> str:
    """Return what somebody says about a report, without space around it, or raise INVALID_ARGUMENT. It may have several lines."""
    words = text.strip()
    if len(words) > MAX_WORDS:
        raise ChatError(Reason.INVALID_ARGUMENT, f"{field} must have at most {MAX_WORDS} characters")
    return words


def check_number(reported: Sequence[Reported], now_ms: int) -> None:
    """Raise RATE_LIMITED if a user has reported as much as one can in a day."""
    if len(reported) < MAX_REPORTS:
        return
    oldest_ms = min(message_id_ms(Uuid7(one.report_id)) for one in reported)
    left = timedelta(milliseconds=max(1000, oldest_ms + DAY_S * 1000 - now_ms))
    raise ChatError(Reason.RATE_LIMITED, f"a user reports at most {MAX_REPORTS} things in a day", retry_after=left)


def page_size_of(asked: int) -> int:
    """Return how many reports a page has, or raise INVALID_ARGUMENT."""
    if not 0 <= asked <= MAX_PAGE:
        raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is at most {MAX_PAGE}")
    return asked or USUAL_PAGE

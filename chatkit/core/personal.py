"""How much one user can have of what concerns only them, and what they may write there."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from chatkit.core.conversation import MAX_TEXT_BYTES
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId

MAX_STARS = 1000
MAX_SCHEDULED = 100
"""Messages of a user that wait for their time."""
MAX_AHEAD_MS = 366 * 24 * 3_600_000
CLOSED_MS = 15_000
"""How long before its time a message that waits can't be changed any more: longer than a command takes that is still accepted, so that
whoever sends it sees every change that was.
"""
MAX_DRAFTS = 100
"""Drafts of a user: all of them come in one answer."""
DRAFT_PAUSE_MS = 2000
"""How long a draft must have been kept before it is replaced: clients write down what is typed every few seconds, and not every letter."""


class Hidden(NamedTuple):
    """A message that is hidden: its ordinal, and whether it mentions who has hidden it."""

    ordinal: int
    mentioned: bool


class Starred(NamedTuple):
    """A message that is starred, and by the entry at which seq of its user's notes."""

    conversation_id: ConversationId
    seq: int
    starred_seq: int


class Saved(NamedTuple):
    """A draft as bytes, when it was kept, and by the entry at which seq of its user's notes."""

    conversation_id: ConversationId
    thread: int
    draft: bytes
    saved_ms: int
    saved_seq: int


class Waiting(NamedTuple):
    """A message that waits for its time, as bytes, and the entry of its user's notes that says so last."""

    conversation_id: ConversationId
    message_id: MessageId
    scheduled: bytes
    seq: int


def check_time(deliver_ms: int, now_ms: int) -> None:
    """Refuse a time at which nothing can be sent."""
    if not now_ms < deliver_ms <= now_ms + MAX_AHEAD_MS:
        raise ChatError(Reason.INVALID_ARGUMENT, "deliver_at is a time to come, at most a year ahead")


def check_open(deliver_ms: int, now_ms: int) -> None:
    """Refuse to change a message that is about to be sent."""
    if now_ms > deliver_ms - CLOSED_MS:
        raise ChatError(Reason.NOT_FOUND, "the message is about to be sent: it can't be changed any more")


def check_draft(text: str, reply_to: int, thread: int) -> None:
    """Refuse a draft that breaks a rule. What it answers need not be there: that is looked at when it is sent."""
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise ChatError(Reason.TEXT_TOO_LONG)
    if reply_to < 0 or thread < 0:
        raise ChatError(Reason.INVALID_ARGUMENT, "draft.reply_to and draft.thread are the seq of a message, or 0")


def check_pause(saved_ms: int, now_ms: int) -> None:
    """Refuse to replace a draft that was kept only just now. Raises SLOW_MODE."""
    left_ms = saved_ms + DRAFT_PAUSE_MS - now_ms
    if left_ms > 0:
        after = timedelta(milliseconds=min(left_ms, DRAFT_PAUSE_MS))
        raise ChatError(Reason.SLOW_MODE, "a draft is kept at most every 2 seconds", retry_after=after)


def check_room(kept: int, limit: int, what: str) -> None:
    """Refuse to keep one more than the limit."""
    if kept >= limit:
        raise ChatError(Reason.LIMIT_REACHED, f"there are {limit} {what} already: take out others first")

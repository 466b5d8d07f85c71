"""What can be asked in a poll, and what can be answered."""

from __future__ import annotations

from collections.abc import Sequence

from chatkit.core.errors import ChatError, Reason

MIN_OPTIONS, MAX_OPTIONS = 2, 20
MAX_OPTION = 200


def check_poll(question: str, options: Sequence[str], closes_ms: int | None, asked_ms: int) -> None:
    """Refuse a poll that asks nothing, or has not between 2 and 20 options that differ, or closes before it was asked."""
    if not question.strip():
        raise ChatError(Reason.TEXT_EMPTY, "the text of a poll is its question")
    if not MIN_OPTIONS <= len(set(options)) == len(options) <= MAX_OPTIONS:
        raise ChatError(Reason.INVALID_ARGUMENT, f"body.poll.options are {MIN_OPTIONS} to {MAX_OPTIONS}, no two the same")
    if not all(one.strip() and len(one) <= MAX_OPTION for one in options):
        raise ChatError(Reason.INVALID_ARGUMENT, f"an option of a poll has 1 to {MAX_OPTION} characters")
    if closes_ms is not None and closes_ms <= asked_ms:
        raise ChatError(Reason.INVALID_ARGUMENT, "body.poll.closes_at is later than the poll")


def check_vote(options: Sequence[int]) -> None:
    """Refuse a vote that no poll can take."""
    if len(set(options)) != len(options) or not all(0 <= one < MAX_OPTIONS for one in options):
        raise ChatError(Reason.INVALID_ARGUMENT, "the options of a vote are their places in the list, from 0, each once")

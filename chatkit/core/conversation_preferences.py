"""How a user has a conversation for themselves: each preference by itself, so that whoever sets one need not know the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId

PREFERENCES = ("muted_until_ms", "archived", "pin_position", "notifications", "marked_unread", "marked_at_read_seq")
"""All preferences, by the names that they have in Cassandra."""

HAS_HIDDEN = "has_hidden"
"""What stands beside them: whether the user has ever hidden a message there. It is told to nobody."""

FLAGS = ("archived", "marked_unread")
"""Those that are true or false."""

FOR_EVER_MS = 253_402_300_799_000
"""The last second that a date can name."""
MAX_PIN_POSITION = 1_000_000
RULES = range(1, 4)
"""The numbers of types.v1.ConversationPreferences.Notifications that one may choose: all, mentions, nothing."""


class Chosen(NamedTuple):
    """What was chosen last, and by the entry at which seq."""

    seq: int
    value: int


Choices = Mapping[ConversationId, Mapping[str, Chosen]]
"""What a user has chosen, by conversation and preference."""


def checked_preferences(given: Mapping[str, int]) -> Mapping[str, int]:
    """Return preferences that a user may set; refuse what breaks a rule, and a change of nothing."""
    values = {name: value for name, value in given.items() if name != "marked_at_read_seq"}
    _demand(bool(values), "set at least one of muted_until, archived, pin_position, notifications and marked_unread")
    _demand(0 <= values.get("muted_until_ms", 0) <= FOR_EVER_MS, "muted_until is a time from 1970 to the last second of 9999")
    _demand(0 <= values.get("pin_position", 0) <= MAX_PIN_POSITION, f"pin_position is 1 to {MAX_PIN_POSITION}, or 0 for none")
    _demand(values.get("notifications", 1) in RULES, "notifications is ALL, MENTIONS or NOTHING")
    return values


def current(values: Mapping[str, int], read_seq: int) -> Mapping[str, int]:
    """Return preferences as they hold for a user who has read up to a seq: what was marked before they read on is so no more."""
    if not values.get("marked_unread") or values.get("marked_at_read_seq") == read_seq:
        return values
    return {name: value for name, value in values.items() if name not in {"marked_unread", "marked_at_read_seq"}}


def newest(*views: Choices) -> dict[ConversationId, dict[str, Chosen]]:
    """Return what counts of several views of one log: of each preference the choice with the highest seq, in whatever order they come."""
    found: dict[ConversationId, dict[str, Chosen]] = {}
    for conversation_id, choices in _each(views):
        kept = found.setdefault(conversation_id, {})
        for name, chosen in choices.items():
            kept[name] = max(chosen, kept.get(name, chosen), key=lambda one: one.seq)
    return found


def _each(views: Iterable[Choices]) -> Iterable[tuple[ConversationId, Mapping[str, Chosen]]]:
    return (pair for view in views for pair in view.items())


def _demand(holds: bool, rule: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ChatError(Reason.INVALID_ARGUMENT, rule)

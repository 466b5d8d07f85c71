"""How a user has a conversation: what may be chosen, what counts of several choices, and how the wire has it."""

from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.conversation_preferences import (
    FOR_EVER_MS,
    MAX_PIN_POSITION,
    PREFERENCES,
    Choices,
    Chosen,
    checked_preferences,
    current,
    newest,
)
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId
from chatkit.rpc.conversation_preferences import preferences_message, preferences_of
from elastic_chat.types.v1.conversation_pb2 import ConversationPreferences

TEA, COFFEE = ConversationId("tea"), ConversationId("coffee")
LATEST = Timestamp(seconds=FOR_EVER_MS // 1000)

entries = st.lists(st.tuples(st.sampled_from([TEA, COFFEE]), st.dictionaries(st.sampled_from(PREFERENCES), st.integers(0, 3))), max_size=12)
"""What is chosen by one entry after the other."""


def views_of(chosen: list[tuple[ConversationId, dict[str, int]]]) -> list[Choices]:
    """Return what each entry says, the first at seq 1."""
    return [{one: {name: Chosen(seq, value) for name, value in values.items()}} for seq, (one, values) in enumerate(chosen, 1)]


@given(entries, st.randoms(use_true_random=False))
def test_what_was_chosen_last_counts_in_whatever_order_it_comes_and_however_often(
    chosen: list[tuple[ConversationId, dict[str, int]]],
    chance: object,
) -> None:
    expected: dict[ConversationId, dict[str, int]] = {}
    for one, values in chosen:
        expected.setdefault(one, {}).update(values)
    views = views_of(chosen)
    repeated = views + views[::2]
    chance.shuffle(repeated)  # type: ignore[attr-defined]
    found = newest(*repeated)
    assert {one: {name: its.value for name, its in values.items()} for one, values in found.items()} == expected


@given(entries, st.integers(0, 12), st.integers(0, 12))
def test_two_views_that_overlap_are_as_good_as_the_whole_log(
    chosen: list[tuple[ConversationId, dict[str, int]]], written: int, trimmed: int
) -> None:
    views = views_of(chosen)
    database, tail = newest(*views[: max(written, trimmed)]), views[trimmed:]
    assert newest(database, *tail) == newest(*views)


@pytest.mark.parametrize(
    "message",
    [
        ConversationPreferences(),
        ConversationPreferences(muted_until=Timestamp(seconds=-1)),
        ConversationPreferences(muted_until=Timestamp(seconds=LATEST.seconds + 1)),
        ConversationPreferences(pin_position=-1),
        ConversationPreferences(marked_at_read_seq=4),
        ConversationPreferences(pin_position=MAX_PIN_POSITION + 1),
        ConversationPreferences(notifications=ConversationPreferences.NOTIFICATIONS_UNSPECIFIED),
        ConversationPreferences(archived=True, notifications=4),  # type: ignore[arg-type]
    ],
)
def test_what_breaks_a_rule_is_refused(message: ConversationPreferences) -> None:
    with pytest.raises(ChatError) as refused:
        checked_preferences(preferences_of(message))
    assert refused.value.reason is Reason.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "message",
    [
        ConversationPreferences(muted_until=LATEST),
        ConversationPreferences(muted_until=Timestamp(), archived=False, pin_position=0),
        ConversationPreferences(archived=True, pin_position=MAX_PIN_POSITION, notifications=ConversationPreferences.NOTHING),
        ConversationPreferences(notifications=ConversationPreferences.ALL, marked_unread=True),
    ],
)
def test_what_is_kept_is_what_was_set_and_nothing_else(message: ConversationPreferences) -> None:
    assert preferences_message(checked_preferences(preferences_of(message))) == message


def test_a_user_does_not_say_up_to_where_they_have_read() -> None:
    assert checked_preferences({"marked_unread": 1, "marked_at_read_seq": 9}) == {"marked_unread": 1}


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({"archived": 1, "marked_unread": 1, "marked_at_read_seq": 7}, {"archived": 1, "marked_unread": 1, "marked_at_read_seq": 7}),
        ({"archived": 1, "marked_unread": 1, "marked_at_read_seq": 6}, {"archived": 1}),
        ({"marked_unread": 1}, {}),
        ({"marked_unread": 0, "marked_at_read_seq": 6}, {"marked_unread": 0, "marked_at_read_seq": 6}),
    ],
)
def test_what_is_marked_as_unread_is_so_until_the_user_reads_on(values: dict[str, int], left: dict[str, int]) -> None:
    assert current(values, 7) == left

"""The shared rules."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.backoff import Backoff, spread
from chatkit.core.clock import ManualClock, SystemClock
from chatkit.core.conversation import MAX_TEXT_BYTES, check_text, seq_floor
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import (
    FUTURE_TOLERANCE_MS,
    MessageId,
    UserId,
    check_message_id,
    creation_message_id,
    direct_conversation_id,
    group_conversation_id,
    is_uuid,
    message_id_ms,
    new_id,
)
from chatkit.core.lanes import LANES, lane_of

NOW = ManualClock().now_ms()


def uuid7(ms: int) -> str:
    return str(uuid.UUID(int=(ms << 80) | (7 << 76) | (2 << 62) | 12345))


@given(st.uuids(), st.uuids())
def test_both_sides_of_a_direct_conversation_meet_in_one(one: uuid.UUID, other: uuid.UUID) -> None:
    a, b = UserId(str(one)), UserId(str(other))
    assert direct_conversation_id(a, b) == direct_conversation_id(b, a)
    assert is_uuid(direct_conversation_id(a, b))


def test_derived_ids_depend_on_everything_that_they_are_derived_from() -> None:
    anna, bob, message_id = UserId(new_id()), UserId(new_id()), MessageId(new_id())
    ids = {
        direct_conversation_id(anna, bob),
        direct_conversation_id(anna, anna),
        group_conversation_id(anna, message_id),
        group_conversation_id(bob, message_id),
        creation_message_id(direct_conversation_id(anna, bob)),
    }
    assert len(ids) == 5


def test_a_message_id_tells_when_it_was_made() -> None:
    assert message_id_ms(MessageId(uuid7(NOW))) == NOW
    assert abs(message_id_ms(MessageId(new_id())) - SystemClock().now_ms()) < 60_000


def test_a_message_id_of_a_clock_that_is_a_little_fast_is_taken() -> None:
    assert check_message_id(uuid7(NOW + FUTURE_TOLERANCE_MS), NOW)
    assert check_message_id(uuid7(NOW - 10**9), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        str(uuid.UUID(int=(4 << 76) | (2 << 62))),
        uuid7(NOW).upper(),
        "{" + uuid7(NOW) + "}",
        uuid7(NOW).replace("-", ""),
        "\udcff",
        uuid7(NOW + FUTURE_TOLERANCE_MS + 1),
    ],
)
def test_what_is_no_message_id_is_refused(text: str) -> None:
    with pytest.raises(ChatError) as failure:
        check_message_id(text, NOW)
    assert failure.value.reason is Reason.INVALID_MESSAGE_ID


@given(st.text() | st.from_regex(r"[0-9a-fA-F{}-]{30,40}"))
def test_any_text_can_be_asked_for(text: str) -> None:
    assert not is_uuid(text) or len(text) == 36


@given(st.integers(0, 2**45))
def test_a_time_floor_is_above_everything_issued_before(ms: int) -> None:
    assert seq_floor(ms + 1000) == seq_floor(ms) + 1024
    assert seq_floor(ms + 2) > seq_floor(ms) >= ms


def test_texts_have_their_bounds() -> None:
    check_text("a", has_attachments=False)
    check_text("", has_attachments=True)
    check_text("ü" * (MAX_TEXT_BYTES // 2), has_attachments=False)
    for text, reason in (("", Reason.TEXT_EMPTY), (" \n\t", Reason.TEXT_EMPTY), ("ü" * (MAX_TEXT_BYTES // 2) + "a", Reason.TEXT_TOO_LONG)):
        with pytest.raises(ChatError) as failure:
            check_text(text, has_attachments=False)
        assert failure.value.reason is reason


def test_lanes_are_used_evenly() -> None:
    used = Counter(lane_of(str(uuid.UUID(int=n * 0x9E3779B97F4A7C15 % 2**128))) for n in range(16_000))
    assert set(used) == set(range(LANES))
    assert max(used.values()) < 1.3 * min(used.values())


def test_waiting_grows_to_its_cap_and_starts_again() -> None:
    backoff = Backoff(0.1, 1.0)
    for bound in (0.1, 0.2, 0.4, 0.8, 1.0, 1.0):
        assert 0 <= backoff.next() <= bound
    backoff.reset()
    assert backoff.next() <= 0.1
    assert 80 <= spread(100) <= 120

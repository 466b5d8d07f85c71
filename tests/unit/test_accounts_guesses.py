"""How long whoever guesses passwords has to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from svc_accounts.core import guesses
from svc_accounts.core.guesses import FREE, LONGEST_WAIT_S, Tries

KEY = b"k" * 32
NOW = 1_800_000_000_000
DAY_MS = 24 * 3600 * 1000


def test_waits_grow_up_to_a_quarter_of_an_hour() -> None:
    assert [guesses.wait_s(failures) for failures in range(1, FREE + 7)] == [0] * (FREE - 1) + [30, 60, 120, 240, 480, 900, 900]
    assert guesses.wait_s(10**9) == LONGEST_WAIT_S


def test_who_comes_too_early_is_told_when_and_nothing_is_counted() -> None:
    tries = Tries(7, NOW + 60_000)
    with pytest.raises(ChatError) as refusal:
        guesses.counted(tries, NOW + 1)
    assert refusal.value.reason is Reason.OVERLOADED
    assert refusal.value.retry_after is not None
    assert refusal.value.retry_after.total_seconds() == 59.999
    assert guesses.counted(tries, NOW + 60_000).failures == 8


@given(st.lists(st.integers(0, 120_000), max_size=400))
def test_a_stranger_gets_about_a_hundred_tries_a_day_whatever_they_do(pauses: list[int]) -> None:
    """The pauses are what they leave beyond the wait: the fastest, who leaves none, gets the most."""
    tries, now_ms, made = None, NOW, 0
    for pause in [*pauses, *[0] * 400]:
        now_ms = max(now_ms, tries.not_before_ms if tries else 0) + pause
        if now_ms >= NOW + DAY_MS:
            break
        tries = guesses.counted(tries, now_ms)
        made += 1
    assert made <= 110


def test_a_device_token_is_good_for_its_user_alone() -> None:
    anna, bob, device_id = UserId(new_id()), UserId(new_id()), new_id()
    token = guesses.device_token(device_id, anna, KEY)
    assert guesses.device_of(token, anna, KEY) == device_id
    assert guesses.device_of(token, bob, KEY) is None
    assert guesses.device_of(token, anna, b"x" * 32) is None
    assert guesses.device_of(guesses.device_token(new_id(), anna, KEY)[:22] + token[22:], anna, KEY) is None


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1"))))
def test_what_is_no_device_token_is_none(text: str) -> None:
    assert guesses.device_of(text, UserId(new_id()), KEY) is None

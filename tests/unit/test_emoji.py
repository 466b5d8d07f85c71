"""What one may react with, and what one may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.emoji import MAX_BYTES, check_emoji
from chatkit.core.errors import ChatError, Reason


@pytest.mark.parametrize("text", ["👍", "👍🏽", "❤", "❤️", "👩‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", ":shipit:", ":+1:", f":{'a' * 30}:"])
def test_an_emoji_or_a_name_is_one(text: str) -> None:
    assert check_emoji(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "a", "1", "é", "👍👍", "👍 ", "x👍", "👍\n", "🇩", "\u200d", "\ufe0f", "<b>"),
        *(":a b:", "::", ":A:", ":a", f":{'a' * 31}:", "👍" + "\u0301" * 40),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ChatError) as refused:
        check_emoji(text)
    assert refused.value.reason is Reason.INVALID_ARGUMENT


@given(st.text(max_size=80))
def test_whatever_one_may_react_with_is_short_and_has_no_blank_in_it(text: str) -> None:
    try:
        check_emoji(text)
    except ChatError:
        return
    assert len(text.encode()) <= MAX_BYTES
    assert not any(one.isspace() for one in text)

"""Which passwords may be had."""

from __future__ import annotations

import pytest

from chatkit.core.errors import ChatError, Reason
from svc_accounts.core import passwords


@pytest.mark.parametrize("length", [8, 128])
def test_a_password_may_have_8_to_128_characters(length: int) -> None:
    assert passwords.check_new_password("ä" * length) == passwords.check_password("ä" * length) == "ä" * length


@pytest.mark.parametrize("text", ["", "x" * 7, "x" * 129, "\ufdfa" * 128, "x" * 1_000_000])
def test_no_other_password_is_taken_or_tried(text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        passwords.check_new_password(text)
    assert refusal.value.reason is Reason.INVALID_ARGUMENT
    with pytest.raises(ChatError) as refusal:
        passwords.check_password(text)
    assert refusal.value.reason is Reason.BAD_CREDENTIALS


def test_a_password_is_the_same_however_the_keyboard_spells_it() -> None:
    assert passwords.check_new_password("cafe\u0301-noir") == passwords.check_password("caf\u00e9-noir")

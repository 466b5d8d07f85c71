"""What users may be called."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from svc_accounts.core import users


@pytest.mark.parametrize("text", ["abc", "a.b", "0-0", "x" * 32, "Ada", "ADA_99", "a--"])
def test_a_username_is_kept_in_lower_case(text: str) -> None:
    assert users.check_username(text) == text.lower()


@pytest.mark.parametrize("text", ["", "ab", "x" * 33, ".abc", "-abc", "_abc", "a b", "abc\n", "äbc", "\u212aate", "abc\u0000", "a/b"])
def test_what_is_no_username_is_refused(text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        users.check_username(text)
    assert refusal.value.reason is Reason.INVALID_ARGUMENT
    assert "username" in refusal.value.message


@given(st.text())
def test_a_username_that_is_accepted_follows_the_rule_whatever_was_sent(text: str) -> None:
    try:
        username = users.check_username(text)
    except ChatError:
        return
    assert 3 <= len(username) <= 32
    assert set(username) <= set(string.ascii_lowercase + string.digits + "._-")
    assert username[0] not in "._-"


@pytest.mark.parametrize(
    ("text", "shown"), [("", "ada"), ("  ", "ada"), (" Ada L. ", "Ada L."), ("👩\u200d💻", "👩\u200d💻"), ("x" * 64, "x" * 64)]
)
def test_the_display_name_is_what_was_sent_or_the_username(text: str, shown: str) -> None:
    assert users.check_display_name(text, "ada") == shown


@pytest.mark.parametrize("text", ["x" * 65, "a\u0000b", "a\nb", "a\u2028b", "a\u202eb", "a\u2066b"])
def test_a_display_name_can_t_disguise_itself(text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        users.check_display_name(text, "ada")
    assert refusal.value.reason is Reason.INVALID_ARGUMENT


def test_at_most_500_ids_are_looked_up_and_each_once() -> None:
    ids = [new_id() for _ in range(users.MAX_USER_IDS)]
    assert users.check_user_ids([*ids[:10], *ids[:10]]) == ids[:10]
    assert users.check_user_ids(ids) == ids
    with pytest.raises(ChatError) as refusal:
        users.check_user_ids([*ids, new_id()])
    assert refusal.value.reason is Reason.INVALID_ARGUMENT


def test_a_device_may_have_any_name_that_can_be_shown_or_none() -> None:
    assert users.check_device(" Anna's phone ") == "Anna's phone"
    assert users.check_device("") == ""
    for text in ("x" * 65, "a\u0000b", "a\u202eb"):
        with pytest.raises(ChatError) as refusal:
            users.check_device(text)
        assert "device" in refusal.value.message

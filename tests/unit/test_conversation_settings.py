"""What may be set of a conversation."""

from __future__ import annotations

import pytest

from chatkit.core.conversation import MAX_TITLE, Permission
from chatkit.core.conversation_settings import MEMBERS_MAY, checked_settings
from chatkit.core.errors import ChatError, Reason

UNNAMED = 1 << len(Permission)


def test_members_may_be_let_do_everything_that_is_theirs_to_do() -> None:
    assert checked_settings({"member_permissions": int(MEMBERS_MAY)}) == {"member_permissions": int(MEMBERS_MAY)}


@pytest.mark.parametrize(
    "value",
    [0, int(Permission.WRITE), *(int(Permission.READ | one) for one in Permission if one not in MEMBERS_MAY), 1 | UNNAMED, 1 | 1 << 31],
)
def test_members_may_be_let_do_nothing_else_not_even_what_has_no_name_yet(value: int) -> None:
    with pytest.raises(ChatError) as refused:
        checked_settings({"member_permissions": value})
    assert refused.value.reason is Reason.INVALID_ARGUMENT


def test_a_title_is_kept_without_space_around_it() -> None:
    assert checked_settings({"title": f" {'t' * MAX_TITLE}\n"}) == {"title": "t" * MAX_TITLE}


@pytest.mark.parametrize("title", ["", " ", "t" * (MAX_TITLE + 1), "two\nlines", "\u202epaid", "bell\a"])
def test_a_title_is_one_line_that_turns_nothing_around(title: str) -> None:
    with pytest.raises(ChatError) as refused:
        checked_settings({"title": title})
    assert refused.value.reason is Reason.INVALID_ARGUMENT

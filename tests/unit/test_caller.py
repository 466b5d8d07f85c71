"""Who calls, as the metadata of the mesh says it."""

from __future__ import annotations

from typing import Any

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, new_id
from chatkit.rpc.caller import ADMIN, OPERATOR, ROLE, SESSION_ID, USER_ID, Caller, admin_of, caller_of

ANNA = Caller(UserId(new_id()), SessionId(new_id()))


class Context:
    def __init__(self, **headers: str) -> None:
        self._headers = tuple(headers.items())

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self._headers


def context(role: str = "", *, user: bool = True) -> Any:
    headers = {USER_ID: ANNA.user_id, SESSION_ID: ANNA.session_id} if user else {}
    return Context(**headers, **({ROLE: role} if role else {}))


@pytest.mark.parametrize("role", ["", "user", ADMIN])
def test_a_user_is_who_the_edge_says(role: str) -> None:
    assert caller_of(context(role)) == ANNA


@pytest.mark.parametrize("role", ["", "user", ADMIN, OPERATOR])
def test_nobody_is_no_user_whatever_their_role(role: str) -> None:
    with pytest.raises(ChatError) as refused:
        caller_of(context(role, user=False))
    assert refused.value.reason is Reason.UNAUTHENTICATED


def test_an_administrator_and_the_operator_may_administer() -> None:
    assert admin_of(context(ADMIN)) == ANNA
    assert admin_of(context(OPERATOR, user=False)) is None


@pytest.mark.parametrize(
    ("role", "user", "reason"),
    [
        ("user", True, Reason.PERMISSION_DENIED),
        ("", True, Reason.PERMISSION_DENIED),
        ("Admin", True, Reason.PERMISSION_DENIED),
        (OPERATOR, True, Reason.PERMISSION_DENIED),
        (ADMIN, False, Reason.UNAUTHENTICATED),
        ("", False, Reason.UNAUTHENTICATED),
    ],
)
def test_nobody_else_may(role: str, user: bool, reason: Reason) -> None:
    with pytest.raises(ChatError) as refused:
        admin_of(context(role, user=user))
    assert refused.value.reason is reason

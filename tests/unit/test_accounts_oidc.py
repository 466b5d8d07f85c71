"""What people are called whom another provider names, and what the settings must say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import Reason
from chatkit.settings import SettingsError
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.core.oidc import usernames
from svc_accounts.core.users import is_username
from tests.accounts import Accounts


@pytest.mark.parametrize(
    ("wished", "first"),
    [("anna", "anna"), ("Anna.B@elsewhere.example", "anna.b"), ("Anna Maria", "anna-maria"), ("-x-y-z-", "x-y-z"), ("A" * 40, "a" * 25)],
)
def test_people_are_called_as_near_as_can_be_to_what_they_wish(wished: str, first: str) -> None:
    assert next(usernames(wished)) == first


@given(st.text())
def test_whatever_a_provider_says_people_get_a_name_that_can_be_had(wished: str) -> None:
    names = list(usernames(wished))
    assert len(names) >= 4
    assert all(map(is_username, names))


GOOD: dict[str, Any] = {"oidc_issuer": "https://id.example", "oidc_client_id": "x", "oidc_redirect_uris": ("https://chat.example/cb",)}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"oidc_issuer": "http://id.example"}, "OIDC_ISSUER"),
        ({"oidc_issuer": "id.example"}, "OIDC_ISSUER"),
        ({"oidc_client_id": ""}, "OIDC_CLIENT_ID"),
        ({"oidc_redirect_uris": ()}, "OIDC_REDIRECT_URIS"),
    ],
)
def test_settings_that_would_be_unsafe_or_useless_are_refused_by_name(change: dict[str, Any], named: str) -> None:
    Accounts(**GOOD)
    Accounts(**GOOD | {"oidc_issuer": "http://localhost:1234"})
    with pytest.raises(SettingsError, match=f"CHAT_ACCOUNTS_{named}"):
        Accounts(**GOOD | change)


async def test_where_no_provider_is_set_up_it_says_so() -> None:
    accounts = Accounts()
    assert await accounts.reason("StartOidcLogin", pb.StartOidcLoginRequest()) is Reason.NOT_FOUND
    assert await accounts.reason("FinishOidcLogin", pb.FinishOidcLoginRequest()) is Reason.NOT_FOUND

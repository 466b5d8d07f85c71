"""What people are called whom another provider names, and what the settings must say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import Reason
from chatkit.settings import SettingsError
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.core.invites import Registration
from svc_accounts.core.oidc import Attempt, Identity, usernames
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


@pytest.mark.parametrize(
    ("settings", "registration", "names"),
    [
        ({}, "OPEN", []),
        ({"registration": Registration.INVITE}, "INVITE", []),
        ({"registration": Registration.CLOSED, "oidc_name": "named, but not set up"}, "CLOSED", []),
        (GOOD, "OPEN", ["id.example"]),
        (GOOD | {"oidc_name": " Example Works "}, "OPEN", ["Example Works"]),
    ],
)
async def test_everyone_is_told_how_one_may_come_in(settings: dict[str, Any], registration: str, names: list[str]) -> None:
    told = await Accounts(**settings).call("GetAuthOptions", pb.GetAuthOptionsRequest())
    assert pb.GetAuthOptionsResponse.Registration.Name(told.registration) == registration
    assert [one.name for one in told.providers] == names


class SayingAnna:
    """A provider that names the same person whatever it is asked."""

    async def authorization_url(self, attempt: Attempt, state: str) -> str:
        return f"https://id.example/?{state}"

    async def identity(self, attempt: Attempt, code: str) -> Identity:
        return Identity("https://id.example", "1", "anna", "Anna")


async def test_of_many_first_logins_of_one_person_one_makes_an_account() -> None:
    """All of them have looked whether there is one before any of them makes it."""
    accounts = Accounts(provider=SayingAnna(), **GOOD)
    looked, everyone = 0, asyncio.Event()
    user_of: Any = accounts.stores.identities.user_of

    async def look(identity: Identity) -> Any:
        nonlocal looked
        found = await user_of(identity)
        looked += 1
        if looked == 4:
            everyone.set()
        await everyone.wait()
        return found

    accounts.stores.identities.user_of = look  # type: ignore[method-assign]
    begun = [await accounts.call("StartOidcLogin", pb.StartOidcLoginRequest(redirect_uri="https://chat.example/cb")) for _ in range(4)]
    requests = [pb.FinishOidcLoginRequest(state=one.state, secret=one.secret) for one in begun]
    done = await asyncio.gather(*(accounts.call("FinishOidcLogin", request) for request in requests))
    (user_id,) = {one.user_id for one in done}
    (user,) = (await accounts.call("FindUsers", pb.FindUsersRequest(username="anna"), done[0].access_token)).users
    assert user.user_id == user_id
    assert set(vars(accounts.stores.users)["_users"]) == {user_id}
    assert set(vars(accounts.stores.users)["_credentials"]) == {"anna"}

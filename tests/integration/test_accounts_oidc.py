"""Logging in by a real OpenID provider, as a person does: by its pages, its redirects and its code."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from chatkit.core.clock import SystemClock
from chatkit.core.errors import Reason
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.oidc.provider import OidcProvider
from tests.accounts import PASSWORD, Accounts
from tests.oidc import CLIENT_ID, REDIRECT_URI, SECRET, at_the_provider, provider


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
async def accounts(http: aiohttp.ClientSession, issuer: str) -> Accounts:
    return made(http, issuer)


def made(http: aiohttp.ClientSession, issuer: str, secret: str = SECRET, *, sign_up: bool = True) -> Accounts:
    real = OidcProvider(http, SystemClock(), issuer, CLIENT_ID, secret)
    return Accounts(
        provider=real,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID,
        oidc_redirect_uris=(REDIRECT_URI,),
        oidc_sign_up=sign_up,
    )


async def started(accounts: Accounts) -> pb.StartOidcLoginResponse:
    response: pb.StartOidcLoginResponse = await accounts.call("StartOidcLogin", pb.StartOidcLoginRequest(redirect_uri=REDIRECT_URI))
    return response


async def finishing(accounts: Accounts, who: str) -> pb.FinishOidcLoginRequest:
    begun = await started(accounts)
    back = await at_the_provider(begun.authorization_url, who)
    assert back["state"] == begun.state
    return pb.FinishOidcLoginRequest(state=back["state"], code=back["code"], secret=begun.secret, device="laptop")


async def logged_in(accounts: Accounts, who: str) -> pb.FinishOidcLoginResponse:
    response: pb.FinishOidcLoginResponse = await accounts.call("FinishOidcLogin", await finishing(accounts, who))
    return response


async def profile(accounts: Accounts, user_id: str, token: str) -> pb.User:
    (user,) = (await accounts.call("FindUsers", pb.FindUsersRequest(user_ids=[user_id]), token)).users
    return user


async def test_who_comes_for_the_first_time_gets_an_account_and_later_the_same_one(accounts: Accounts) -> None:
    first = await logged_in(accounts, "Anna")
    user = await profile(accounts, first.user_id, first.access_token)
    assert (user.username, user.display_name) == ("anna", "Anna of elsewhere")
    assert (await logged_in(accounts, "Anna")).user_id == first.user_id
    assert (await logged_in(accounts, "Bob")).user_id != first.user_id
    sessions = (await accounts.call("ListSessions", pb.ListSessionsRequest(), first.access_token)).sessions
    assert [one.device for one in sessions] == ["laptop", "laptop"]
    refreshed = await accounts.call("Refresh", pb.RefreshRequest(refresh_token=first.refresh_token))
    assert refreshed.user_id == first.user_id


async def test_a_name_that_is_taken_is_not_a_person(accounts: Accounts) -> None:
    """Whoever has a name here is not who has it elsewhere."""
    here = await accounts.register("anna")
    elsewhere = await logged_in(accounts, "anna")
    assert elsewhere.user_id != here.user_id
    user = await profile(accounts, elsewhere.user_id, elsewhere.access_token)
    assert re.fullmatch(r"anna-[0-9a-f]{6}", user.username)
    assert await accounts.reason("Login", pb.LoginRequest(username=user.username, password=PASSWORD)) is Reason.BAD_CREDENTIALS


async def test_a_login_is_finished_once_and_only_by_who_began_it(accounts: Accounts) -> None:
    request = await finishing(accounts, "Anna")
    await accounts.call("FinishOidcLogin", request)
    assert await accounts.reason("FinishOidcLogin", request) is Reason.UNAUTHENTICATED
    for wrong in ({"secret": "another"}, {"secret": ""}, {"state": "another"}, {"code": "another"}):
        request = await finishing(accounts, "Anna")
        for name, value in wrong.items():
            setattr(request, name, value)
        assert await accounts.reason("FinishOidcLogin", request) is Reason.UNAUTHENTICATED, wrong


async def test_a_code_of_another_login_is_refused_by_the_provider(accounts: Accounts) -> None:
    """PKCE: a code that was stolen on its way is worth nothing to who did not begin that login."""
    mine, theirs = await finishing(accounts, "Eve"), await finishing(accounts, "Anna")
    mine.code = theirs.code
    assert await accounts.reason("FinishOidcLogin", mine) is Reason.UNAUTHENTICATED


async def test_a_login_that_takes_too_long_is_begun_anew(accounts: Accounts) -> None:
    request = await finishing(accounts, "Anna")
    accounts.clock.advance(600)
    assert await accounts.reason("FinishOidcLogin", request) is Reason.UNAUTHENTICATED


async def test_people_are_sent_nowhere_else(accounts: Accounts) -> None:
    for uri in ("", "https://evil.example/", REDIRECT_URI + "/", REDIRECT_URI + "?x=1"):
        assert await accounts.reason("StartOidcLogin", pb.StartOidcLoginRequest(redirect_uri=uri)) is Reason.INVALID_ARGUMENT


async def test_a_provider_to_which_we_are_somebody_else_confirms_nothing(http: aiohttp.ClientSession, issuer: str) -> None:
    accounts = made(http, issuer, secret="wrong")
    assert await accounts.reason("FinishOidcLogin", await finishing(accounts, "Anna")) is Reason.UNAUTHENTICATED


async def test_where_nobody_signs_up_only_those_come_who_have_linked_an_account(http: aiohttp.ClientSession, issuer: str) -> None:
    accounts = made(http, issuer, sign_up=False)
    who = f"anna-{secrets.token_hex(4)}"
    assert await accounts.reason("FinishOidcLogin", await finishing(accounts, who)) is Reason.PERMISSION_DENIED
    anna = await accounts.register("anna")
    assert await accounts.reason("LinkOidc", await linking(accounts, who, "incorrect donkey"), anna.access_token) is Reason.BAD_CREDENTIALS
    for _ in range(2):
        await accounts.call("LinkOidc", await linking(accounts, who), anna.access_token)
    assert (await logged_in(accounts, who)).user_id == anna.user_id
    bob = await accounts.register("bob")
    assert await accounts.reason("LinkOidc", await linking(accounts, who), bob.access_token) is Reason.PERMISSION_DENIED
    assert (await logged_in(accounts, who)).user_id == anna.user_id
    await accounts.call("UnlinkOidc", pb.UnlinkOidcRequest(password=PASSWORD), anna.access_token)
    assert await accounts.reason("FinishOidcLogin", await finishing(accounts, who)) is Reason.PERMISSION_DENIED
    await accounts.call("LinkOidc", await linking(accounts, who), bob.access_token)


async def linking(accounts: Accounts, who: str, password: str = PASSWORD) -> pb.LinkOidcRequest:
    done = await finishing(accounts, who)
    return pb.LinkOidcRequest(state=done.state, code=done.code, secret=done.secret, password=password)


async def test_who_is_disabled_does_not_come_in_that_way_either_and_who_is_deleted_is_new(accounts: Accounts) -> None:
    first = await logged_in(accounts, "Carl")
    await accounts.call("DisableUser", pb.DisableUserRequest(user_id=first.user_id), "operator")
    assert await accounts.reason("FinishOidcLogin", await finishing(accounts, "Carl")) is Reason.ACCOUNT_DISABLED
    await accounts.call("DeleteUser", pb.DeleteUserRequest(user_id=first.user_id), "operator")
    again = await logged_in(accounts, "Carl")
    assert again.user_id != first.user_id
    assert (await profile(accounts, again.user_id, again.access_token)).username != "carl", "the name is never given away again"

"""Who gets an account where not everyone may have one, through the edge: accounts with other settings than the stack gives it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.client import PASSWORD, Account, Api, Socket
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from tests.e2e.accounts import accounts_with, closed_with_a_provider
from tests.e2e.logins import as_operator, login, refusal
from tests.e2e.stack import Stack
from tests.oidc import REDIRECT_URI, at_the_provider


@pytest.fixture
def invited_only(stack: Stack, tmp_path: Path) -> Iterator[None]:
    with accounts_with(stack, tmp_path / "accounts.log", REGISTRATION="invite"):
        yield


@pytest.fixture(scope="module")
def closed(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody registers here, and people log in by another provider."""
    with closed_with_a_provider(stack, tmp_path_factory.mktemp("closed")):
        yield


def newcomer(**more: str) -> dict[str, str]:
    return {"username": f"new-{secrets.token_hex(5)}", "password": PASSWORD} | more


async def invite(stack: Stack) -> Any:
    return await as_operator(stack, "CreateInvite", pb.CreateInviteRequest())


async def user(stack: Stack, api: Api, name: str) -> Account:
    """Return somebody whom the operator has made a user."""
    username = f"{name}-{secrets.token_hex(5)}"
    await as_operator(stack, "CreateUser", pb.CreateUserRequest(username=username, password=PASSWORD))
    return await login(api, Account("", username, "", ""))


@pytest.mark.usefixtures("invited_only")
async def test_whoever_has_an_invite_registers_once_and_nobody_else_does(stack: Stack, api: Api) -> None:
    taken = await user(stack, api, "taken")
    for code in ("", "eci_guess"):
        assert await refusal(api, "POST", "/v1/auth/register", newcomer(invite=code)) == (403, "BAD_INVITE")
    code = (await invite(stack)).code
    again = newcomer(invite=code, username=taken.username)
    assert await refusal(api, "POST", "/v1/auth/register", again) == (409, "USERNAME_TAKEN")
    anna = newcomer(invite=code)
    registered = await api.call("POST", "/v1/auth/register", anna)
    socket = await Socket.open(api, Account(registered["userId"], anna["username"], registered["accessToken"], ""))
    await socket.close()
    assert await refusal(api, "POST", "/v1/auth/register", newcomer(invite=code)) == (403, "BAD_INVITE")
    withdrawn = await invite(stack)
    await as_operator(stack, "WithdrawInvite", pb.WithdrawInviteRequest(invite_id=withdrawn.invite.invite_id))
    assert await refusal(api, "POST", "/v1/auth/register", newcomer(invite=withdrawn.code)) == (403, "BAD_INVITE")


@pytest.mark.usefixtures("closed")
async def test_where_registration_is_closed_nobody_registers_and_who_was_made_a_user_logs_in(stack: Stack, api: Api) -> None:
    code = (await invite(stack)).code
    for more in ({}, {"invite": code}):
        assert await refusal(api, "POST", "/v1/auth/register", newcomer(**more)) == (403, "PERMISSION_DENIED")
    anna = await user(stack, api, "anna")
    assert (await login(api, anna)).user_id == anna.user_id


async def came_back(api: Api, who: str) -> dict[str, str]:
    """Return what a client finishes a login with, after the person was at the provider."""
    begun = await api.call("POST", "/v1/auth/oidc/start", {"redirectUri": REDIRECT_URI})
    back = await at_the_provider(begun["authorizationUrl"], who)
    assert back["state"] == begun["state"]
    return {"state": back["state"], "code": back["code"], "secret": begun["secret"]}


async def come_in(api: Api, who: str) -> Account:
    """Log in by the provider."""
    answer = await api.call("POST", "/v1/auth/oidc/finish", await came_back(api, who) | {"device": "elsewhere"})
    return Account(answer["userId"], who, answer["accessToken"], answer["refreshToken"])


@pytest.mark.usefixtures("closed")
async def test_whom_the_provider_names_gets_an_account_and_chats(stack: Stack, api: Api) -> None:
    bob, who = await user(stack, api, "bob"), f"anna-{secrets.token_hex(5)}"
    anna = await come_in(api, who)
    (found,) = (await api.call("GET", f"/v1/users?userIds={anna.user_id}", token=bob.token))["users"]
    assert (found["username"], found["displayName"]) == (who, f"{who} of elsewhere")
    conversation_id = await api.direct(anna, bob)
    socket, bobs = await Socket.open(api, anna), await Socket.open(api, bob)
    await socket.say(conversation_id, "hello from elsewhere")
    assert (await bobs.until("entry")).sender_id == anna.user_id
    await asyncio.gather(socket.close(), bobs.close())
    refreshed = await api.call("POST", "/v1/auth/refresh", {"refreshToken": anna.refresh_token})
    assert refreshed["userId"] == anna.user_id
    again = await come_in(api, who)
    assert again.user_id == anna.user_id
    sessions = (await api.call("GET", "/v1/sessions", token=again.token))["sessions"]
    assert [one["device"] for one in sessions] == ["elsewhere", "elsewhere"]


@pytest.mark.usefixtures("closed")
async def test_who_has_an_account_links_it_and_unlinks_it(stack: Stack, api: Api) -> None:
    anna, who = await user(stack, api, "anna"), f"a-{secrets.token_hex(5)}"
    wrong = await came_back(api, who) | {"password": "incorrect donkey"}
    assert await refusal(api, "POST", "/v1/auth/oidc/link", wrong, anna.token) == (401, "BAD_CREDENTIALS")
    await api.call("POST", "/v1/auth/oidc/link", await came_back(api, who) | {"password": PASSWORD}, anna.token)
    assert (await come_in(api, who)).user_id == anna.user_id
    await api.call("POST", "/v1/auth/oidc/unlink", {"password": PASSWORD}, anna.token)
    assert (await come_in(api, who)).user_id != anna.user_id


@pytest.mark.usefixtures("closed")
async def test_a_login_by_the_provider_is_finished_once_and_only_by_who_began_it(api: Api) -> None:
    done = await came_back(api, f"eve-{secrets.token_hex(5)}")
    assert await refusal(api, "POST", "/v1/auth/oidc/finish", done | {"secret": "another"}) == (401, "UNAUTHENTICATED")
    assert await refusal(api, "POST", "/v1/auth/oidc/finish", done) == (401, "UNAUTHENTICATED"), "it can be tried once"
    elsewhere = {"redirectUri": "https://evil.example/"}
    assert await refusal(api, "POST", "/v1/auth/oidc/start", elsewhere) == (400, "INVALID_ARGUMENT")

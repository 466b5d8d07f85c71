"""Bots: they come in by service tokens, for as long as nobody takes these away."""

from __future__ import annotations

import jwt
import pytest

from chatkit.core.errors import Reason
from chatkit.rpc.caller import OPERATOR
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.core.opaque import Opaque
from svc_accounts.core.service_tokens import KIND, MAX_TOKENS
from tests.accounts import PASSWORD, Accounts


class Workshop(Accounts):
    """Accounts with a bot."""

    async def make_bot(self) -> None:
        request = pb.CreateBotRequest(username="weather", display_name="The weather")
        self.bot = (await self.call("CreateBot", request, OPERATOR)).account.user

    async def made(self, name: str = "") -> pb.CreateServiceTokenResponse:
        request = pb.CreateServiceTokenRequest(user_id=self.bot.user_id, name=name)
        response: pb.CreateServiceTokenResponse = await self.call("CreateServiceToken", request, OPERATOR)
        return response

    async def exchanged(self, secret: str) -> pb.ExchangeServiceTokenResponse:
        response: pb.ExchangeServiceTokenResponse = await self.call("ExchangeServiceToken", exchange(secret))
        return response

    async def listed(self) -> list[pb.ServiceToken]:
        return list((await self.call("ListServiceTokens", pb.ListServiceTokensRequest(user_id=self.bot.user_id), OPERATOR)).tokens)


def exchange(secret: str) -> pb.ExchangeServiceTokenRequest:
    return pb.ExchangeServiceTokenRequest(service_token=secret)


@pytest.fixture
async def accounts() -> Workshop:
    made = Workshop()
    await made.make_bot()
    return made


async def test_a_service_token_gives_access_tokens_again_and_again(accounts: Workshop) -> None:
    made = await accounts.made()
    first, second = await accounts.exchanged(made.service_token), await accounts.exchanged(made.service_token)
    claims = jwt.decode(first.access_token, options={"verify_signature": False})
    assert (claims["sub"], claims["sid"], claims["role"]) == (accounts.bot.user_id, first.session_id, "user")
    assert first.session_id == second.session_id
    assert first.access_token != second.access_token
    users = (await accounts.call("FindUsers", pb.FindUsersRequest(username="weather"), first.access_token)).users
    assert [user.bot for user in users] == [True]


async def test_tokens_are_listed_without_their_secrets_and_with_their_use(accounts: Workshop) -> None:
    first = await accounts.made(" rain ")
    accounts.clock.advance(1)
    second = await accounts.made("snow")
    assert first.service_token.startswith("ecs_")
    assert [(one.name, one.HasField("last_used_at")) for one in await accounts.listed()] == [("snow", False), ("rain", False)]
    accounts.clock.advance(60)
    await accounts.exchanged(first.service_token)
    used = (await accounts.listed())[1]
    assert (used.token_id, used.last_used_at.seconds - used.created_at.seconds) == (first.token.token_id, 61)
    kept = repr(await accounts.stores.service_tokens.tokens(accounts.bot.user_id))  # type: ignore[arg-type]
    for made in (first, second):
        assert made.service_token not in kept
        assert made.service_token not in str(await accounts.listed())


async def test_a_token_that_was_withdrawn_is_worth_nothing_and_its_connections_close(accounts: Workshop) -> None:
    one, other = await accounts.made(), await accounts.made()
    session_id = (await accounts.exchanged(one.service_token)).session_id
    request = pb.WithdrawServiceTokenRequest(user_id=accounts.bot.user_id, token_id=one.token.token_id)
    for _ in range(2):
        await accounts.call("WithdrawServiceToken", request, OPERATOR)
    assert accounts.connections.closed == [session_id]
    assert await accounts.reason("ExchangeServiceToken", exchange(one.service_token)) is Reason.UNAUTHENTICATED
    await accounts.exchanged(other.service_token)
    request.token_id = "x"
    assert await accounts.reason("WithdrawServiceToken", request, OPERATOR) is Reason.INVALID_ARGUMENT


@pytest.mark.parametrize("text", ["", "x", "ecs_", "ecs_AAAA", "eci_" + "A" * 85 + "==", "ecs_" + "A" * 85 + "=="])
async def test_what_is_no_service_token_gets_nothing(accounts: Workshop, text: str) -> None:
    assert await accounts.reason("ExchangeServiceToken", exchange(text)) is Reason.UNAUTHENTICATED


async def test_a_guess_gets_nothing(accounts: Workshop) -> None:
    secret = (await accounts.made()).service_token
    known = Opaque.decode(KIND, 2, secret)
    assert known is not None
    for guess in (Opaque.new(KIND, *known.ids).encode(), secret.removeprefix("ecs_"), secret + "=", secret[:-4]):
        assert await accounts.reason("ExchangeServiceToken", exchange(guess)) is Reason.UNAUTHENTICATED
    await accounts.exchanged(secret)


async def test_a_bot_that_is_disabled_is_closed_and_comes_back_under_another_name(accounts: Workshop) -> None:
    secret = (await accounts.made()).service_token
    before = await accounts.exchanged(secret)
    await accounts.call("DisableUser", pb.DisableUserRequest(user_id=accounts.bot.user_id), OPERATOR)
    assert accounts.connections.closed == [before.session_id]
    assert await accounts.reason("ExchangeServiceToken", exchange(secret)) is Reason.ACCOUNT_DISABLED
    for _ in range(2):
        await accounts.call("EnableUser", pb.EnableUserRequest(user_id=accounts.bot.user_id), OPERATOR)
    after = await accounts.exchanged(secret)
    assert after.session_id != before.session_id, "what has ended is let in nowhere for as long as its tokens are good"
    assert after.session_id == (await accounts.exchanged(secret)).session_id


async def test_a_bot_that_is_deleted_takes_its_tokens_with_it(accounts: Workshop) -> None:
    secret = (await accounts.made()).service_token
    session_id = (await accounts.exchanged(secret)).session_id
    await accounts.call("DeleteUser", pb.DeleteUserRequest(user_id=accounts.bot.user_id), OPERATOR)
    assert accounts.connections.closed == [session_id]
    assert await accounts.reason("ExchangeServiceToken", exchange(secret)) is Reason.UNAUTHENTICATED
    assert await accounts.stores.service_tokens.tokens(accounts.bot.user_id) == []  # type: ignore[arg-type]


async def test_a_bot_is_no_person_and_a_person_no_bot(accounts: Workshop) -> None:
    anna = await accounts.register("anna")
    bot = accounts.bot.user_id
    access_token = (await accounts.exchanged((await accounts.made()).service_token)).access_token
    for method, request, token, reason in (
        ("Login", pb.LoginRequest(username="weather", password=PASSWORD), "", Reason.BAD_CREDENTIALS),
        ("SetRole", pb.SetRoleRequest(user_id=bot, role=pb.ROLE_ADMIN), OPERATOR, Reason.INVALID_ARGUMENT),
        ("ResetPassword", pb.ResetPasswordRequest(user_id=bot, password=PASSWORD), OPERATOR, Reason.INVALID_ARGUMENT),
        ("CreateServiceToken", pb.CreateServiceTokenRequest(user_id=anna.user_id), OPERATOR, Reason.INVALID_ARGUMENT),
        ("CreateBot", pb.CreateBotRequest(username="anna"), OPERATOR, Reason.USERNAME_TAKEN),
        ("Logout", pb.LogoutRequest(), access_token, Reason.PERMISSION_DENIED),
        ("ListSessions", pb.ListSessionsRequest(), access_token, Reason.UNAUTHENTICATED),
        ("DeleteAccount", pb.DeleteAccountRequest(password=PASSWORD), access_token, Reason.UNAUTHENTICATED),
    ):
        assert await accounts.reason(method, request, token) is reason, method
    assert accounts.connections.closed == []


async def test_a_bot_has_only_so_many_tokens(accounts: Workshop) -> None:
    for _ in range(MAX_TOKENS):
        await accounts.made()
    request = pb.CreateServiceTokenRequest(user_id=accounts.bot.user_id)
    assert await accounts.reason("CreateServiceToken", request, OPERATOR) is Reason.LIMIT_REACHED

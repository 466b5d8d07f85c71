"""A user who is suspended: out at once, told why and until when, and in again by themselves."""

from __future__ import annotations

import pytest

from chatkit.core.errors import Reason
from chatkit.rpc.caller import OPERATOR
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from tests.accounts import PASSWORD, Accounts

HOUR_S = 3600


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def suspension(accounts: Accounts, user_id: str, seconds: float = HOUR_S, reason: str = "spam") -> pb.SuspendUserRequest:
    request = pb.SuspendUserRequest(user_id=user_id, reason=reason)
    request.ends_at.FromMilliseconds(accounts.clock.now_ms() + int(1000 * seconds))
    return request


async def test_their_sessions_end_and_a_login_says_until_when_and_why_and_lets_them_in_when_it_is_over(accounts: Accounts) -> None:
    bob = await accounts.register("bob")
    await accounts.call("SuspendUser", suspension(accounts, bob.user_id), OPERATOR)
    assert accounts.connections.closed == [bob.session_id]
    login, refresh = pb.LoginRequest(username="bob", password=PASSWORD), pb.RefreshRequest(refresh_token=bob.refresh_token)
    refused = await accounts.refusal("Login", login)
    assert (refused.reason, refused.row.retryable) == (Reason.ACCOUNT_SUSPENDED, True)
    assert refused.message.endswith("UTC: spam")
    assert refused.retry_after is not None
    assert refused.retry_after.total_seconds() == HOUR_S
    assert await accounts.reason("Refresh", refresh) is Reason.UNAUTHENTICATED
    wrong = pb.LoginRequest(username="bob", password="something else")
    assert await accounts.reason("Login", wrong) is Reason.BAD_CREDENTIALS, "only who has the password is told"
    assert (await accounts.call("FindInactive", pb.FindInactiveRequest(user_ids=[bob.user_id]))).user_ids == [bob.user_id]
    accounts.clock.advance(HOUR_S)
    await accounts.login("bob")
    account = (await accounts.call("GetAccount", pb.GetAccountRequest(username="bob"), OPERATOR)).account
    assert not account.HasField("suspension")
    assert await accounts.reason("Refresh", refresh) is Reason.UNAUTHENTICATED, "what has ended does not come back"


async def test_it_is_shown_replaced_and_lifted_and_is_no_way_around_being_disabled(accounts: Accounts) -> None:
    bob = await accounts.register("bob")
    for reason in ("spam", "more spam"):
        await accounts.call("SuspendUser", suspension(accounts, bob.user_id, reason=reason), OPERATOR)
    account = (await accounts.call("GetAccount", pb.GetAccountRequest(username="bob"), OPERATOR)).account
    assert (account.suspension.reason, account.disabled) == ("more spam", False)
    await accounts.call("DisableUser", pb.DisableUserRequest(user_id=bob.user_id), OPERATOR)
    right = pb.LoginRequest(username="bob", password=PASSWORD)
    assert await accounts.reason("Login", right) is Reason.ACCOUNT_DISABLED
    for _ in range(2):
        await accounts.call("LiftSuspension", pb.LiftSuspensionRequest(user_id=bob.user_id), OPERATOR)
    assert await accounts.reason("Login", right) is Reason.ACCOUNT_DISABLED
    await accounts.call("EnableUser", pb.EnableUserRequest(user_id=bob.user_id), OPERATOR)
    await accounts.login("bob")


async def test_a_bot_comes_in_again_when_it_is_over_by_another_name_than_the_one_that_has_ended(accounts: Accounts) -> None:
    bot = (await accounts.call("CreateBot", pb.CreateBotRequest(username="robot"), OPERATOR)).account.user
    secret = (await accounts.call("CreateServiceToken", pb.CreateServiceTokenRequest(user_id=bot.user_id), OPERATOR)).service_token
    exchange = pb.ExchangeServiceTokenRequest(service_token=secret)
    before = await accounts.call("ExchangeServiceToken", exchange)
    await accounts.call("SuspendUser", suspension(accounts, bot.user_id), OPERATOR)
    assert accounts.connections.closed == [before.session_id]
    assert await accounts.reason("ExchangeServiceToken", exchange) is Reason.ACCOUNT_SUSPENDED
    accounts.clock.advance(HOUR_S)
    assert (await accounts.call("ExchangeServiceToken", exchange)).session_id != before.session_id


@pytest.mark.parametrize(("seconds", "reason"), [(0, "spam"), (-1, "spam"), (11 * 366 * 24 * HOUR_S, "spam"), (1, " "), (1, "x" * 501)])
async def test_it_has_an_end_and_a_reason(accounts: Accounts, seconds: float, reason: str) -> None:
    bob = await accounts.register("bob")
    request = suspension(accounts, bob.user_id, seconds, reason)
    assert await accounts.reason("SuspendUser", request, OPERATOR) is Reason.INVALID_ARGUMENT


async def test_nobody_is_suspended_who_is_not_there_nor_by_themselves(accounts: Accounts) -> None:
    admin = await accounts.register("root")
    await accounts.call("SetRole", pb.SetRoleRequest(user_id=admin.user_id, role=pb.ROLE_ADMIN), OPERATOR)
    token = (await accounts.login("root")).access_token
    assert await accounts.reason("SuspendUser", suspension(accounts, admin.user_id), token) is Reason.PERMISSION_DENIED
    assert await accounts.reason("SuspendUser", suspension(accounts, "nobody"), token) is Reason.UNKNOWN_USER
    assert await accounts.reason("SuspendUser", suspension(accounts, admin.user_id), "") is Reason.UNAUTHENTICATED

"""What administrators may do with the accounts of others, and nobody else."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from chatkit.core.errors import Reason
from chatkit.core.ids import new_id
from chatkit.rpc import caller
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from launcher.mesh.calls import USERS
from svc_accounts.core import invites
from svc_accounts.core.guesses import FREE
from svc_accounts.core.invites import Registration
from svc_accounts.core.opaque import Opaque
from svc_accounts.core.users import Role
from tests.accounts import PASSWORD, Accounts

OPERATOR = caller.OPERATOR
DESCRIPTOR = pb.DESCRIPTOR.services_by_name["AccountsService"]
METHODS = [method.name for method in DESCRIPTOR.methods if method.GetOptions().ListFields() and "/v1/admin/" in str(method.GetOptions())]
"""Every method of accounts whose address says that it is for administrators."""


async def named(accounts: Accounts, username: str, role: Role = Role.USER) -> pb.RegisterResponse:
    """Return a user who has a role, and whose token says so."""
    user = await accounts.register(username)
    if role is Role.ADMIN:
        await accounts.call("SetRole", pb.SetRoleRequest(user_id=user.user_id, role=pb.ROLE_ADMIN), OPERATOR)
        login = await accounts.login(username)
        user.access_token, user.refresh_token, user.session_id = login.access_token, login.refresh_token, login.session_id
    return user


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def empty(method: str) -> Any:
    return getattr(pb, f"{method}Request")()


def test_the_role_is_the_one_that_services_look_for() -> None:
    assert Role.ADMIN == caller.ADMIN
    assert OPERATOR not in set(Role)


def test_methods_for_administrators_take_a_token_at_the_edge() -> None:
    assert len(METHODS) >= 9
    assert set(METHODS) <= set(USERS["accounts"])


@pytest.mark.parametrize("method", METHODS)
async def test_only_administrators_and_the_operator_may(accounts: Accounts, method: str) -> None:
    eve, anna = await named(accounts, "eve"), await named(accounts, "anna", Role.ADMIN)
    assert await accounts.reason(method, empty(method), eve.access_token) is Reason.PERMISSION_DENIED
    assert await accounts.reason(method, empty(method)) is Reason.UNAUTHENTICATED
    for token in (anna.access_token, OPERATOR):
        try:
            await accounts.call(method, empty(method), token)
        except Exception as error:  # noqa: BLE001 - an empty request is refused for what it lacks, and not for who calls
            assert getattr(error, "reason", error) in {Reason.INVALID_ARGUMENT, Reason.UNKNOWN_USER, Reason.NOT_FOUND}


@pytest.mark.parametrize("method", METHODS)
async def test_who_is_no_administrator_any_more_may_not_whatever_their_token_says(accounts: Accounts, method: str) -> None:
    anna = await named(accounts, "anna", Role.ADMIN)
    await accounts.call("SetRole", pb.SetRoleRequest(user_id=anna.user_id, role=pb.ROLE_USER), OPERATOR)
    assert await accounts.reason(method, empty(method), anna.access_token) is Reason.PERMISSION_DENIED
    bob = await named(accounts, "bob", Role.ADMIN)
    await accounts.call("Logout", pb.LogoutRequest(), bob.access_token)
    assert await accounts.reason(method, empty(method), bob.access_token) is Reason.UNAUTHENTICATED


async def test_nobody_s_token_makes_an_operator(accounts: Accounts) -> None:
    """A call with a user is that user's, whatever role it says."""
    eve = await named(accounts, "eve")
    claims = jwt.decode(eve.access_token, options={"verify_signature": False})
    forged = jwt.encode({**claims, "role": OPERATOR}, "a key that is long enough for HS256 to be content")
    assert await accounts.reason("ListInvites", pb.ListInvitesRequest(), forged) is Reason.PERMISSION_DENIED


async def test_the_first_administrator_is_made_by_the_operator(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    account = (await accounts.call("GetAccount", pb.GetAccountRequest(username="ANNA"), OPERATOR)).account
    assert (account.user.user_id, account.role, account.disabled) == (anna.user_id, pb.ROLE_USER, False)
    await accounts.call("SetRole", pb.SetRoleRequest(user_id=anna.user_id, role=pb.ROLE_ADMIN), OPERATOR)
    refreshed = await accounts.call("Refresh", pb.RefreshRequest(refresh_token=anna.refresh_token))
    assert jwt.decode(refreshed.access_token, options={"verify_signature": False})["role"] == "admin"
    account = (await accounts.call("GetAccount", pb.GetAccountRequest(user_id=anna.user_id), refreshed.access_token)).account
    assert account.role == pb.ROLE_ADMIN


@pytest.mark.parametrize("registration", list(Registration))
async def test_an_administrator_makes_users_whatever_registration_says(registration: Registration) -> None:
    accounts = Accounts(registration=registration)
    request = pb.CreateUserRequest(username="Anna", password=PASSWORD, display_name="Anna A.", role=pb.ROLE_ADMIN)
    account = (await accounts.call("CreateUser", request, OPERATOR)).account
    assert (account.user.username, account.user.display_name, account.role) == ("anna", "Anna A.", pb.ROLE_ADMIN)
    anna = await accounts.login("anna")
    assert anna.user_id == account.user.user_id
    assert await accounts.reason("CreateUser", request, anna.access_token) is Reason.USERNAME_TAKEN
    plain = pb.CreateUserRequest(username="bob", password=PASSWORD)
    assert (await accounts.call("CreateUser", plain, anna.access_token)).account.role == pb.ROLE_USER
    plain.role = 7  # type: ignore[assignment]
    assert await accounts.reason("CreateUser", plain, anna.access_token) is Reason.INVALID_ARGUMENT


async def test_who_is_disabled_loses_every_session_and_gets_no_other(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    laptop = await accounts.login("anna")
    for _ in range(2):
        await accounts.call("DisableUser", pb.DisableUserRequest(user_id=anna.user_id), OPERATOR)
    assert set(accounts.connections.closed) == {anna.session_id, laptop.session_id}
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=anna.refresh_token)) is Reason.UNAUTHENTICATED
    right, wrong = (pb.LoginRequest(username="anna", password=one) for one in (PASSWORD, "incorrect donkey"))
    assert await accounts.reason("Login", right) is Reason.ACCOUNT_DISABLED
    assert await accounts.reason("Login", wrong) is Reason.BAD_CREDENTIALS
    assert (await accounts.call("GetAccount", pb.GetAccountRequest(username="anna"), OPERATOR)).account.disabled
    assert await accounts.stores.sessions.sessions(anna.user_id) == []  # type: ignore[arg-type]
    await accounts.call("EnableUser", pb.EnableUserRequest(user_id=anna.user_id), OPERATOR)
    await accounts.login("anna")


async def test_another_password_from_an_administrator_ends_sessions_and_waits(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    for _ in range(FREE):
        await accounts.refusal("Login", pb.LoginRequest(username="anna", password="incorrect donkey"))
    await accounts.call("ResetPassword", pb.ResetPasswordRequest(user_id=anna.user_id, password="another password"), OPERATOR)
    assert accounts.connections.closed == [anna.session_id]
    await accounts.login("anna", "another password")
    short = pb.ResetPasswordRequest(user_id=anna.user_id, password="short")
    assert await accounts.reason("ResetPassword", short, OPERATOR) is Reason.INVALID_ARGUMENT


async def test_administrators_can_t_take_their_own_rights_away(accounts: Accounts) -> None:
    anna = await named(accounts, "anna", Role.ADMIN)
    demote = pb.SetRoleRequest(user_id=anna.user_id, role=pb.ROLE_USER)
    assert await accounts.reason("SetRole", demote, anna.access_token) is Reason.PERMISSION_DENIED
    assert await accounts.reason("DisableUser", pb.DisableUserRequest(user_id=anna.user_id), anna.access_token) is Reason.PERMISSION_DENIED


@pytest.mark.parametrize("method", ["SetRole", "DisableUser", "EnableUser", "ResetPassword"])
@pytest.mark.parametrize("user_id", [new_id(), "nobody"])
async def test_who_does_not_exist_is_told_so(accounts: Accounts, method: str, user_id: str) -> None:
    known: dict[str, dict[str, Any]] = {"SetRole": {"role": pb.ROLE_USER}, "ResetPassword": {"password": PASSWORD}}
    fields = known.get(method, {})
    request = getattr(pb, f"{method}Request")(user_id=user_id, **fields)
    assert await accounts.reason(method, request, OPERATOR) is Reason.UNKNOWN_USER


def application(username: str, invite: str = "") -> pb.RegisterRequest:
    return pb.RegisterRequest(username=username, password=PASSWORD, invite=invite)


async def invited(accounts: Accounts, lifetime_s: int = 0) -> pb.CreateInviteResponse:
    response: pb.CreateInviteResponse = await accounts.call("CreateInvite", pb.CreateInviteRequest(lifetime_s=lifetime_s), OPERATOR)
    return response


async def test_nobody_registers_where_registration_is_closed() -> None:
    accounts = Accounts(registration=Registration.CLOSED)
    code = (await invited(accounts)).code
    assert await accounts.reason("Register", application("anna", code)) is Reason.PERMISSION_DENIED


async def test_an_invite_lets_one_person_in() -> None:
    accounts = Accounts(registration=Registration.INVITE)
    made = await invited(accounts)
    assert made.code.startswith("eci_")
    assert await accounts.reason("Register", application("anna")) is Reason.BAD_INVITE
    await accounts.call("Register", application("anna", made.code))
    assert await accounts.reason("Register", application("bob", made.code)) is Reason.BAD_INVITE
    assert list((await accounts.call("ListInvites", pb.ListInvitesRequest(), OPERATOR)).invites) == []


async def test_an_invite_is_not_used_up_by_a_registration_that_fails() -> None:
    accounts = Accounts(registration=Registration.INVITE)
    code = (await invited(accounts)).code
    await accounts.call("Register", application("anna", (await invited(accounts)).code))
    assert await accounts.reason("Register", application("anna", code)) is Reason.USERNAME_TAKEN
    assert await accounts.reason("Register", application("?", code)) is Reason.INVALID_ARGUMENT
    await accounts.call("Register", application("bob", code))


@pytest.mark.parametrize("how", ["withdrawn", "old", "guessed", "nonsense"])
async def test_what_is_no_invite_lets_nobody_in(how: str) -> None:
    accounts = Accounts(registration=Registration.INVITE)
    made = await invited(accounts, 60)
    code = made.code
    match how:
        case "withdrawn":
            for _ in range(2):
                await accounts.call("WithdrawInvite", pb.WithdrawInviteRequest(invite_id=made.invite.invite_id), OPERATOR)
        case "old":
            accounts.clock.advance(60)
        case "guessed":
            code = Opaque.new(invites.KIND, made.invite.invite_id).encode()
        case _:
            code = "eci_\u00e9"
    assert await accounts.reason("Register", application("anna", code)) is Reason.BAD_INVITE


async def test_invites_are_listed_without_their_codes(accounts: Accounts) -> None:
    anna = await named(accounts, "anna", Role.ADMIN)
    first = await invited(accounts)
    second = await accounts.call("CreateInvite", pb.CreateInviteRequest(lifetime_s=60), anna.access_token)
    listed = list((await accounts.call("ListInvites", pb.ListInvitesRequest(), anna.access_token)).invites)
    assert listed == [second.invite, first.invite]
    assert [one.created_by for one in listed] == [anna.user_id, ""]
    assert listed[0].expires_at.seconds - listed[0].created_at.seconds == 60
    assert listed[1].expires_at.seconds - listed[1].created_at.seconds == invites.DEFAULT_S
    for kept in await accounts.stores.invites.invites():
        assert repr(kept.code_hash)[2:-1] not in first.code
    for bad in (-1, invites.LONGEST_S + 1):
        assert await accounts.reason("CreateInvite", pb.CreateInviteRequest(lifetime_s=bad), OPERATOR) is Reason.INVALID_ARGUMENT
    assert await accounts.reason("WithdrawInvite", pb.WithdrawInviteRequest(invite_id="x"), OPERATOR) is Reason.INVALID_ARGUMENT


async def test_there_are_only_so_many_invites(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invites, "MAX_INVITES", 2)
    for _ in range(2):
        await invited(accounts)
    assert await accounts.reason("CreateInvite", pb.CreateInviteRequest(), OPERATOR) is Reason.LIMIT_REACHED


async def test_services_are_told_who_may_do_nothing(accounts: Accounts) -> None:
    admin, anna, eve = await named(accounts, "admin", Role.ADMIN), await named(accounts, "anna"), await named(accounts, "eve")
    gone, nobody = await named(accounts, "gone"), new_id()
    everyone = [anna.user_id, nobody, eve.user_id, gone.user_id]

    async def inactive() -> list[str]:
        found = await accounts.call("FindInactive", pb.FindInactiveRequest(user_ids=everyone))
        return list(found.user_ids)

    assert await inactive() == [nobody]
    await accounts.call("DisableUser", pb.DisableUserRequest(user_id=eve.user_id), admin.access_token)
    await accounts.call("DeleteUser", pb.DeleteUserRequest(user_id=gone.user_id), admin.access_token)
    assert await inactive() == [nobody, eve.user_id, gone.user_id]
    await accounts.call("EnableUser", pb.EnableUserRequest(user_id=eve.user_id), admin.access_token)
    assert await inactive() == [nobody, gone.user_id]

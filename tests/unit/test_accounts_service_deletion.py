"""Deleting an account: everything that tells who it was goes, for good."""

from __future__ import annotations

from typing import Any

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.caller import OPERATOR
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.core.guesses import FREE
from svc_accounts.core.users import tombstone
from tests.accounts import PASSWORD, Accounts

DELETE = pb.DeleteAccountRequest(password=PASSWORD)


@pytest.fixture
async def accounts() -> Accounts:
    made = Accounts()
    await made.register("bob")
    return made


async def found(accounts: Accounts, **whom: Any) -> list[pb.User]:
    bob = await accounts.login("bob")
    return list((await accounts.call("FindUsers", pb.FindUsersRequest(**whom), bob.access_token)).users)


async def test_nothing_is_left_but_the_id(accounts: Accounts) -> None:
    anna = await accounts.register("anna", "Anna's phone")
    laptop = await accounts.login("anna")
    await accounts.call("DeleteAccount", DELETE, anna.access_token)
    assert set(accounts.connections.closed) == {anna.session_id, laptop.session_id}
    assert await found(accounts, user_ids=[anna.user_id]) == [pb.User(user_id=anna.user_id, deleted=True)]
    assert await found(accounts, username="anna") == []
    assert await accounts.reason("Login", pb.LoginRequest(username="anna", password=PASSWORD)) is Reason.BAD_CREDENTIALS
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=laptop.refresh_token)) is Reason.UNAUTHENTICATED
    kept = repr([vars(store) for store in vars(accounts.stores).values()])
    for trace in ("Anna", "phone", laptop.session_id):
        assert trace not in kept


async def test_the_user_name_is_never_given_away_again(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    await accounts.call("DeleteAccount", DELETE, anna.access_token)
    again = pb.RegisterRequest(username="Anna", password=PASSWORD)
    assert await accounts.reason("Register", again) is Reason.USERNAME_TAKEN
    made = pb.CreateUserRequest(username="anna", password=PASSWORD)
    assert await accounts.reason("CreateUser", made, OPERATOR) is Reason.USERNAME_TAKEN


@pytest.mark.parametrize("password", ["incorrect donkey", "short", ""])
async def test_the_password_is_asked_for_again(accounts: Accounts, password: str) -> None:
    anna = await accounts.register("anna")
    request = pb.DeleteAccountRequest(password=password)
    assert await accounts.reason("DeleteAccount", request, anna.access_token) is Reason.BAD_CREDENTIALS
    await accounts.login("anna")


async def test_a_stolen_token_does_not_guess_it(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    for _ in range(FREE):
        await accounts.refusal("DeleteAccount", pb.DeleteAccountRequest(password="incorrect donkey"), anna.access_token)
    assert await accounts.reason("DeleteAccount", DELETE, anna.access_token) is Reason.OVERLOADED
    await accounts.call("Logout", pb.LogoutRequest(), anna.access_token)
    assert await accounts.reason("DeleteAccount", DELETE, anna.access_token) is Reason.UNAUTHENTICATED


@pytest.mark.parametrize("step", ["set_state", "end_all", "forget_tries", "erase", "remove_erasure"])
async def test_what_was_begun_is_done_by_any_instance_whatever_fails(accounts: Accounts, step: str) -> None:
    anna = await accounts.register("anna")
    stores = accounts.stores
    owner: Any = {"end_all": accounts.has.sessions, "forget_tries": stores.tries, "remove_erasure": stores.erasures}.get(step, stores.users)
    does = getattr(owner, step)
    calls = 0

    async def fail(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        # the first that forgets tries is the password that was right
        if calls == (2 if step == "forget_tries" else 1):
            raise ChatError(Reason.UNAVAILABLE)
        return await does(*arguments)

    setattr(owner, step, fail)
    assert await accounts.reason("DeleteAccount", DELETE, anna.access_token) is Reason.UNAVAILABLE
    accounts.restart()
    await accounts.has.erasure.go_on()
    assert await stores.users.user(anna.user_id) == tombstone(anna.user_id)  # type: ignore[arg-type]
    assert await stores.sessions.sessions(anna.user_id) == []  # type: ignore[arg-type]
    assert await stores.erasures.erasures() == []
    await accounts.has.erasure.go_on()


async def test_an_administrator_deletes_others_and_not_themselves(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    await accounts.call("SetRole", pb.SetRoleRequest(user_id=anna.user_id, role=pb.ROLE_ADMIN), OPERATOR)
    admin = await accounts.login("anna")
    (bob,) = await found(accounts, username="bob")
    assert await accounts.reason("DeleteUser", pb.DeleteUserRequest(user_id=anna.user_id), admin.access_token) is Reason.PERMISSION_DENIED
    for _ in range(2):
        await accounts.call("DeleteUser", pb.DeleteUserRequest(user_id=bob.user_id), admin.access_token)
    users = (await accounts.call("FindUsers", pb.FindUsersRequest(user_ids=[bob.user_id]), admin.access_token)).users
    assert [user.deleted for user in users] == [True]
    for method in ("EnableUser", "DisableUser"):
        assert await accounts.reason(method, getattr(pb, f"{method}Request")(user_id=bob.user_id), OPERATOR) is Reason.UNKNOWN_USER

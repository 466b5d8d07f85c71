"""Logging in, guessing, and another password."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.core.guesses import FREE, LONGEST_WAIT_S
from svc_accounts.passwords import Passwords
from tests.accounts import PASSWORD, Accounts

WRONG = "incorrect donkey"


class Counting(Passwords):
    """Passwords, and how many of them were compared with a hash; `busy` refuses all."""

    def __init__(self) -> None:
        super().__init__(1, 64)
        self.compared = 0
        self.busy = False

    async def verify(self, password_hash: str | None, password: str) -> bool:
        if self.busy:
            raise ChatError(Reason.OVERLOADED)
        self.compared += 1
        return await super().verify(password_hash, password)


@pytest.fixture
def passwords() -> Counting:
    return Counting()


@pytest.fixture
async def accounts(passwords: Counting) -> Accounts:
    made = Accounts(passwords)
    await made.register("anna")
    return made


def attempt(username: str = "anna", password: str = WRONG, device_token: str = "") -> pb.LoginRequest:
    return pb.LoginRequest(username=username, password=password, device_token=device_token)


def change(old: str, new: str) -> pb.ChangePasswordRequest:
    return pb.ChangePasswordRequest(old_password=old, new_password=new)


async def lock(accounts: Accounts, username: str = "anna", device_token: str = "") -> ChatError:
    """Fail until the next try is refused."""
    for _ in range(FREE):
        assert await accounts.reason("Login", attempt(username, device_token=device_token)) is Reason.BAD_CREDENTIALS
    refusal = await accounts.refusal("Login", attempt(username, device_token=device_token))
    assert refusal.reason is Reason.OVERLOADED
    return refusal


@pytest.mark.parametrize("username", ["anna", "nobody", "NOT A NAME", "x" * 1000])
async def test_a_wrong_login_says_and_costs_the_same_whoever_it_is_for(accounts: Accounts, passwords: Counting, username: str) -> None:
    refusal = await accounts.refusal("Login", attempt(username))
    assert (refusal.reason, refusal.message) == (Reason.BAD_CREDENTIALS, "user name or password is wrong")
    assert passwords.compared == 1


async def test_the_waits_are_the_same_for_who_does_not_exist(accounts: Accounts) -> None:
    anna, nobody = await lock(accounts), await lock(accounts, "nobody")
    assert (anna.message, anna.retry_after) == (nobody.message, nobody.retry_after)


async def test_during_a_wait_no_password_is_looked_at_and_none_makes_it_longer(accounts: Accounts, passwords: Counting) -> None:
    first = await lock(accounts)
    compared = passwords.compared
    for _ in range(10):
        refusal = await accounts.refusal("Login", attempt(password=PASSWORD))
        assert refusal.retry_after == first.retry_after
    assert passwords.compared == compared
    assert first.retry_after is not None
    accounts.clock.advance(first.retry_after.total_seconds())
    await accounts.login("anna")


async def test_waits_survive_a_restart_and_are_those_of_every_instance(accounts: Accounts) -> None:
    await lock(accounts)
    accounts.restart()
    assert await accounts.reason("Login", attempt(password=PASSWORD)) is Reason.OVERLOADED


async def test_many_guesses_at_once_are_no_more_than_one_after_the_other(accounts: Accounts, passwords: Counting) -> None:
    async def guess() -> Reason:
        return await accounts.reason("Login", attempt())

    answers = await asyncio.gather(*(guess() for _ in range(40)))
    assert answers.count(Reason.BAD_CREDENTIALS) == passwords.compared == FREE
    assert answers.count(Reason.OVERLOADED) == 40 - FREE


async def test_the_right_password_lets_the_count_begin_anew(accounts: Accounts) -> None:
    for _ in range(3):
        for _ in range(FREE - 1):
            await accounts.refusal("Login", attempt())
        await accounts.login("anna")


async def test_nobody_is_locked_out_for_long(accounts: Accounts) -> None:
    for _ in range(30):
        refusal = await accounts.refusal("Login", attempt())
        if refusal.retry_after is not None:
            assert refusal.retry_after.total_seconds() <= LONGEST_WAIT_S
            accounts.clock.advance(refusal.retry_after.total_seconds())


async def test_strangers_do_not_lock_out_a_device_on_which_the_user_has_logged_in(accounts: Accounts) -> None:
    token = (await accounts.login("anna")).device_token
    await lock(accounts)
    again = await accounts.call("Login", attempt(password=PASSWORD, device_token=token))
    assert again.device_token == token
    assert await accounts.reason("Login", attempt(password=PASSWORD)) is Reason.OVERLOADED, "strangers still wait"


async def test_a_known_device_waits_for_its_own_guesses_only(accounts: Accounts) -> None:
    first, second = (await accounts.login("anna")).device_token, (await accounts.login("anna")).device_token
    assert first != second
    await lock(accounts, device_token=first)
    await accounts.call("Login", attempt(password=PASSWORD, device_token=second))
    await accounts.login("anna")


@pytest.mark.parametrize("token", ["x", "AAAA", "\u00e9"])
async def test_another_s_token_or_none_at_all_makes_nobody_a_known_device(accounts: Accounts, token: str) -> None:
    eves = (await accounts.register("eve")).device_token
    await lock(accounts, device_token=eves)
    assert await accounts.reason("Login", attempt(password=PASSWORD, device_token=token)) is Reason.OVERLOADED


async def test_a_password_that_could_not_be_looked_at_is_not_counted(accounts: Accounts, passwords: Counting) -> None:
    passwords.busy = True
    for _ in range(2 * FREE):
        assert await accounts.reason("Login", attempt()) is Reason.OVERLOADED
    passwords.busy = False
    await accounts.login("anna")


async def test_another_password_ends_all_other_sessions(accounts: Accounts) -> None:
    mine, other = await accounts.login("anna"), await accounts.login("anna")
    await accounts.call("ChangePassword", change(PASSWORD, "another password"), mine.access_token)
    assert other.session_id in accounts.connections.closed
    assert mine.session_id not in accounts.connections.closed
    await accounts.call("Refresh", pb.RefreshRequest(refresh_token=mine.refresh_token))
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=other.refresh_token)) is Reason.UNAUTHENTICATED
    assert await accounts.reason("Login", attempt(password=PASSWORD)) is Reason.BAD_CREDENTIALS
    await accounts.login("anna", "another password")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (WRONG, "another password", Reason.BAD_CREDENTIALS),
        ("short", "another password", Reason.BAD_CREDENTIALS),
        (PASSWORD, "short", Reason.INVALID_ARGUMENT),
    ],
)
async def test_a_password_is_not_changed_without_the_old_one_or_for_a_bad_one(
    accounts: Accounts, old: str, new: str, reason: Reason
) -> None:
    mine, other = await accounts.login("anna"), await accounts.login("anna")
    assert await accounts.reason("ChangePassword", change(old, new), mine.access_token) is reason
    await accounts.call("Refresh", pb.RefreshRequest(refresh_token=other.refresh_token))
    await accounts.login("anna")


async def test_who_has_a_session_can_t_guess_the_password_any_faster_and_locks_out_nobody_else(accounts: Accounts) -> None:
    mine = await accounts.login("anna")
    for _ in range(FREE):
        await accounts.refusal("ChangePassword", change(WRONG, "another password"), mine.access_token)
    assert await accounts.reason("ChangePassword", change(PASSWORD, "another password"), mine.access_token) is Reason.OVERLOADED
    await accounts.login("anna")


async def test_the_token_of_a_session_that_has_ended_changes_no_password(accounts: Accounts) -> None:
    mine = await accounts.login("anna")
    await accounts.call("Logout", pb.LogoutRequest(), mine.access_token)
    assert await accounts.reason("ChangePassword", change(PASSWORD, "another password"), mine.access_token) is Reason.UNAUTHENTICATED


async def test_a_login_with_the_old_password_that_was_under_way_gets_no_session(accounts: Accounts, passwords: Counting) -> None:
    """It was right when it was compared, and its session would begin after the others have ended."""
    mine = await accounts.login("anna")
    verify: Any = passwords.verify
    compared, going_on = asyncio.Event(), asyncio.Event()

    async def slow(password_hash: str | None, password: str) -> bool:
        right: bool = await verify(password_hash, password)
        if not compared.is_set():
            compared.set()
            await going_on.wait()
        return right

    passwords.verify = slow  # type: ignore[method-assign]
    late = asyncio.ensure_future(accounts.reason("Login", attempt(password=PASSWORD)))
    await compared.wait()
    await accounts.call("ChangePassword", change(PASSWORD, "another password"), mine.access_token)
    going_on.set()
    assert await late is Reason.BAD_CREDENTIALS
    assert [one.session_id for one in await accounts.stores.sessions.sessions(UserId(mine.user_id))] == [mine.session_id]

"""Sessions as their users see them: they are listed, refreshed and ended, and what ends is closed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.core.sessions import FAMILY_BYTES, GRACE_MS, MAX_SESSIONS, RefreshToken
from svc_accounts.core.users import State
from tests.accounts import PASSWORD, Accounts


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


async def listed(accounts: Accounts, token: str) -> list[pb.LoginSession]:
    return list((await accounts.call("ListSessions", pb.ListSessionsRequest(), token)).sessions)


async def refreshed(accounts: Accounts, token: str) -> pb.RefreshResponse:
    response: pb.RefreshResponse = await accounts.call("Refresh", pb.RefreshRequest(refresh_token=token))
    return response


async def test_sessions_are_listed_with_their_devices_and_times(accounts: Accounts) -> None:
    phone = await accounts.register("anna", " Anna's phone ")
    accounts.clock.advance(60)
    laptop = await accounts.login("anna", device="laptop")
    accounts.clock.advance(60)
    await refreshed(accounts, phone.refresh_token)
    await accounts.register("bob")
    first, second = await listed(accounts, laptop.access_token)
    assert (first.session_id, first.device, first.is_current) == (phone.session_id, "Anna's phone", False)
    assert (second.session_id, second.device, second.is_current) == (laptop.session_id, "laptop", True)
    assert first.last_used_at.seconds - first.created_at.seconds == 120
    assert second.last_used_at == second.created_at


async def test_a_session_ends_and_its_connections_with_it(accounts: Accounts) -> None:
    phone, laptop = await accounts.register("anna"), await accounts.login("anna")
    await accounts.call("EndSession", pb.EndSessionRequest(session_id=phone.session_id), laptop.access_token)
    assert accounts.connections.closed == [phone.session_id]
    assert [one.session_id for one in await listed(accounts, laptop.access_token)] == [laptop.session_id]
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=phone.refresh_token)) is Reason.UNAUTHENTICATED
    await accounts.call("EndSession", pb.EndSessionRequest(session_id=phone.session_id), laptop.access_token)


async def test_nobody_ends_the_sessions_of_others(accounts: Accounts) -> None:
    anna, eve = await accounts.register("anna"), await accounts.register("eve")
    await accounts.call("EndSession", pb.EndSessionRequest(session_id=anna.session_id), eve.access_token)
    assert accounts.connections.closed == []
    await refreshed(accounts, anna.refresh_token)
    for nonsense in ("", "x", anna.session_id.upper()):
        assert await accounts.reason("EndSession", pb.EndSessionRequest(session_id=nonsense), eve.access_token) is Reason.INVALID_ARGUMENT


async def test_all_others_end_and_the_one_that_calls_goes_on(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    others = [await accounts.login("anna") for _ in range(3)]
    bob = await accounts.register("bob")
    await accounts.call("EndOtherSessions", pb.EndOtherSessionsRequest(), anna.access_token)
    assert set(accounts.connections.closed) == {one.session_id for one in others}
    assert [one.session_id for one in await listed(accounts, anna.access_token)] == [anna.session_id]
    assert len(await listed(accounts, bob.access_token)) == 1


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("ListSessions", pb.ListSessionsRequest()),
        ("EndSession", pb.EndSessionRequest(session_id=new_id())),
        ("EndOtherSessions", pb.EndOtherSessionsRequest()),
    ],
)
async def test_an_access_token_that_outlives_its_session_does_nothing_here(accounts: Accounts, method: str, request_: object) -> None:
    stolen, anna = await accounts.register("anna"), await accounts.login("anna")
    await accounts.call("Logout", pb.LogoutRequest(), stolen.access_token)
    assert await accounts.reason(method, request_, stolen.access_token) is Reason.UNAUTHENTICATED
    await refreshed(accounts, anna.refresh_token)


async def test_too_many_sessions_end_that_which_was_used_least_recently(accounts: Accounts) -> None:
    first = await accounts.register("anna")
    for _ in range(MAX_SESSIONS):
        accounts.clock.advance(1)
        newest = await accounts.has.sessions.begin(first.user_id, "")  # type: ignore[arg-type]
    assert accounts.connections.closed == [first.session_id]
    assert len(await listed(accounts, newest.access_token)) == MAX_SESSIONS


async def test_connections_that_can_t_be_closed_now_are_closed_later_by_any_instance(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    accounts.connections.away = True
    await accounts.call("Logout", pb.LogoutRequest(), anna.access_token)
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=anna.refresh_token)) is Reason.UNAUTHENTICATED
    accounts.restart()
    await accounts.closing.try_again()
    assert accounts.connections.closed == []
    accounts.connections.away = False
    await accounts.closing.try_again()
    await accounts.closing.try_again()
    assert accounts.connections.closed == [anna.session_id]


async def test_a_lost_answer_to_a_refresh_is_given_again_for_a_moment(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    first = await refreshed(accounts, anna.refresh_token)
    accounts.clock.advance(GRACE_MS / 1000)
    assert (await refreshed(accounts, anna.refresh_token)).refresh_token == first.refresh_token
    await refreshed(accounts, first.refresh_token)


async def test_refreshes_at_the_same_time_give_everyone_the_same_token(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    answers = await asyncio.gather(*(refreshed(accounts, anna.refresh_token) for _ in range(5)))
    assert len({answer.refresh_token for answer in answers}) == 1
    assert accounts.connections.closed == []


async def test_a_refresh_token_that_is_used_again_later_ends_the_session_and_its_connections(accounts: Accounts) -> None:
    anna, elsewhere = await accounts.register("anna"), await accounts.login("anna")
    newest = await refreshed(accounts, anna.refresh_token)
    accounts.clock.advance(GRACE_MS / 1000 + 1)
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=anna.refresh_token)) is Reason.UNAUTHENTICATED
    assert accounts.connections.closed == [anna.session_id]
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=newest.refresh_token)) is Reason.UNAUTHENTICATED
    await refreshed(accounts, elsewhere.refresh_token)


async def test_the_token_before_the_last_ends_the_session_also_within_the_moment(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    second = await refreshed(accounts, anna.refresh_token)
    await refreshed(accounts, second.refresh_token)
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=anna.refresh_token)) is Reason.UNAUTHENTICATED
    assert accounts.connections.closed == [anna.session_id]


async def test_whoever_repeats_a_call_that_failed_half_way_finds_the_session_still_there(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    await refreshed(accounts, anna.refresh_token)
    accounts.clock.advance(GRACE_MS / 1000 + 1)
    accounts.connections.away = True
    endings: Any = accounts.stores.endings
    note = endings.add_ending

    async def fail(*_: Any) -> None:
        raise ChatError(Reason.UNAVAILABLE)

    endings.add_ending = fail
    stolen = pb.RefreshRequest(refresh_token=anna.refresh_token)
    assert await accounts.reason("Refresh", stolen) is Reason.UNAVAILABLE
    accounts.connections.away, endings.add_ending = False, note
    assert await accounts.reason("Refresh", stolen) is Reason.UNAUTHENTICATED
    assert accounts.connections.closed == [anna.session_id]


async def test_who_was_disabled_a_moment_ago_gets_no_other_token(accounts: Accounts) -> None:
    """Their sessions are about to be ended."""
    anna = await accounts.register("anna")
    user = await accounts.stores.users.user(UserId(anna.user_id))
    assert user is not None
    await accounts.stores.users.set_state(user, State.DISABLED)
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=anna.refresh_token)) is Reason.UNAUTHENTICATED


async def test_a_guess_at_a_refresh_token_ends_nothing(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    guess = replace(RefreshToken.decode(anna.refresh_token), family=bytes(FAMILY_BYTES)).encode()
    assert await accounts.reason("Refresh", pb.RefreshRequest(refresh_token=guess)) is Reason.UNAUTHENTICATED
    assert accounts.connections.closed == []
    await refreshed(accounts, anna.refresh_token)


async def test_a_session_that_is_not_refreshed_ends_by_itself(accounts: Accounts) -> None:
    anna = await accounts.register("anna")
    accounts.clock.advance(accounts.settings.refresh_token_lifetime.total_seconds())
    refusal = await accounts.refusal("Refresh", pb.RefreshRequest(refresh_token=anna.refresh_token))
    assert refusal.reason is Reason.UNAUTHENTICATED
    again = await accounts.login("anna", PASSWORD)
    accounts.clock.advance(accounts.settings.refresh_token_lifetime.total_seconds() - 1)
    await refreshed(accounts, again.refresh_token)

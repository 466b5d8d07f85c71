"""Who may come in: a token is judged alike at every door."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bench.client import PASSWORD, Account
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from launcher.home import Home
from launcher.keys import ensure_signing_key
from svc_accounts.signer import Signer
from tests.e2e.conformance.doors import ACCOUNTS, CallDoor, Can, LineDoor, doors, ended
from tests.e2e.stack import Stack


def forged(token: str) -> str:
    head, payload, signature = token.split(".")
    return f"{head}.{payload}.{'A' * len(signature)}"


@pytest.fixture
def signer(stack: Stack) -> Signer:
    """The stack's own key."""
    return Signer(Home(stack.home).signing_key.read_text(encoding="ascii"))


async def reason(door: Any, token: str) -> Reason:
    with pytest.raises(ChatError) as refused:
        await door.heads(token)
    assert refused.value.message
    return refused.value.reason


@doors()
async def test_a_good_token_opens_the_door(door: Any, anna: Account, conversation_id: str) -> None:
    assert list(await door.heads(anna.token)) == [conversation_id]


@doors()
async def test_no_token_and_what_is_none_are_refused(door: Any) -> None:
    for token in ("", "x", "a.b.c", "x" * 5_000):
        assert await reason(door, token) is Reason.UNAUTHENTICATED


@doors()
async def test_a_forged_token_is_refused(door: Any, anna: Account) -> None:
    assert await reason(door, forged(anna.token)) is Reason.UNAUTHENTICATED


@doors()
async def test_a_token_of_another_key_is_refused(door: Any, anna: Account, tmp_path: Path) -> None:
    ensure_signing_key(tmp_path / "other.pem")
    other = Signer((tmp_path / "other.pem").read_text(encoding="ascii"))
    token = other.access_token(UserId(anna.user_id), SessionId(new_id()), "user", new_id(), int(time.time()), 600)
    assert await reason(door, token) is Reason.UNAUTHENTICATED


@doors()
async def test_a_token_past_its_time_is_refused_with_a_reason_of_its_own(door: Any, anna: Account, signer: Signer) -> None:
    an_hour_ago = int(time.time()) - 3_600
    token = signer.access_token(UserId(anna.user_id), SessionId(new_id()), "user", new_id(), an_hour_ago, 600)
    assert await reason(door, token) is Reason.TOKEN_EXPIRED


@doors(Can.HEAR)
async def test_the_first_frame_must_be_hello_and_no_other_may(door: LineDoor, anna: Account) -> None:
    async with door.open() as line:
        await line.send(pb.ClientFrame(ping=pb.Ping()))
        assert (await ended(line)).reason is Reason.HELLO_EXPECTED
    async with door.connect(anna.token) as line:
        await line.send(pb.ClientFrame(hello=pb.Hello(access_token=anna.token)))
        assert (await ended(line)).reason is Reason.HELLO_REPEATED


@doors(Can.CALL)
async def test_an_account_is_made_once_and_entered_often(door: CallDoor) -> None:
    name = f"carla-{new_id()[-12:]}"
    made = await door.call(ACCOUNTS["Register"], username=name, password=PASSWORD)
    entered = await door.call(ACCOUNTS["Login"], username=name.upper(), password=PASSWORD)
    assert entered.user_id == made.user_id
    assert entered.session_id != made.session_id
    assert made.expires_in == entered.expires_in > 0
    found = await door.call(ACCOUNTS["FindUsers"], entered.access_token, username=name)
    assert [(user.user_id, user.username, user.display_name) for user in found.users] == [(made.user_id, name, name)]
    refreshed = await door.call(ACCOUNTS["Refresh"], refresh_token=made.refresh_token)
    assert refreshed.session_id == made.session_id
    assert await door.heads(refreshed.access_token) == {}


@doors(Can.CALL)
@pytest.mark.parametrize(
    ("method", "fields", "wanted"),
    [
        ("Register", {"username": "anna", "password": "short"}, Reason.INVALID_ARGUMENT),
        ("Register", {"username": "No Spaces!", "password": PASSWORD}, Reason.INVALID_ARGUMENT),
        ("Register", {}, Reason.INVALID_ARGUMENT),
        ("Login", {"username": "nobody-at-all", "password": PASSWORD}, Reason.BAD_CREDENTIALS),
        ("Refresh", {"refresh_token": "x"}, Reason.UNAUTHENTICATED),
        ("Refresh", {}, Reason.UNAUTHENTICATED),
        ("Logout", {}, Reason.UNAUTHENTICATED),
        ("FindUsers", {"username": "anna"}, Reason.UNAUTHENTICATED),
    ],
)
async def test_a_call_of_a_stranger_is_refused_by_name(door: CallDoor, method: str, fields: dict[str, str], wanted: Reason) -> None:
    with pytest.raises(ChatError) as refused:
        await door.call(ACCOUNTS[method], **fields)
    assert refused.value.reason is wanted


@doors(Can.CALL)
async def test_a_name_that_is_taken_and_a_wrong_password_are_refused(door: CallDoor, anna: Account) -> None:
    with pytest.raises(ChatError) as refused:
        await door.call(ACCOUNTS["Register"], username=anna.username, password=PASSWORD)
    assert refused.value.reason is Reason.USERNAME_TAKEN
    said = set()
    for name in (anna.username, f"nobody-{new_id()[-12:]}"):
        with pytest.raises(ChatError) as refused:
            await door.call(ACCOUNTS["Login"], username=name, password=f"not {PASSWORD}")
        said.add((refused.value.reason, refused.value.message))
    ((wanted, _),) = said  # the same of both: nobody learns who has an account
    assert wanted is Reason.BAD_CREDENTIALS


@doors(Can.CALL)
async def test_who_logs_out_can_refresh_no_more(door: CallDoor, anna: Account) -> None:
    for _ in range(2):
        await door.call(ACCOUNTS["Logout"], anna.token)
    with pytest.raises(ChatError) as refused:
        await door.call(ACCOUNTS["Refresh"], refresh_token=anna.refresh_token)
    assert refused.value.reason is Reason.UNAUTHENTICATED


@doors(Can.HEAR)
async def test_logging_out_ends_the_connections_of_the_session(door: LineDoor, calls: CallDoor, anna: Account) -> None:
    async with door.connect(anna.token) as line:
        await calls.call(ACCOUNTS["Logout"], anna.token)
        assert (await ended(line)).reason is Reason.UNAUTHENTICATED

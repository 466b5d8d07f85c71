"""Hashing aside: a flood is shed, and whoever does not exist costs as much as who does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from argon2 import extract_parameters

from chatkit.core.errors import ChatError, Reason
from svc_accounts.passwords import Passwords


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(threads=1, limit=2)
    yield made
    await made.close()


async def test_a_password_matches_its_hash_and_no_other(passwords: Passwords) -> None:
    kept = await passwords.hash("correct horse")
    assert "correct" not in kept
    assert await passwords.verify(kept, "correct horse")
    assert not await passwords.verify(kept, "wrong horse")
    assert not await passwords.verify(None, "correct horse")
    assert await passwords.hash("correct horse") != kept


async def test_who_does_not_exist_is_compared_with_a_hash_like_any_other(passwords: Passwords) -> None:
    assert extract_parameters(passwords._nobodys) == extract_parameters(await passwords.hash("correct horse"))


async def test_what_does_not_fit_into_the_queue_is_told_to_come_again(passwords: Passwords) -> None:
    going_on = threading.Event()
    waiting = [asyncio.ensure_future(passwords._aside(lambda: going_on.wait(20))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(ChatError) as refusal:
        await passwords.hash("correct horse")
    assert refusal.value.reason is Reason.OVERLOADED
    assert refusal.value.retry_after is not None
    waiting[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]
    going_on.set()
    assert await waiting[0]
    while passwords._waiting:
        await asyncio.sleep(0.001)
    await passwords.hash("correct horse")


async def test_a_caller_who_gives_up_still_counts_for_as_long_as_their_password_is_hashed(passwords: Passwords) -> None:
    begun, going_on = threading.Event(), threading.Event()

    def hash_slowly() -> None:
        begun.set()
        going_on.wait(20)

    gone = asyncio.ensure_future(passwords._aside(hash_slowly))
    await asyncio.to_thread(begun.wait, 20)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert passwords._waiting == 1
    going_on.set()
    while passwords._waiting:
        await asyncio.sleep(0.001)

"""The account store's suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chatkit.core.clock import SystemClock
from chatkit.core.ids import SessionId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession
from svc_accounts.core import Credentials, Session, User
from svc_accounts.store import AccountStore
from svc_accounts.store.cassandra import CassandraAccountStore
from svc_accounts.store.memory import MemoryAccountStore

NOW = SystemClock().now_ms()
DAY = 24 * 3600 * 1000


@pytest.fixture(params=["memory", "cassandra"], scope="module")
async def store(request: pytest.FixtureRequest) -> AsyncIterator[AccountStore]:
    if request.param == "memory":
        yield MemoryAccountStore()
        return
    settings = request.getfixturevalue("cassandra_settings")
    session = await CassandraSession.connect(settings)
    yield await CassandraAccountStore.open(session, settings)
    await session.close()


def person() -> User:
    return User(UserId(new_id()), f"u{new_id()[-12:]}", "Grüße", NOW)


def login() -> Session:
    return Session(UserId(new_id()), SessionId(new_id()), b"family", b"token-1", b"", NOW, NOW, NOW + DAY)


async def test_a_user_is_found_by_name_and_by_id(store: AccountStore) -> None:
    anna, bob = person(), person()
    assert await store.add_user(anna, "hash-a")
    assert await store.add_user(bob, "hash-b")
    assert await store.credentials(anna.username) == Credentials(anna.user_id, "hash-a")
    assert await store.users([bob.user_id, UserId(new_id()), anna.user_id]) == [bob, anna]
    assert await store.credentials(f"nobody-{new_id()}") is None
    assert await store.users([]) == []


async def test_of_many_who_want_a_name_one_gets_it(store: AccountStore) -> None:
    name = f"u{new_id()[-12:]}"
    wanting = [replace(person(), username=name) for _ in range(5)]
    got = await asyncio.gather(*(store.add_user(user, user.user_id) for user in wanting))
    assert sorted(got) == [False] * 4 + [True]
    winner = wanting[got.index(True)]
    assert await store.credentials(name) == Credentials(winner.user_id, winner.user_id)
    assert await store.users([user.user_id for user in wanting]) == [winner]


async def test_a_session_is_replaced_only_by_who_knows_its_token(store: AccountStore) -> None:
    first = login()
    await store.add_session(first)
    assert await store.session(first.user_id, first.session_id) == first
    second = replace(first, token_hash=b"token-2", previous_hash=b"token-1", rotated_at_ms=NOW + 1)
    rivals = [replace(second, token_hash=b"token-%d" % n) for n in range(2, 6)]
    won = await asyncio.gather(*(store.replace_session(first, rival) for rival in rivals))
    assert sorted(won) == [False] * 3 + [True]
    assert await store.session(first.user_id, first.session_id) == rivals[won.index(True)]


async def test_a_session_that_has_ended_is_gone_and_is_not_brought_back(store: AccountStore) -> None:
    one = login()
    await store.add_session(one)
    assert await store.end_session(one.user_id, one.session_id)
    assert not await store.end_session(one.user_id, one.session_id)
    assert await store.session(one.user_id, one.session_id) is None
    assert not await store.replace_session(one, replace(one, token_hash=b"token-2"))
    assert await store.session(one.user_id, one.session_id) is None

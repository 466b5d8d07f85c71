"""The suite of the store of devices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chatkit.core.clock import SystemClock
from chatkit.core.ids import ConversationId, SessionId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession
from svc_presence.push.port import Target
from svc_presence.push.store import Listening, Subscription, SubscriptionStore
from svc_presence.push.store.cassandra import CassandraSubscriptionStore
from svc_presence.push.store.memory import MemorySubscriptionStore

NOW = SystemClock().now_ms()


@pytest.fixture(params=["memory", "cassandra"], scope="module")
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SubscriptionStore]:
    if request.param == "memory":
        yield MemorySubscriptionStore()
        return
    settings = request.getfixturevalue("cassandra_settings")
    session = await CassandraSession.connect(settings)
    yield await CassandraSubscriptionStore.open(session, settings)
    await session.close()


def device(user_id: str = "") -> Subscription:
    target = Target(f"https://push.example.com/{new_id()}", b"\x04" + b"k" * 64, b"s" * 16)
    return Subscription(UserId(user_id or new_id()), SessionId(new_id()), target, shows_text=True, created_ms=NOW)


async def test_the_devices_of_a_user_are_theirs_alone(store: SubscriptionStore) -> None:
    phone, stranger = device(), device()
    laptop = replace(device(phone.user_id), shows_text=False)
    for one in (phone, laptop, stranger):
        await store.put(one)
    mine = sorted([phone, laptop], key=lambda one: one.subscription_id)
    assert await store.of_each([phone.user_id, UserId(new_id()), stranger.user_id]) == [mine, [], [stranger]]
    assert await store.of_each([]) == []


async def test_who_registers_again_is_registered_once(store: SubscriptionStore) -> None:
    phone = device()
    again = replace(phone, session_id=SessionId(new_id()), shows_text=False, created_ms=NOW + 1)
    for one in (phone, again):
        await store.put(one)
    assert await store.of_each([phone.user_id]) == [[again]]


async def test_what_is_removed_is_gone_however_often_and_nothing_else_is(store: SubscriptionStore) -> None:
    phone = device()
    laptop = device(phone.user_id)
    for one in (phone, laptop):
        await store.put(one)
    for _ in range(2):
        await store.remove(phone.user_id, [phone.subscription_id, new_id()])
    assert await store.of_each([phone.user_id]) == [[laptop]]
    await store.remove(UserId(new_id()), [laptop.subscription_id])
    await store.remove(phone.user_id, [])
    assert await store.of_each([phone.user_id]) == [[laptop]]


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2, 1]])
async def test_of_what_a_user_has_chosen_of_a_conversation_the_newest_counts(store: SubscriptionStore, order: list[int]) -> None:
    room, other, anna, bob = ConversationId(new_id()), ConversationId(new_id()), UserId(new_id()), UserId(new_id())
    choices = [
        Listening(anna, room, 1, is_on=True),
        Listening(anna, room, 2, is_on=False),
        Listening(anna, other, 3, is_on=True),
        Listening(bob, room, 1, is_on=True),
    ]
    for number in order:
        await store.listen([choices[number]])
    await store.listen([])
    assert (await store.listeners(room), await store.listeners(other)) == ([bob], [anna])
    await store.listen([Listening(anna, room, 4, is_on=True), Listening(bob, room, 5, is_on=True), Listening(bob, room, 6, is_on=False)])
    assert await store.listeners(room) == [anna]

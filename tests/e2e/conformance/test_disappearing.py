"""A message that disappears is there for everyone until its time, and then for nobody, whichever way they ask."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.types.v1.entry_pb2 import Body, Deletion, Entry, Pin, Reaction
from tests.e2e.conformance.doors import HISTORY, CallDoor, Can, LineDoor, doors, until
from tests.e2e.conformance.test_conversations import reason_of
from tests.e2e.conformance.test_settings import change

TTL_S = 5
SECRET = Body(text="between us")


@pytest.fixture
async def disappearing(calls: CallDoor, bob: Account, conversation_id: str) -> str:
    """The direct conversation of the two, as Bob has set it."""
    await change(calls, bob, conversation_id, message_ttl_s=TTL_S)
    return conversation_id


async def gone(calls: CallDoor, reader: Account, conversation_id: str, seq: int) -> None:
    """Return when a message is not to be found any more."""
    while True:
        try:
            await calls.call(HISTORY["GetMessage"], reader.token, conversation_id=conversation_id, seq=seq)
        except ChatError as error:
            assert error.reason is Reason.NOT_FOUND
            return
        await asyncio.sleep(0.1)


@doors()
async def test_what_disappears_is_shown_until_its_time_and_then_nowhere(
    door: Any, calls: CallDoor, anna: Account, bob: Account, disappearing: str
) -> None:
    where = {"conversation_id": disappearing}
    message_id = new_id()
    said = await door.send(anna.token, disappearing, message_id, SECRET)
    for what in (Body(text="between the two of us"), Reaction(emoji="👍"), Pin()):
        await door.change(anna.token, disappearing, new_id(), said.seq, what)
    news = (await door.news(bob.token, {disappearing: said.seq - 1})).entries
    at = said.accepted_at.ToMilliseconds()
    assert [one.seq for one in news] == list(range(said.seq, said.seq + 4))
    assert {one.expires_at.seconds for one in news} == {-(-at // 1000) + TTL_S}
    await gone(calls, bob, disappearing, said.seq)
    news = (await door.news(bob.token, {disappearing: said.seq - 1})).entries
    places = [Entry(conversation_id=disappearing, seq=one.seq, ordinal=one.ordinal, expires_at=one.expires_at) for one in news]
    assert (len(places), list(news)) == (4, places)
    page = await calls.call(HISTORY["ListMessages"], bob.token, **where, after_seq=said.seq - 1)
    assert list(page.entries) == places
    assert not (await calls.call(HISTORY["ListPins"], bob.token, **where)).entries
    shown = (await calls.call(HISTORY["GetConversation"], bob.token, **where)).conversation
    assert (shown.HasField("last_entry"), shown.head_seq, shown.unread_count) == (False, said.seq + 3, 1)
    for late in (Body(text="x"), Reaction(emoji="👍"), Pin(), Deletion()):
        assert await reason_of(door.change(anna.token, disappearing, new_id(), said.seq, late)) is Reason.NOT_FOUND
    assert await reason_of(door.send(anna.token, disappearing, new_id(), Body(text="x", reply_to=said.seq))) is Reason.NOT_FOUND
    assert (await door.send(anna.token, disappearing, message_id, SECRET)).seq == said.seq


@doors(Can.HEAR)
async def test_who_is_connected_is_told_when_a_message_disappears(
    door: LineDoor, calls: CallDoor, anna: Account, bob: Account, disappearing: str
) -> None:
    async with door.connect(bob.token) as line:
        said = await calls.send(anna.token, disappearing, new_id(), SECRET)
        entry = await until(line, "entry")
        at_s = -(-said.accepted_at.ToMilliseconds() // 1000) + TTL_S
        assert (entry.seq, entry.body, entry.expires_at.seconds) == (said.seq, SECRET, at_s)


@doors(Can.CALL)
async def test_who_administers_says_when_messages_disappear_and_in_a_direct_conversation_each_of_the_two(
    door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str
) -> None:
    group = await api.group(anna, "Tea", [bob])
    assert await reason_of(change(door, bob, group, message_ttl_s=60)) is Reason.PERMISSION_DENIED
    assert await reason_of(change(door, bob, conversation_id, message_ttl_s=60, topic="ours")) is Reason.PERMISSION_DENIED
    for refused in (-1, 1, 4, 31_536_001):
        assert await reason_of(change(door, anna, group, message_ttl_s=refused)) is Reason.INVALID_ARGUMENT
    await change(door, anna, group, message_ttl_s=31_536_000)
    for who, set_to in ((anna, 60), (bob, 0)):
        await change(door, who, conversation_id, message_ttl_s=set_to)
        found = await door.call(HISTORY["GetConversation"], bob.token, conversation_id=conversation_id)
        assert found.conversation.conversation.message_ttl_s == set_to

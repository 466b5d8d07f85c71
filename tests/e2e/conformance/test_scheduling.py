"""Messages that are sent later: kept, changed, taken back and sent alike by every kind of call, and once whatever is killed meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from bench.client import Account, Api, Socket
from chatkit.core.clock import SystemClock
from chatkit.core.errors import Reason
from chatkit.core.ids import UserId, new_id, notes_conversation_id
from elastic_chat.history.v1.history_service_pb2 import WaitingMessage
from elastic_chat.types.v1.entry_pb2 import Body, Entry, ScheduledMessage
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors
from tests.e2e.conformance.test_conversations import reason_of

PATIENCE_S = 60
HOUR_S = 3600.0


def at(ahead_s: float) -> Timestamp:
    made = Timestamp()
    made.FromMilliseconds(SystemClock().now_ms() + round(ahead_s * 1000))
    return made


def schedule(door: CallDoor, by: Account, conversation_id: str, ahead_s: float = HOUR_S, message_id: str = "", text: str = "later") -> Any:
    fields = {"conversation_id": conversation_id, "message_id": message_id or new_id(), "body": Body(text=text)}
    return door.call(ROUTER["ScheduleMessage"], by.token, **fields, deliver_at=at(ahead_s))


async def waiting(door: CallDoor, by: Account) -> list[WaitingMessage]:
    found: list[WaitingMessage] = list((await door.call(HISTORY["ListScheduledMessages"], by.token)).messages)
    return found


async def said(door: CallDoor, reader: Account, conversation_id: str) -> list[Entry]:
    answer = await door.call(HISTORY["ListMessages"], reader.token, conversation_id=conversation_id, page_size=200)
    return [one for one in answer.entries if one.kind == Entry.MESSAGE]


async def nothing_waits(door: CallDoor, by: Account) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await waiting(door, by):
            await asyncio.sleep(0.05)


async def last_noted(door: CallDoor, by: Account) -> ScheduledMessage:
    notes = notes_conversation_id(UserId(by.user_id))
    *_, entry = (await door.call(HISTORY["ListMessages"], by.token, conversation_id=notes)).entries
    noted: ScheduledMessage = entry.personal.scheduled
    return noted


@doors(Can.CALL)
async def test_a_message_is_sent_at_its_time_with_its_message_id_and_nobody_hears_of_it_before(
    door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str
) -> None:
    others = await Socket.open(api, bob)
    message_id = new_id()
    first = await schedule(door, anna, conversation_id, 2, message_id)
    again = await schedule(door, anna, conversation_id, 2, message_id)
    assert (first.message_id, first.conversation_id, first.seq) == (message_id, notes_conversation_id(UserId(anna.user_id)), again.seq)
    assert await waiting(door, bob) == []
    told = await others.until("entry")
    assert (told.message_id, told.sender_id, told.body.text) == (message_id, anna.user_id, "later")
    await nothing_waits(door, anna)
    assert [one.message_id for one in await said(door, bob, conversation_id)] == [message_id]
    noted = await last_noted(door, anna)
    assert (noted.message_id, noted.state, noted.seq) == (message_id, ScheduledMessage.SENT, told.seq)
    assert await reason_of(door.call(ROUTER["CancelScheduledMessage"], anna.token, scheduled_id=message_id)) is Reason.NOT_FOUND
    await others.close()


@doors(Can.CALL)
async def test_what_waits_is_listed_changed_and_taken_back(door: CallDoor, anna: Account, conversation_id: str) -> None:
    first, second = new_id(), new_id()
    await schedule(door, anna, conversation_id, 2 * HOUR_S, first, "first")
    await schedule(door, anna, conversation_id, HOUR_S, second, "second")
    assert [(one.conversation_id, one.scheduled.body.text) for one in await waiting(door, anna)] == [
        (conversation_id, "second"),
        (conversation_id, "first"),
    ]
    change = {"scheduled_id": first, "message_id": new_id(), "body": Body(text="at first"), "deliver_at": at(HOUR_S / 2)}
    changed = await door.call(ROUTER["UpdateScheduledMessage"], anna.token, **change)
    assert await door.call(ROUTER["UpdateScheduledMessage"], anna.token, **change) == changed
    (one, other) = await waiting(door, anna)
    assert (one.scheduled.body.text, one.scheduled.message_id, one.seq) == ("at first", first, changed.seq)
    await door.call(ROUTER["CancelScheduledMessage"], anna.token, scheduled_id=first)
    assert await waiting(door, anna) == [other]
    change = {"scheduled_id": second, "deliver_at": at(1)}
    await door.call(ROUTER["UpdateScheduledMessage"], anna.token, **change)
    await nothing_waits(door, anna)
    assert [one.body.text for one in await said(door, anna, conversation_id)] == ["second"]


@doors(Can.CALL)
async def test_who_may_not_send_it_any_more_is_told_so_and_keeps_the_words(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    group, message_id = await api.group(bob, "Tea", [anna]), new_id()
    await schedule(door, anna, group, 3, message_id)
    await door.call(ROUTER["RemoveMember"], bob.token, conversation_id=group, user_id=anna.user_id)
    await nothing_waits(door, anna)
    noted = await last_noted(door, anna)
    assert (noted.message_id, noted.state, noted.reason) == (message_id, ScheduledMessage.REFUSED, Reason.UNKNOWN_CONVERSATION)
    assert noted.body.text == "later"
    assert await said(door, bob, group) == []


@doors(Can.CALL)
async def test_what_breaks_a_rule_does_not_wait(door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str) -> None:
    group = await api.group(bob, "Tea", [])
    for elsewhere in (group, new_id()):
        assert await reason_of(schedule(door, anna, elsewhere)) is Reason.UNKNOWN_CONVERSATION
    for ahead_s in (-1, 367 * 24 * HOUR_S):
        assert await reason_of(schedule(door, anna, conversation_id, ahead_s)) is Reason.INVALID_ARGUMENT
    assert await reason_of(schedule(door, anna, conversation_id, text="")) is Reason.TEXT_EMPTY
    assert await reason_of(schedule(door, anna, conversation_id, message_id="x")) is Reason.INVALID_MESSAGE_ID
    message_id = new_id()
    await schedule(door, bob, conversation_id, message_id=message_id)
    for method in ("UpdateScheduledMessage", "CancelScheduledMessage"):
        assert await reason_of(door.call(ROUTER[method], anna.token, scheduled_id=message_id)) is Reason.NOT_FOUND
    assert await waiting(door, anna) == []


async def test_many_wait_up_to_the_limit(calls: CallDoor, anna: Account, conversation_id: str) -> None:
    await schedule(calls, anna, conversation_id)
    await asyncio.gather(*(schedule(calls, anna, conversation_id) for _ in range(99)))
    assert await reason_of(schedule(calls, anna, conversation_id)) is Reason.LIMIT_REACHED
    assert len(await waiting(calls, anna)) == 100

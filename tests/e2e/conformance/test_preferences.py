"""How a user has a conversation for themselves: kept, told to all of their devices, and to nobody else, alike by every kind of call."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from bench.client import Account, Api, Socket
from chatkit.core.errors import Reason
from chatkit.core.ids import UserId, new_id, notes_conversation_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1.history_service_pb2 import ConversationSummary, SyncCursor
from elastic_chat.types.v1.conversation_pb2 import ConversationPreferences
from elastic_chat.types.v1.entry_pb2 import Entry, PersonalChange
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors
from tests.e2e.conformance.test_conversations import reason_of

FOR_EVER = Timestamp(seconds=253_402_300_799)


def change(door: CallDoor, by: Account, conversation_id: str, message_id: str = "", **preferences: Any) -> Any:
    wanted = ConversationPreferences(**preferences)
    return door.call(
        ROUTER["UpdateConversationPreferences"], by.token, conversation_id=conversation_id, message_id=message_id, preferences=wanted
    )


async def seen(door: CallDoor, by: Account, conversation_id: str) -> ConversationPreferences:
    """Return what a user is shown of a conversation, by every way of asking alike."""
    found: ConversationSummary = (await door.call(HISTORY["GetConversation"], by.token, conversation_id=conversation_id)).conversation
    for method, fields in (("ListConversations", {}), ("Sync", {"list_conversations": True})):
        listed = (await door.call(HISTORY[method], by.token, **fields)).conversations
        assert [one.preferences for one in listed if one.conversation.conversation_id == conversation_id] == [found.preferences]
    return found.preferences


@doors(Can.CALL)
async def test_each_preference_stays_as_it_was_set_last(door: CallDoor, anna: Account, conversation_id: str) -> None:
    assert await seen(door, anna, conversation_id) == ConversationPreferences()
    await change(door, anna, conversation_id, muted_until=FOR_EVER, archived=True)
    await change(door, anna, conversation_id, pin_position=3, notifications=ConversationPreferences.MENTIONS)
    await change(door, anna, conversation_id, archived=False)
    wanted = ConversationPreferences(muted_until=FOR_EVER, archived=False, pin_position=3, notifications=ConversationPreferences.MENTIONS)
    assert await seen(door, anna, conversation_id) == wanted
    await change(door, anna, conversation_id, muted_until=Timestamp(), pin_position=0)
    wanted.MergeFrom(ConversationPreferences(pin_position=0))
    wanted.muted_until.CopyFrom(Timestamp())
    assert await seen(door, anna, conversation_id) == wanted


@doors(Can.CALL)
async def test_it_is_an_entry_of_the_notes_and_a_retry_is_the_same_one(door: CallDoor, anna: Account, conversation_id: str) -> None:
    message_id, notes = new_id(), notes_conversation_id(UserId(anna.user_id))
    first = await change(door, anna, conversation_id, message_id, archived=True)
    again = await change(door, anna, conversation_id, message_id, archived=True)
    assert (first.message_id, first.conversation_id, first.seq, first.accepted_at) == (message_id, notes, again.seq, again.accepted_at)
    answer = await door.call(HISTORY["ListMessages"], anna.token, conversation_id=notes)
    *_, one = answer.entries
    wanted = PersonalChange(conversation_id=conversation_id, preferences=ConversationPreferences(archived=True))
    assert (len(answer.entries), one.kind, one.seq, one.personal) == (2, Entry.PERSONAL, first.seq, wanted)
    found = (await door.call(HISTORY["GetConversation"], anna.token, conversation_id=notes)).conversation
    assert (found.unread_count, found.last_entry.ordinal) == (0, 0)
    synced = await door.call(HISTORY["Sync"], anna.token, cursors=[SyncCursor(conversation_id=notes, seq=1)])
    assert [entry.personal for entry in synced.entries] == [wanted]


@doors(Can.CALL)
async def test_other_devices_hear_of_it_and_other_users_do_not(
    door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str
) -> None:
    await change(door, anna, conversation_id, archived=True)
    device, others = await Socket.open(api, anna), await Socket.open(api, bob)
    heads = [{one.conversation_id: one.preferences for one in line.welcome.conversations} for line in (device, others)]
    assert [head[conversation_id] for head in heads] == [ConversationPreferences(archived=True), ConversationPreferences()]
    accepted = await change(door, anna, conversation_id, pin_position=7)
    entry = await device.until("entry")
    assert (entry.seq, entry.kind, entry.personal.preferences) == (accepted.seq, Entry.PERSONAL, ConversationPreferences(pin_position=7))
    await device.say(conversation_id, "hello")
    assert (await others.until("entry")).kind == Entry.MESSAGE  # the first that he hears of
    assert await seen(door, bob, conversation_id) == ConversationPreferences()
    await device.close()
    await others.close()


@doors(Can.CALL)
async def test_what_is_marked_as_unread_is_so_until_the_user_reads_on(
    door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str
) -> None:
    device, others = await Socket.open(api, anna), await Socket.open(api, bob)
    for read in (1, 2):
        await others.say(conversation_id, "hello")
        await others.until("ack")
        await change(door, anna, conversation_id, marked_unread=True)
        marked = await seen(door, anna, conversation_id)
        assert (marked.marked_unread, marked.marked_at_read_seq) == (True, 0 if read == 1 else 2)
        mark = pb.ClientWatermark(conversation_id=conversation_id, read_seq=read + 1)
        await device.send_frame(pb.ClientFrame(watermark=mark))
        assert (await device.until("watermark")).read_seq == read + 1
        assert await seen(door, anna, conversation_id) == ConversationPreferences()
    await change(door, anna, conversation_id, marked_unread=True)
    await change(door, anna, conversation_id, marked_unread=False)
    assert not (await seen(door, anna, conversation_id)).marked_unread
    await device.close()
    await others.close()


@doors(Can.CALL)
async def test_notes_have_preferences_of_their_own(door: CallDoor, anna: Account) -> None:
    notes = notes_conversation_id(UserId(anna.user_id))
    await change(door, anna, notes, archived=True)
    assert await seen(door, anna, notes) == ConversationPreferences(archived=True)


@doors(Can.CALL)
@pytest.mark.parametrize(
    "preferences",
    [{}, {"pin_position": -1}, {"pin_position": 1_000_001}, {"notifications": ConversationPreferences.NOTIFICATIONS_UNSPECIFIED}],
)
async def test_what_breaks_a_rule_is_refused(door: CallDoor, anna: Account, conversation_id: str, preferences: dict[str, Any]) -> None:
    assert await reason_of(change(door, anna, conversation_id, **preferences)) is Reason.INVALID_ARGUMENT
    assert await reason_of(change(door, anna, conversation_id, "no-uuid", archived=True)) is Reason.INVALID_MESSAGE_ID


@doors(Can.CALL)
async def test_what_is_not_the_users_is_refused(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    group = await api.group(bob, "Tea", [])
    for elsewhere in (group, notes_conversation_id(UserId(bob.user_id)), new_id(), "x"):
        assert await reason_of(change(door, anna, elsewhere, archived=True)) is Reason.UNKNOWN_CONVERSATION

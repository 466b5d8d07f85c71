"""What users hide, star and have not sent yet: theirs on all of their devices and nobody else's, alike by every kind of call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bench.client import Account, Api, Socket
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id, notes_conversation_id
from chatkit.core.personal import DRAFT_PAUSE_MS, MAX_DRAFTS
from elastic_chat.history.v1.history_service_pb2 import ConversationSummary, ListStarsResponse, SavedDraft, SyncCursor
from elastic_chat.types.v1.entry_pb2 import Body, Deletion, Draft, Entry, MessageState
from svc_router.store.redis import TAIL_ENTRIES
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors
from tests.e2e.conformance.test_conversations import reason_of

AT_ONCE = 32


async def say(door: CallDoor, by: Account, conversation_id: str, *texts: str, **body: Any) -> list[int]:
    return [(await door.send(by.token, conversation_id, new_id(), Body(text=text, **body))).seq for text in texts]


def about(door: CallDoor, method: str, by: Account, conversation_id: str, seq: int, message_id: str = "") -> Any:
    return door.call(ROUTER[method], by.token, conversation_id=conversation_id, target=seq, message_id=message_id)


async def listed(door: CallDoor, by: Account, conversation_id: str, **fields: Any) -> list[Entry]:
    answer = await door.call(HISTORY["ListMessages"], by.token, conversation_id=conversation_id, **fields)
    return [one for one in answer.entries if one.kind == Entry.MESSAGE]


async def summary(door: CallDoor, by: Account, conversation_id: str) -> ConversationSummary:
    """Return how a user is shown a conversation, by every way of asking alike."""
    found: ConversationSummary = (await door.call(HISTORY["GetConversation"], by.token, conversation_id=conversation_id)).conversation
    for method, fields in (("ListConversations", {}), ("Sync", {"list_conversations": True})):
        some = (await door.call(HISTORY[method], by.token, **fields)).conversations
        assert [one for one in some if one.conversation.conversation_id == conversation_id] == [found]
    return found


@doors(Can.CALL)
async def test_what_is_hidden_says_nothing_to_who_hid_it_and_is_as_it_was_for_others(
    door: CallDoor, anna: Account, bob: Account, conversation_id: str
) -> None:
    first, second, third = await say(door, bob, conversation_id, "one", "two", "three", mentions=[anna.user_id])
    await door.change(bob.token, conversation_id, new_id(), second, Body(text="twice"))
    for seq in (second, third):
        await about(door, "HideMessage", anna, conversation_id, seq)
    shown = await listed(door, anna, conversation_id)
    assert [(one.seq, one.body.text, one.state.hidden) for one in shown] == [(first, "one", False), (second, "", True), (third, "", True)]
    assert [(one.sender_id, one.ordinal, one.HasField("body")) for one in shown[1:]] == [(bob.user_id, 2, False), (bob.user_id, 3, False)]
    synced = await door.call(HISTORY["Sync"], anna.token, cursors=[SyncCursor(conversation_id=conversation_id, seq=0)])
    words = {one.seq: one.body.text for one in synced.entries if one.HasField("body")}
    assert words == {first: "one"}
    assert [one.seq for one in synced.entries if one.state.hidden] == [second, third]
    assert [one.body.text for one in await listed(door, bob, conversation_id)] == ["one", "twice", "three"]
    seen = await summary(door, anna, conversation_id)
    assert (seen.unread_count, seen.mention_count) == (1, 1)
    theirs = await summary(door, bob, conversation_id)
    assert theirs.head_seq == seen.head_seq


@doors(Can.CALL)
async def test_what_is_hidden_is_found_in_no_list(door: CallDoor, anna: Account, bob: Account, conversation_id: str) -> None:
    (root,) = await say(door, bob, conversation_id, "root")
    (reply,) = await say(door, bob, conversation_id, "reply", thread=root)
    await about(door, "PinMessage", bob, conversation_id, root)
    await about(door, "StarMessage", anna, conversation_id, root)
    await about(door, "HideMessage", anna, conversation_id, root)
    await about(door, "HideMessage", anna, conversation_id, reply)
    for method, fields in (("ListPins", {"conversation_id": conversation_id}), ("ListStars", {})):
        assert not (await door.call(HISTORY[method], anna.token, **fields)).entries
    thread = (await door.call(HISTORY["ListThread"], anna.token, conversation_id=conversation_id, seq=root)).entries
    assert [(one.seq, one.HasField("body"), one.state) for one in thread] == [(reply, False, MessageState(hidden=True))]
    for method in ("GetMessage", "ListEdits"):
        asked = door.call(HISTORY[method], anna.token, conversation_id=conversation_id, seq=root)
        assert await reason_of(asked) is Reason.NOT_FOUND
    wanted = {"conversation_id": conversation_id, "seq": root, "include_hidden": True}
    assert (await door.call(HISTORY["GetMessage"], anna.token, **wanted)).entry.body.text == "root"
    newest = (await summary(door, anna, conversation_id)).last_entry
    assert newest.kind == Entry.PIN
    assert (await door.call(HISTORY["ListPins"], bob.token, conversation_id=conversation_id)).entries


@doors(Can.CALL)
async def test_a_newest_message_that_is_hidden_says_nothing_in_the_list(
    door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str
) -> None:
    (seq,) = await say(door, bob, conversation_id, "secret")
    assert (await summary(door, anna, conversation_id)).unread_count == 1
    device, others = await Socket.open(api, anna), await Socket.open(api, bob)
    await about(door, "HideMessage", anna, conversation_id, seq)
    while (told := await device.until("entry")).kind != Entry.PERSONAL:
        pass  # the notes begin with their creation
    assert (told.conversation_id, told.personal.hidden.seq) == (notes_conversation_id(UserId(anna.user_id)), seq)
    found = await summary(door, anna, conversation_id)
    assert (found.unread_count, found.last_entry.state.hidden, found.last_entry.HasField("body")) == (0, True, False)
    await device.say(conversation_id, "hello")
    assert (await others.until("entry")).kind == Entry.MESSAGE  # the first that he hears of
    await device.close()
    await others.close()


@doors(Can.CALL)
async def test_a_message_is_hidden_as_it_is_by_its_sender_and_can_still_be_deleted(
    door: CallDoor, anna: Account, bob: Account, conversation_id: str
) -> None:
    (seq,) = await say(door, anna, conversation_id, "mine")
    await about(door, "HideMessage", anna, conversation_id, seq)
    await door.change(anna.token, conversation_id, new_id(), seq, Deletion())
    (left,) = await listed(door, bob, conversation_id)
    assert left.state.deleted
    await about(door, "HideMessage", anna, conversation_id, seq)  # as often as one likes


async def fill(door: CallDoor, by: Account, conversation_id: str) -> None:
    """Let so much be said that the tail has nothing any more of what there was."""
    for _ in range(TAIL_ENTRIES // AT_ONCE + 2):
        await asyncio.gather(*(say(door, by, conversation_id, "more") for _ in range(AT_ONCE)))


async def test_what_has_left_the_tail_of_the_notes_holds(calls: CallDoor, anna: Account, bob: Account, conversation_id: str) -> None:
    first, second = await say(calls, bob, conversation_id, "one", "two")
    notes = notes_conversation_id(UserId(anna.user_id))
    await about(calls, "HideMessage", anna, conversation_id, first)
    await about(calls, "StarMessage", anna, conversation_id, second)
    await calls.call(ROUTER["SaveDraft"], anna.token, conversation_id=conversation_id, draft=Draft(text="later"))
    for one in (notes, conversation_id):
        await fill(calls, anna, one)
    shown = (await listed(calls, anna, conversation_id, after_seq=first - 1))[:2]
    assert [(one.seq, one.body.text, one.state.hidden) for one in shown] == [(first, "", True), (second, "two", False)]
    assert [one.seq for one in (await calls.call(HISTORY["ListStars"], anna.token)).entries] == [second]
    assert [one.draft.text for one in (await calls.call(HISTORY["ListDrafts"], anna.token)).drafts] == ["later"]


@doors(Can.CALL)
async def test_stars_are_paged_through_and_show_messages_as_they_are(
    door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str
) -> None:
    group = await api.group(bob, "Tea", [anna])
    one, two, gone, out = await say(door, bob, conversation_id, "one", "two", "gone", "out")
    (there,) = await say(door, bob, group, "there")
    for place, seq in ((conversation_id, one), (group, there), (conversation_id, two), (conversation_id, gone), (conversation_id, out)):
        await about(door, "StarMessage", anna, place, seq)
    await about(door, "UnstarMessage", anna, conversation_id, out)
    await door.change(bob.token, conversation_id, new_id(), two, Body(text="second"))
    await door.change(bob.token, conversation_id, new_id(), gone, Deletion())
    found: list[tuple[str, str, bool]] = []
    token, pages = "", 0
    while pages == 0 or token:
        answer: ListStarsResponse = await door.call(HISTORY["ListStars"], anna.token, page_size=2, page_token=token)
        found += [(entry.conversation_id, entry.body.text, entry.state.deleted) for entry in answer.entries]
        token, pages = answer.next_page_token, pages + 1
        assert answer.star_count == 4
    wanted = [(conversation_id, "", True), (conversation_id, "second", False), (group, "there", False), (conversation_id, "one", False)]
    assert (found, pages) == (wanted, 2)
    await door.call(ROUTER["RemoveMember"], bob.token, conversation_id=group, user_id=anna.user_id)
    left = await door.call(HISTORY["ListStars"], anna.token)
    assert ([entry.seq for entry in left.entries], left.star_count) == ([gone, two, one], 4)
    assert not (await door.call(HISTORY["ListStars"], bob.token)).entries
    for wrong in ({"page_size": 101}, {"page_token": "x"}):
        assert await reason_of(door.call(HISTORY["ListStars"], anna.token, **wrong)) is Reason.INVALID_ARGUMENT


@doors(Can.CALL)
async def test_a_repeat_is_the_first_entry_whatever_has_become_of_the_message(
    door: CallDoor, anna: Account, bob: Account, conversation_id: str
) -> None:
    (seq,) = await say(door, bob, conversation_id, "one")
    for method in ("StarMessage", "HideMessage"):
        message_id = new_id()
        first = await about(door, method, anna, conversation_id, seq, message_id)
        assert (first.message_id, first.conversation_id) == (message_id, notes_conversation_id(UserId(anna.user_id)))
        await door.change(bob.token, conversation_id, new_id(), seq, Deletion())
        again = await about(door, method, anna, conversation_id, seq, message_id)
        assert (again.seq, again.accepted_at) == (first.seq, first.accepted_at)
    assert await reason_of(about(door, "StarMessage", anna, conversation_id, seq)) is Reason.NOT_FOUND


@doors(Can.CALL)
@pytest.mark.parametrize("method", ["HideMessage", "StarMessage", "UnstarMessage"])
async def test_only_a_message_that_the_user_can_see_is_hidden_or_starred(
    door: CallDoor, api: Api, anna: Account, bob: Account, method: str
) -> None:
    group = await api.group(bob, "Tea", [])
    (before,) = await say(door, bob, group, "before she came")
    await door.call(ROUTER["AddMember"], bob.token, conversation_id=group, user_id=anna.user_id)
    wrong = (-1,) if method == "UnstarMessage" else (1, before, before + 9, 0)
    for seq in wrong:
        assert await reason_of(about(door, method, anna, group, seq)) is Reason.NOT_FOUND
    assert await reason_of(about(door, method, anna, "x", before)) is Reason.UNKNOWN_CONVERSATION


def save(door: CallDoor, by: Account, conversation_id: str, message_id: str = "", **draft: Any) -> Any:
    wanted = Draft(**draft)
    return door.call(ROUTER["SaveDraft"], by.token, conversation_id=conversation_id, message_id=message_id, draft=wanted)


async def drafts(door: CallDoor, by: Account) -> list[SavedDraft]:
    found: list[SavedDraft] = list((await door.call(HISTORY["ListDrafts"], by.token)).drafts)
    return found


@doors(Can.CALL)
async def test_a_draft_is_kept_for_each_place_and_told_to_other_devices_until_it_is_taken_out(
    door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str
) -> None:
    device, others = await Socket.open(api, anna), await Socket.open(api, bob)
    first = await save(door, anna, conversation_id, text="dear Bob", reply_to=3)
    second = await save(door, anna, conversation_id, text="in a thread", thread=2)
    found = await drafts(door, anna)
    assert [(one.conversation_id, one.draft, one.seq, one.saved_at) for one in found] == [
        (conversation_id, Draft(text="in a thread", thread=2), second.seq, second.accepted_at),
        (conversation_id, Draft(text="dear Bob", reply_to=3), first.seq, first.accepted_at),
    ]
    while (told := await device.until("entry")).kind != Entry.PERSONAL:
        pass
    assert (told.seq, told.personal.draft.text) == (first.seq, "dear Bob")
    await door.call(ROUTER["DeleteDraft"], anna.token, conversation_id=conversation_id, thread=2)
    await save(door, anna, conversation_id, text="")
    assert (await drafts(door, anna), await drafts(door, bob)) == ([], [])
    await device.say(conversation_id, "hello")
    assert (await others.until("entry")).kind == Entry.MESSAGE  # the first that he hears of
    await device.close()
    await others.close()


@doors(Can.CALL)
async def test_a_draft_is_replaced_every_few_seconds_at_most_and_a_repeat_is_no_second_one(
    door: CallDoor, anna: Account, conversation_id: str
) -> None:
    message_id = new_id()
    first = await save(door, anna, conversation_id, message_id, text="d")
    with pytest.raises(ChatError) as refused:
        await save(door, anna, conversation_id, text="de")
    after = refused.value.retry_after
    assert refused.value.reason is Reason.SLOW_MODE
    assert after is None or after.total_seconds() * 1000 <= DRAFT_PAUSE_MS
    assert (await save(door, anna, conversation_id, message_id, text="d")).seq == first.seq
    await save(door, anna, conversation_id, text="elsewhere", thread=5)
    assert [one.draft.text for one in await drafts(door, anna)] == ["elsewhere", "d"]


@doors(Can.CALL)
async def test_drafts_have_limits(door: CallDoor, anna: Account, conversation_id: str) -> None:
    assert await reason_of(save(door, anna, conversation_id, text="x" * (16 * 1024 + 1))) is Reason.TEXT_TOO_LONG
    assert await reason_of(save(door, anna, conversation_id, text="x", thread=-1)) is Reason.INVALID_ARGUMENT
    assert await reason_of(save(door, anna, new_id(), text="x")) is Reason.UNKNOWN_CONVERSATION
    await save(door, anna, conversation_id, text="x")
    await asyncio.gather(*(save(door, anna, conversation_id, text="x", thread=n) for n in range(1, MAX_DRAFTS)))
    assert len(await drafts(door, anna)) == MAX_DRAFTS
    assert await reason_of(save(door, anna, conversation_id, text="x", thread=MAX_DRAFTS)) is Reason.LIMIT_REACHED
    await save(door, anna, conversation_id, text="", thread=1)
    await save(door, anna, conversation_id, text="x", thread=MAX_DRAFTS)

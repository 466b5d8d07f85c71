"""A message is changed alike at every door, is the same afterwards for whoever reads it, and is refused with the same words."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from google.protobuf.message import Message

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.types.v1.entry_pb2 import Attachment, Body, Closing, Deletion, Entry, Pin, Poll, Reaction, ReactionCount, Vote, VoteCount
from svc_router.changes import MAX_PINS, MAX_REACTIONS
from svc_router.store.redis import TAIL_ENTRIES
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, LineDoor, doors, until

AT_ONCE = 32
"""Messages that are sent at the same time, where many are needed."""
FIRST, SECOND = Body(text="what I sayed"), Body(text="what I said")


@pytest.fixture
async def said(calls: CallDoor, anna: Account, conversation_id: str) -> int:
    """The seq of a message of Anna's."""
    return (await calls.send(anna.token, conversation_id, new_id(), FIRST)).seq


async def message(calls: CallDoor, reader: Account, conversation_id: str, seq: int) -> Entry:
    entry: Entry = (await calls.call(HISTORY["GetMessage"], reader.token, conversation_id=conversation_id, seq=seq)).entry
    return entry


@doors()
async def test_an_edit_is_what_everyone_reads_from_then_on(
    door: Any, calls: CallDoor, anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    message_id = new_id()
    first = await door.change(anna.token, conversation_id, message_id, said, SECOND)
    assert (first.message_id, first.conversation_id, first.seq) == (message_id, conversation_id, said + 1)
    assert await door.change(anna.token, conversation_id, message_id, said, Body(text="something else")) == first
    now = await message(calls, bob, conversation_id, said)
    assert (now.body, now.state.edit_count, now.state.edited_at) == (SECOND, 1, first.accepted_at)
    assert now.state.as_of_seq == first.seq
    page = await calls.call(HISTORY["ListMessages"], bob.token, conversation_id=conversation_id, after_seq=1)
    assert [(one.kind, one.body) for one in page.entries] == [(Entry.MESSAGE, SECOND), (Entry.EDIT, SECOND)]
    news = await door.news(bob.token, {conversation_id: said - 1})
    assert [(one.kind, one.target, one.body) for one in news.entries] == [(Entry.MESSAGE, 0, FIRST), (Entry.EDIT, said, SECOND)]


@doors()
async def test_what_is_deleted_is_read_by_nobody_any_more(
    door: Any, calls: CallDoor, anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    edited = await calls.change(anna.token, conversation_id, new_id(), said, SECOND)
    message_id = new_id()
    deleted = await door.change(anna.token, conversation_id, message_id, said, Deletion())
    assert await door.change(anna.token, conversation_id, message_id, said, Deletion()) == deleted
    now = await message(calls, bob, conversation_id, said)
    assert (now.HasField("body"), now.state.deleted, now.state.deleted_by) == (False, True, anna.user_id)
    news = await door.news(bob.token, {conversation_id: said - 1})
    assert [(one.seq, one.kind, one.HasField("body")) for one in news.entries] == [
        (said, Entry.MESSAGE, False),
        (edited.seq, Entry.EDIT, False),
        (deleted.seq, Entry.DELETION, False),
    ]
    page = await calls.call(HISTORY["ListMessages"], bob.token, conversation_id=conversation_id, after_seq=1)
    assert not any(one.HasField("body") for one in page.entries)
    wordings = await calls.call(HISTORY["ListEdits"], bob.token, conversation_id=conversation_id, seq=said)
    assert not wordings.wordings


@doors(Can.CALL)
async def test_what_a_message_has_said_can_be_read(door: CallDoor, anna: Account, bob: Account, conversation_id: str, said: int) -> None:
    texts = [FIRST.text]
    for number in range(3):
        texts.append(f"words {number}")
        await door.change(anna.token, conversation_id, new_id(), said, Body(text=texts[-1]))
    every = await door.call(HISTORY["ListEdits"], bob.token, conversation_id=conversation_id, seq=said)
    assert [one.body.text for one in every.wordings] == texts
    newest = await door.call(HISTORY["ListEdits"], bob.token, conversation_id=conversation_id, seq=said, page_size=2)
    assert ([one.body.text for one in newest.wordings], newest.has_more) == (texts[2:], True)


@doors(Can.HEAR)
async def test_who_is_connected_hears_of_changes(
    door: LineDoor, all_doors: dict[str, Any], anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    async with door.connect(bob.token) as line:
        for each in all_doors.values():
            ack = await each.change(anna.token, conversation_id, new_id(), said, SECOND)
            entry = await until(line, "entry")
            assert (entry.seq, entry.kind, entry.target, entry.body, entry.ordinal) == (ack.seq, Entry.EDIT, said, SECOND, 1)
        await all_doors["rest"].change(anna.token, conversation_id, "", said, Deletion())
        entry = await until(line, "entry")
        assert (entry.kind, entry.target, entry.sender_id) == (Entry.DELETION, said, anna.user_id)
        assert not entry.HasField("body")


@doors()
async def test_reactions_are_counted_for_everyone(
    door: Any, calls: CallDoor, anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    for who, emoji in ((anna, "👍"), (anna, "❤️"), (bob, "👍"), (bob, "👍"), (bob, ":shipit:")):
        await door.change(who.token, conversation_id, new_id(), said, Reaction(emoji=emoji))
    await door.change(anna.token, conversation_id, new_id(), said, Reaction(emoji="❤️", removed=True))
    now = await message(calls, bob, conversation_id, said)
    assert list(now.state.reactions) == [
        ReactionCount(emoji="👍", count=2, mine=True, user_ids=[anna.user_id, bob.user_id]),
        ReactionCount(emoji=":shipit:", count=1, mine=True, user_ids=[bob.user_id]),
    ]
    assert [one.mine for one in (await message(calls, anna, conversation_id, said)).state.reactions] == [True, False]
    (*_, last) = (await door.news(bob.token, {conversation_id: said})).entries
    assert (last.kind, last.target, last.reaction) == (Entry.REACTION, said, Reaction(emoji="❤️", removed=True))


@doors()
async def test_a_user_has_only_so_many_reactions_on_a_message(
    door: Any, calls: CallDoor, anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    emoji = [f":e{number}:" for number in range(MAX_REACTIONS)]
    await asyncio.gather(*(door.change(anna.token, conversation_id, new_id(), said, Reaction(emoji=one)) for one in emoji))
    with pytest.raises(ChatError) as refused:
        await door.change(anna.token, conversation_id, new_id(), said, Reaction(emoji=":one_more:"))
    assert refused.value.reason is Reason.LIMIT_REACHED
    for who, one in ((anna, emoji[0]), (bob, ":one_more:")):
        await door.change(who.token, conversation_id, new_id(), said, Reaction(emoji=one))
    await door.change(anna.token, conversation_id, new_id(), said, Reaction(emoji=emoji[0], removed=True))
    await door.change(anna.token, conversation_id, new_id(), said, Reaction(emoji=":one_more:"))
    found = await calls.call(HISTORY["GetMessage"], anna.token, conversation_id=conversation_id, seq=said)
    assert sorted(found.own_emoji) == sorted([*emoji[1:], ":one_more:"])


@doors()
async def test_a_conversation_has_only_so_many_pins(door: Any, calls: CallDoor, anna: Account, bob: Account, conversation_id: str) -> None:
    seqs: list[int] = []
    while len(seqs) <= MAX_PINS:
        some = [calls.send(anna.token, conversation_id, new_id(), FIRST) for _ in range(min(AT_ONCE, MAX_PINS + 1 - len(seqs)))]
        seqs += [one.seq for one in await asyncio.gather(*some)]
    for start in range(0, MAX_PINS, AT_ONCE):
        some_seqs = seqs[start : min(start + AT_ONCE, MAX_PINS)]
        await asyncio.gather(*(calls.change(anna.token, conversation_id, "", seq, Pin()) for seq in some_seqs))
    for who in (anna, bob):
        with pytest.raises(ChatError) as refused:
            await door.change(who.token, conversation_id, new_id(), seqs[-1], Pin())
        assert refused.value.reason is Reason.LIMIT_REACHED
    await door.change(anna.token, conversation_id, new_id(), seqs[0], Pin())
    await door.change(bob.token, conversation_id, new_id(), seqs[0], Pin(unpinned=True))
    await door.change(anna.token, conversation_id, new_id(), seqs[-1], Pin())
    pins = await calls.call(HISTORY["ListPins"], bob.token, conversation_id=conversation_id)
    assert [one.seq for one in pins.entries] == sorted(seqs[1:])


@doors()
async def test_what_is_pinned_is_listed_until_it_is_so_no_more(
    door: Any, calls: CallDoor, anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    other = (await calls.send(anna.token, conversation_id, new_id(), FIRST)).seq
    for target in (said, other):
        await door.change(bob.token, conversation_id, new_id(), target, Pin())
    assert await pinned(calls, anna, conversation_id) == [said, other]
    await door.change(anna.token, conversation_id, new_id(), said, Pin(unpinned=True))
    assert await pinned(calls, anna, conversation_id) == [other]
    assert (await message(calls, bob, conversation_id, other)).state.pinned
    await calls.change(anna.token, conversation_id, new_id(), other, Deletion())
    assert await pinned(calls, anna, conversation_id) == []


async def pinned(calls: CallDoor, reader: Account, conversation_id: str) -> list[int]:
    answer = await calls.call(HISTORY["ListPins"], reader.token, conversation_id=conversation_id)
    assert all(one.state.pinned for one in answer.entries)
    return [one.seq for one in answer.entries]


@doors()
async def test_votes_are_counted_until_the_poll_is_closed(
    door: Any, calls: CallDoor, anna: Account, bob: Account, conversation_id: str
) -> None:
    question = Body(text="When?", poll=Poll(options=["at nine", "at ten"]))
    asked = (await door.send(anna.token, conversation_id, new_id(), question)).seq
    for who, option in ((anna, 0), (bob, 0), (bob, 1)):
        await door.change(who.token, conversation_id, new_id(), asked, Vote(options=[option]))
    await door.change(anna.token, conversation_id, new_id(), asked, SECOND)
    now = await message(calls, bob, conversation_id, asked)
    assert now.body == Body(text=SECOND.text, poll=question.poll)
    votes = [VoteCount(option=0, count=1, user_ids=[anna.user_id]), VoteCount(option=1, count=1, mine=True, user_ids=[bob.user_id])]
    assert list(now.state.votes) == votes
    assert (now.state.voter_count, now.state.closed) == (2, False)
    command = {"conversation_id": conversation_id, "message_id": new_id(), "target": asked}
    assert (await refusal(door, bob.token, command | {"what": Closing()}))[0] is Reason.PERMISSION_DENIED
    await door.change(anna.token, conversation_id, new_id(), asked, Closing())
    assert (await refusal(door, bob.token, command | {"what": Vote(options=[0])}))[0] is Reason.POLL_CLOSED
    assert (await message(calls, bob, conversation_id, asked)).state.closed
    voted, closed = [(await door.news(bob.token, {conversation_id: asked + 1})).entries[n] for n in (0, -1)]
    assert (voted.kind, voted.target, voted.vote) == (Entry.VOTE, asked, Vote(options=[0]))
    assert (closed.kind, closed.target) == (Entry.CLOSING, asked)


async def test_a_vote_is_cast_once_whichever_door_it_is_repeated_at_and_stays_cast_when_the_poll_is_closed(
    all_doors: dict[str, Any], calls: CallDoor, anna: Account, bob: Account, conversation_id: str
) -> None:
    question = Body(text="When?", poll=Poll(options=["at nine", "at ten"], multiple=True))
    asked = (await calls.send(anna.token, conversation_id, new_id(), question)).seq
    vote, closing = new_id(), new_id()
    for _ in range(2):
        for what, account, message_id in ((Vote(options=[1, 0]), bob, vote), (Closing(), anna, closing)):
            acks = [await door.change(account.token, conversation_id, message_id, asked, what) for door in all_doors.values()]
            assert {ack.seq for ack in acks} == {asked + (1 if account is bob else 2)}
    state = (await message(calls, bob, conversation_id, asked)).state
    assert (state.voter_count, [one.count for one in state.votes], state.closed, state.as_of_seq) == (1, [1, 1], True, asked + 2)


@doors()
async def test_who_may_only_read_votes_and_copies_nothing_into_there(
    door: Any, calls: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    group = await api.group(anna, "tea", [bob])
    asked = (await calls.send(anna.token, group, new_id(), Body(text="When?", poll=Poll(options=["at nine", "at ten"])))).seq
    await api.call("PATCH", f"/v1/conversations/{group}", {"memberPermissions": 1}, anna.token)
    await door.change(bob.token, group, new_id(), asked, Vote(options=[1]))
    assert (await message(calls, anna, group, asked)).state.votes[0].user_ids == [bob.user_id]
    copy = {"conversation_id": group, "from_conversation_id": conversation_id, "seq": said, "message_id": new_id()}
    with pytest.raises(ChatError) as refused:
        await calls.call(ROUTER["ForwardMessage"], bob.token, **copy)
    assert refused.value.reason is Reason.PERMISSION_DENIED


@doors()
async def test_what_is_said_in_a_thread_is_read_there(
    door: Any, calls: CallDoor, anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    body = Body(text="an answer", reply_to=said, thread=said)
    replies = [(await door.send(bob.token, conversation_id, new_id(), body)).seq for _ in range(3)]
    await door.send(anna.token, conversation_id, new_id(), Body(text="by the way"))
    await door.change(bob.token, conversation_id, new_id(), replies[0], SECOND)
    thread = await calls.call(HISTORY["ListThread"], anna.token, conversation_id=conversation_id, seq=said)
    assert [one.seq for one in thread.entries] == replies
    assert thread.entries[0].body == Body(text=SECOND.text, reply_to=said, thread=said)
    newest = await calls.call(HISTORY["ListThread"], anna.token, conversation_id=conversation_id, seq=said, page_size=1)
    assert ([one.seq for one in newest.entries], newest.has_more) == (replies[2:], True)
    root = await message(calls, anna, conversation_id, said)
    assert (root.state.reply_count, root.state.last_reply_seq) == (3, replies[-1])


async def test_a_thread_begins_at_a_message_that_is_in_none(
    all_doors: dict[str, Any], calls: CallDoor, anna: Account, conversation_id: str, said: int
) -> None:
    inner = (await calls.send(anna.token, conversation_id, new_id(), Body(text="an answer", thread=said))).seq
    for door in all_doors.values():
        with pytest.raises(ChatError) as refused:
            await door.send(anna.token, conversation_id, new_id(), Body(text="an answer", thread=inner))
        assert refused.value.reason is Reason.INVALID_ARGUMENT


NOBODY = new_id()


@pytest.mark.parametrize(
    ("command", "what", "wanted"),
    [
        ({"message_id": "no-uuid"}, SECOND, Reason.INVALID_MESSAGE_ID),
        ({"message_id": "no-uuid"}, Deletion(), Reason.INVALID_MESSAGE_ID),
        ({"target": -1}, SECOND, Reason.INVALID_ARGUMENT),
        ({"target": -1}, Deletion(), Reason.INVALID_ARGUMENT),
        ({}, Body(), Reason.TEXT_EMPTY),
        ({"conversation_id": NOBODY}, SECOND, Reason.UNKNOWN_CONVERSATION),
        ({"conversation_id": "no-uuid"}, Deletion(), Reason.UNKNOWN_CONVERSATION),
        ({"target": 1}, SECOND, Reason.NOT_FOUND),
        ({"target": 1000}, Deletion(), Reason.NOT_FOUND),
        ({}, Body(text="x", reply_to=2), Reason.INVALID_ARGUMENT),
        ({}, Body(text="x", mention_all=True), Reason.INVALID_ARGUMENT),
        ({}, Body(text="x", attachments=[Attachment(file_id=NOBODY)]), Reason.INVALID_ARGUMENT),
        ({}, Reaction(emoji="no emoji"), Reason.INVALID_ARGUMENT),
        ({}, Reaction(emoji="👍👍", removed=True), Reason.INVALID_ARGUMENT),
        ({"target": 1000}, Reaction(emoji="👍"), Reason.NOT_FOUND),
        ({"target": 1}, Pin(), Reason.NOT_FOUND),
        ({}, Body(text="x", poll=Poll(options=["a", "b"])), Reason.INVALID_ARGUMENT),
        ({}, Vote(options=[-1]), Reason.INVALID_ARGUMENT),
        ({}, Vote(options=[1, 1]), Reason.INVALID_ARGUMENT),
        ({}, Vote(options=[0]), Reason.INVALID_ARGUMENT),
        ({}, Closing(), Reason.INVALID_ARGUMENT),
        ({"target": 1000}, Vote(options=[0]), Reason.NOT_FOUND),
        ({"message_id": "no-uuid"}, Pin(unpinned=True), Reason.INVALID_MESSAGE_ID),
        # of several faults, the same one is told everywhere
        ({"target": -1, "conversation_id": NOBODY}, Body(), Reason.INVALID_ARGUMENT),
        ({"conversation_id": NOBODY}, Body(), Reason.TEXT_EMPTY),
    ],
)
async def test_a_change_that_breaks_a_rule_is_refused_with_the_same_words(
    all_doors: dict[str, Any], anna: Account, conversation_id: str, said: int, command: dict[str, Any], what: Message, wanted: Reason
) -> None:
    rightly = {"conversation_id": conversation_id, "message_id": new_id(), "target": said, "what": what}
    told = {name: await refusal(door, anna.token, rightly | command) for name, door in all_doors.items()}
    assert {reason for reason, _ in told.values()} == {wanted}, told
    assert len({words for _, words in told.values()}) == 1, told


async def refusal(door: Any, token: str, command: dict[str, Any]) -> tuple[Reason, str]:
    with pytest.raises(ChatError) as refused:
        await door.change(token, **command)
    return refused.value.reason, refused.value.message


async def test_nobody_changes_what_another_has_said_but_who_may_moderate(
    all_doors: dict[str, Any], api: Api, calls: CallDoor, anna: Account, bob: Account
) -> None:
    group = await api.group(anna, "tea", [bob])
    for name, door in all_doors.items():
        annas = (await calls.send(anna.token, group, new_id(), FIRST)).seq
        bobs = (await calls.send(bob.token, group, new_id(), FIRST)).seq
        forbidden = ((bob.token, annas, SECOND), (bob.token, annas, Deletion()), (anna.token, bobs, SECOND), (bob.token, bobs, Pin()))
        for token, target, what in forbidden:
            command = {"conversation_id": group, "message_id": new_id(), "target": target, "what": what}
            assert (await refusal(door, token, command))[0] is Reason.PERMISSION_DENIED, name
        await door.change(anna.token, group, new_id(), bobs, Deletion())
        assert (await message(calls, bob, group, bobs)).state.deleted_by == anna.user_id


async def test_a_message_that_has_left_the_live_view_is_changed_and_answered_all_the_same(
    calls: CallDoor, anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    for _ in range(TAIL_ENTRIES // AT_ONCE + 1):
        await asyncio.gather(*(calls.send(anna.token, conversation_id, new_id(), FIRST) for _ in range(AT_ONCE)))
    edited = await calls.change(anna.token, conversation_id, new_id(), said, SECOND)
    inner = await calls.send(bob.token, conversation_id, new_id(), Body(text="at last", thread=said))
    now = await message(calls, bob, conversation_id, said)
    assert (now.body, now.state.edited_at, now.state.last_reply_seq) == (SECOND, edited.accepted_at, inner.seq)
    with pytest.raises(ChatError) as refused:
        await calls.change(bob.token, conversation_id, new_id(), said, SECOND)
    assert refused.value.reason is Reason.PERMISSION_DENIED
    await calls.change(anna.token, conversation_id, new_id(), said, Deletion())
    assert not (await message(calls, bob, conversation_id, said)).HasField("body")


async def test_who_came_later_changes_nothing_of_what_was_before(
    all_doors: dict[str, Any], api: Api, calls: CallDoor, anna: Account, bob: Account
) -> None:
    group = await api.group(anna, "tea", [bob])
    said = (await calls.send(bob.token, group, new_id(), FIRST)).seq
    await api.call("DELETE", f"/v1/conversations/{group}/members/{bob.user_id}", token=anna.token)
    await api.call("POST", f"/v1/conversations/{group}/members", {"userId": bob.user_id}, anna.token)
    for door in all_doors.values():
        command = {"conversation_id": group, "message_id": new_id(), "target": said, "what": SECOND}
        assert (await refusal(door, bob.token, command))[0] is Reason.NOT_FOUND


@doors(Can.HEAR)
async def test_who_came_later_is_not_told_in_other_words_what_was_said_before(
    door: LineDoor, api: Api, calls: CallDoor, anna: Account, bob: Account
) -> None:
    group = await api.group(anna, "tea", [])
    said = (await calls.send(anna.token, group, new_id(), FIRST)).seq
    await api.call("POST", f"/v1/conversations/{group}/members", {"userId": bob.user_id}, anna.token)
    async with door.connect(bob.token) as bobs, door.connect(anna.token) as annas:
        edited = (await calls.change(anna.token, group, new_id(), said, SECOND)).seq
        for line, body in ((bobs, Body()), (annas, SECOND)):
            entry = await until(line, "entry")
            assert (entry.seq, entry.kind, entry.target, entry.body) == (edited, Entry.EDIT, said, body)
    page = await calls.call(HISTORY["ListMessages"], bob.token, conversation_id=group)
    assert [(one.kind, one.HasField("body")) for one in page.entries] == [(Entry.MEMBERSHIP, False), (Entry.EDIT, False)]

"""Edits and deletions: whose they may be, what they may be about, and that a retry of one is never another."""

from __future__ import annotations

import asyncio

import pytest

from chatkit.core.conversation import GROUP_OWNER
from chatkit.core.ids import REMEMBERED_MS, ConversationId, MessageId, UserId, new_id
from elastic_chat.events.v1 import log_pb2, node_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_router.changes import MAX_PINS, MAX_REACTIONS, mentions_of
from svc_router.store import Membership
from tests.routing import Bench, addition, fresh_id, send

ANNA, BOB, CARL = new_id(), new_id(), new_id()


def change(conversation_id: str, user_id: str, target: int, message_id: str | None = None) -> pb.Command:
    command = pb.Command(correlation=1, user_id=user_id, conversation_id=conversation_id, request_id="r")
    command.change.message_id = message_id or fresh_id()
    command.change.target = target
    return command


def edit(conversation_id: str, user_id: str, target: int, message_id: str | None = None, body: bytes = b"better") -> pb.Command:
    command = change(conversation_id, user_id, target, message_id)
    command.change.edit = body
    return command


def deletion(conversation_id: str, user_id: str, target: int, message_id: str | None = None) -> pb.Command:
    command = change(conversation_id, user_id, target, message_id)
    command.change.deletion.SetInParent()
    return command


async def test_an_edit_is_an_entry_that_points_at_its_message_and_is_not_counted(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    edited = await bench.accepted(edit(conversation_id, ANNA, said.seq))
    await bench.accepted(send(conversation_id, BOB))
    _, message, change, later = bench.entries
    assert (change.kind, change.seq, change.target, change.body) == (entry_pb2.Entry.EDIT, edited.seq, said.seq, b"better")
    assert (message.ordinal, change.ordinal, later.ordinal) == (1, 1, 2)
    assert "message" not in bench.archive.asked


async def test_nodes_are_told_of_an_edit_and_of_nothing_else_what_it_is_an_edit_of(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    bench.sequencer.view.nodes[next(iter(bench.sequencer.view.live))] = {"node"}
    said = await bench.accepted(send(conversation_id, ANNA))
    for command in (edit(conversation_id, ANNA, said.seq), deletion(conversation_id, ANNA, said.seq)):
        await bench.accepted(command)
    told = [event.entry.edited_seq for batch in bench.sequencer.view.told["node"] for event in node_pb2.NodeBatch.FromString(batch).events]
    assert told == [0, said.seq, 0]


async def test_a_deletion_says_what_is_left_of_its_message_and_readers_do_not_get_that(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, BOB))
    bench.sequencer.view.nodes[next(iter(bench.sequencer.view.live))] = {"node"}
    await bench.accepted(deletion(conversation_id, ANNA, said.seq))
    _, message, change = bench.entries
    left = log_pb2.LogEntry.FromString(message.SerializeToString())
    left.ClearField("body")
    assert (change.kind, change.target, change.sender_id, change.erased) == (entry_pb2.Entry.DELETION, said.seq, ANNA, left)
    (told,) = bench.sequencer.view.told["node"]
    assert left.message_id.encode() not in told


async def test_only_whose_message_it_is_may_change_it_and_moderators_may_delete_it(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    annas = await bench.accepted(send(conversation_id, ANNA))
    bobs = await bench.accepted(send(conversation_id, BOB))
    for of in (edit, deletion):
        assert await bench.refused(of(conversation_id, BOB, annas.seq)) == "PERMISSION_DENIED"
        assert await bench.refused(of(conversation_id, CARL, annas.seq)) == "UNKNOWN_CONVERSATION"
    assert await bench.refused(edit(conversation_id, ANNA, bobs.seq)) == "PERMISSION_DENIED"
    assert (await bench.accepted(deletion(conversation_id, ANNA, bobs.seq))).seq == bobs.seq + 1


async def test_a_change_needs_a_message_that_its_user_can_see(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    joined = await bench.accepted(addition(conversation_id, ANNA, CARL))
    assert joined.seq == said.seq + 1
    for target in (1, joined.seq, joined.seq + 1):
        assert await bench.refused(edit(conversation_id, ANNA, target)) == "NOT_FOUND"
    assert await bench.refused(deletion(conversation_id, CARL, said.seq)) == "NOT_FOUND"


async def test_nothing_is_said_in_other_words_once_it_is_deleted_and_it_may_be_deleted_twice(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    message_id = fresh_id()
    edited = await bench.accepted(edit(conversation_id, ANNA, said.seq, message_id))
    first = await bench.accepted(deletion(conversation_id, ANNA, said.seq))
    assert await bench.refused(edit(conversation_id, ANNA, said.seq)) == "NOT_FOUND"
    assert (await bench.accepted(deletion(conversation_id, ANNA, said.seq))).seq == first.seq + 1
    assert (await bench.accepted(edit(conversation_id, ANNA, said.seq, message_id))).seq == edited.seq


async def test_a_change_of_a_conversation_that_the_live_view_has_lost_brings_it_back(bench: Bench) -> None:
    conversation_id = ConversationId(new_id())
    bench.archive.known[conversation_id] = {UserId(ANNA): Membership(GROUP_OWNER, 1)}
    bench.archive.messages[5] = log_pb2.LogEntry(seq=5, kind=entry_pb2.Entry.MESSAGE, sender_id=ANNA)
    assert (await bench.accepted(edit(conversation_id, ANNA, 5))).seq == 1001
    assert await bench.refused(edit(new_id(), ANNA, 5)) == "UNKNOWN_CONVERSATION"


async def test_a_change_that_was_accepted_is_not_refused_when_only_history_knows_it(bench: Bench) -> None:
    """Its message is deleted by now; and the live view has forgotten that it was edited before."""
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    await bench.accepted(deletion(conversation_id, ANNA, said.seq))
    message_id = fresh_id(2 * REMEMBERED_MS)
    bench.archive.found[MessageId(message_id)] = log_pb2.LogEntry(sender_id=ANNA, seq=42)
    assert (await bench.accepted(edit(conversation_id, ANNA, said.seq, message_id))).seq == 42
    assert await bench.refused(edit(conversation_id, ANNA, said.seq, fresh_id(2 * REMEMBERED_MS))) == "NOT_FOUND"


async def test_an_old_message_id_is_looked_up_for_changes_too(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    message_id = fresh_id(2 * REMEMBERED_MS)
    bench.archive.found[MessageId(message_id)] = log_pb2.LogEntry(sender_id=ANNA, seq=42)
    assert (await bench.accepted(edit(conversation_id, ANNA, said.seq, message_id))).seq == 42


async def test_a_message_that_the_tail_has_no_more_is_found_in_history(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    (live,) = bench.sequencer.view.live.values()
    live.tail.clear()
    bench.archive.messages[said.seq] = log_pb2.LogEntry(seq=said.seq, kind=entry_pb2.Entry.MESSAGE, sender_id=ANNA)
    assert (await bench.accepted(edit(conversation_id, ANNA, said.seq))).seq == said.seq + 1
    assert await bench.refused(edit(conversation_id, BOB, said.seq)) == "PERMISSION_DENIED"
    bench.archive.deleted.add(said.seq)
    assert await bench.refused(edit(conversation_id, ANNA, said.seq)) == "NOT_FOUND"
    assert await bench.refused(edit(conversation_id, ANNA, 1)) == "NOT_FOUND"
    assert bench.archive.asked.count("message") == 4


async def test_what_a_user_says_after_an_edit_comes_after_it_though_its_message_must_be_found(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    (live,) = bench.sequencer.view.live.values()
    live.tail.clear()
    bench.archive.messages[said.seq] = log_pb2.LogEntry(seq=said.seq, kind=entry_pb2.Entry.MESSAGE, sender_id=ANNA)
    bench.archive.reachable.clear()
    edited, later = bench.submit(edit(conversation_id, ANNA, said.seq)), bench.submit(send(conversation_id, ANNA))
    bobs = await bench.accepted(send(conversation_id, BOB))
    bench.archive.reachable.set()
    assert [(await one).accepted.seq for one in (edited, later)] == [bobs.seq + 1, bobs.seq + 2]


async def test_a_message_takes_no_look_at_anything(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation_id = await bench.group(ANNA)
    monkeypatch.delattr(type(bench.sequencer), "sight")
    await bench.accepted(send(conversation_id, ANNA))


def reaction(conversation_id: str, user_id: str, target: int) -> pb.Command:
    command = change(conversation_id, user_id, target)
    command.change.reaction.emoji = "👍"
    return command


def pin(conversation_id: str, user_id: str, target: int) -> pb.Command:
    command = change(conversation_id, user_id, target)
    command.change.pin.SetInParent()
    return command


async def test_whoever_reads_a_message_may_react_to_it_and_who_may_pin_pins_it(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    await bench.accepted(reaction(conversation_id, BOB, said.seq))
    await bench.accepted(pin(conversation_id, ANNA, said.seq))
    assert await bench.refused(pin(conversation_id, BOB, said.seq)) == "PERMISSION_DENIED"
    reacted, pinned = bench.entries[2:]
    assert (reacted.kind, reacted.target, reacted.reaction.emoji, reacted.ordinal) == (entry_pb2.Entry.REACTION, said.seq, "👍", 1)
    assert (pinned.kind, pinned.target, pinned.HasField("pin"), pinned.ordinal) == (entry_pb2.Entry.PIN, said.seq, True, 1)


async def test_a_thousand_who_react_at_once_are_all_heard(bench: Bench) -> None:
    users = [new_id() for _ in range(1000)]
    conversation_id = await bench.group(ANNA, *users)
    said = await bench.accepted(send(conversation_id, ANNA))
    results = await asyncio.gather(*(bench.submit(reaction(conversation_id, one, said.seq)) for one in users))
    assert [one.refused for one in results if one.HasField("refused")] == []


def reaction_with(conversation_id: str, emoji: str, target: int, *, removed: bool = False) -> pb.Command:
    command = reaction(conversation_id, ANNA, target)
    command.change.reaction.emoji, command.change.reaction.removed = emoji, removed
    return command


EMOJI = [f":e{number}:" for number in range(2 * MAX_REACTIONS)]


async def test_one_user_has_only_so_many_reactions_on_a_message(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    last = reaction_with(conversation_id, EMOJI[0], said.seq)
    await asyncio.gather(*(bench.accepted(reaction_with(conversation_id, one, said.seq)) for one in EMOJI[1:MAX_REACTIONS]))
    place = await bench.accepted(last)
    assert "reactions" not in bench.archive.asked, "the tail tells that there are not too many"
    reacted, mine = bench.archive.reacted, (UserId(ANNA), ConversationId(conversation_id), said.seq)
    reacted[mine] = EMOJI[:MAX_REACTIONS]
    assert await bench.refused(reaction_with(conversation_id, EMOJI[-1], said.seq)) == "LIMIT_REACHED"
    await bench.accepted(reaction_with(conversation_id, EMOJI[1], said.seq))
    await bench.accepted(reaction(conversation_id, BOB, said.seq))
    await bench.accepted(reaction_with(conversation_id, EMOJI[0], said.seq, removed=True))
    reacted[mine] = EMOJI[1:MAX_REACTIONS]
    await bench.accepted(reaction_with(conversation_id, EMOJI[-1], said.seq))
    reacted[mine] = [*EMOJI[1:MAX_REACTIONS], EMOJI[-1]]
    assert (await bench.accepted(last)).seq == place.seq, "what was accepted once is not refused"


async def test_reactions_that_are_sent_at_once_are_counted_one_after_the_other(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    bench.archive.reacted[UserId(ANNA), ConversationId(conversation_id), said.seq] = EMOJI[:MAX_REACTIONS]
    results = await asyncio.gather(*(bench.submit(reaction_with(conversation_id, one, said.seq)) for one in EMOJI))
    assert [one.HasField("accepted") for one in results] == [True] * MAX_REACTIONS + [False] * MAX_REACTIONS


async def test_of_a_message_that_the_tail_has_no_more_history_tells_how_one_has_reacted(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    (live,) = bench.sequencer.view.live.values()
    live.tail.clear()
    bench.archive.messages[said.seq] = log_pb2.LogEntry(seq=said.seq, kind=entry_pb2.Entry.MESSAGE, sender_id=ANNA)
    bench.archive.reacted[UserId(ANNA), ConversationId(conversation_id), said.seq] = EMOJI[:MAX_REACTIONS]
    assert await bench.refused(reaction(conversation_id, ANNA, said.seq)) == "LIMIT_REACHED"


async def test_a_conversation_has_only_so_many_pins(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    pinned = bench.archive.pinned
    pinned[ConversationId(conversation_id)] = range(1000, 1000 + MAX_PINS)
    assert await bench.refused(pin(conversation_id, ANNA, said.seq)) == "LIMIT_REACHED"
    unpin = pin(conversation_id, ANNA, said.seq)
    unpin.change.pin.unpinned = True
    await bench.accepted(unpin)
    pinned[ConversationId(conversation_id)] = range(said.seq, said.seq + MAX_PINS)
    await bench.accepted(pin(conversation_id, ANNA, said.seq))


async def test_nobody_reacts_to_what_is_deleted_or_pins_it(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    await bench.accepted(deletion(conversation_id, ANNA, said.seq))
    for of in (reaction, pin):
        assert await bench.refused(of(conversation_id, ANNA, said.seq)) == "NOT_FOUND"


def answer(conversation_id: str, user_id: str, *, reply_to: int = 0, thread: int = 0, message_id: str | None = None) -> pb.Command:
    command = send(conversation_id, user_id, message_id)
    command.send.outline.reply_to, command.send.outline.thread = reply_to, thread
    return command


async def test_an_answer_says_in_which_thread_it_is_and_readers_get_no_more_of_that_than_its_body(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    bench.sequencer.view.nodes[ConversationId(conversation_id)] = {"node"}
    await bench.accepted(answer(conversation_id, BOB, reply_to=said.seq, thread=said.seq))
    await bench.accepted(answer(conversation_id, BOB, reply_to=said.seq))
    in_thread, aside = bench.entries[2:]
    assert (in_thread.outline, in_thread.ordinal) == (log_pb2.Outline(thread=said.seq), 2)
    assert not aside.HasField("outline")
    (told, _) = (node_pb2.NodeBatch.FromString(one).events[0].entry for one in bench.sequencer.view.told["node"])
    shown = log_pb2.EntryFrame.FromString(told.frame).entry
    assert (shown.seq, shown.body, shown.HasField("outline")) == (in_thread.seq, in_thread.body, False)


async def test_one_answers_messages_that_one_can_see_and_threads_begin_in_none(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    inner = await bench.accepted(answer(conversation_id, BOB, thread=said.seq))
    await bench.accepted(answer(conversation_id, BOB, reply_to=inner.seq, thread=said.seq))
    assert await bench.refused(answer(conversation_id, BOB, thread=inner.seq)) == "INVALID_ARGUMENT"
    assert await bench.refused(answer(conversation_id, BOB, reply_to=1)) == "NOT_FOUND"
    assert await bench.refused(answer(conversation_id, BOB, reply_to=1000)) == "NOT_FOUND"
    assert await bench.refused(answer(conversation_id, CARL, reply_to=said.seq)) == "UNKNOWN_CONVERSATION"
    await bench.accepted(addition(conversation_id, ANNA, CARL))
    assert await bench.refused(answer(conversation_id, CARL, reply_to=said.seq)) == "NOT_FOUND"


async def test_an_answer_to_what_is_deleted_is_taken_and_one_that_was_taken_is_not_refused(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    said = await bench.accepted(send(conversation_id, ANNA))
    message_id = fresh_id()
    first = await bench.accepted(answer(conversation_id, BOB, reply_to=said.seq, message_id=message_id))
    await bench.accepted(deletion(conversation_id, ANNA, said.seq))
    await bench.accepted(answer(conversation_id, BOB, reply_to=said.seq))
    again = await bench.accepted(answer(conversation_id, BOB, reply_to=1, message_id=message_id))
    assert again.seq == first.seq


async def test_a_thread_that_the_tail_has_no_more_is_looked_at_in_history(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    (live,) = bench.sequencer.view.live.values()
    live.tail.clear()
    root = log_pb2.LogEntry(seq=said.seq, kind=entry_pb2.Entry.MESSAGE, sender_id=ANNA, outline=log_pb2.Outline(thread=1))
    bench.archive.messages[said.seq] = root
    assert await bench.refused(answer(conversation_id, ANNA, thread=said.seq)) == "INVALID_ARGUMENT"
    root.outline.thread = 0
    await bench.accepted(answer(conversation_id, ANNA, thread=said.seq))


async def test_whom_a_message_mentions_is_noted_beside_it_and_to_mention_everyone_takes_a_permission(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    mention = send(conversation_id, BOB)
    mention.send.outline.mentions.append(ANNA)
    await bench.accepted(mention)
    for user_id, refused in ((BOB, True), (ANNA, False)):
        everyone = send(conversation_id, user_id)
        everyone.send.outline.mention_all = True
        assert ((await bench.submit(everyone)).WhichOneof("result") == "refused") is refused
    assert [entry.outline for entry in bench.entries[1:]] == [log_pb2.Outline(mentions=[ANNA]), log_pb2.Outline(mention_all=True)]
    await bench.accepted(deletion(conversation_id, BOB, 2))
    assert bench.entries[-1].erased.outline == log_pb2.Outline(mentions=[ANNA])
    assert "message" not in bench.archive.asked


async def test_a_message_that_is_garbled_in_the_live_view_refuses_its_changes_and_stops_nothing(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    (live,) = bench.sequencer.view.live.values()
    live.tail = [(seq, ordinal, b"\xff") for seq, ordinal, _ in live.tail]
    assert await bench.refused(edit(conversation_id, ANNA, said.seq)) == "INTERNAL"
    await bench.accepted(send(conversation_id, ANNA))


def poll(conversation_id: str, user_id: str, *, multiple: bool = False, closes_s: int = 0) -> pb.Command:
    command = send(conversation_id, user_id)
    ballot = log_pb2.Ballot(option_count=3, multiple=multiple)
    if closes_s:
        ballot.closes_at.seconds = closes_s
    command.send.outline.ballot.CopyFrom(ballot)
    return command


def vote(conversation_id: str, user_id: str, target: int, *options: int, message_id: str | None = None) -> pb.Command:
    command = change(conversation_id, user_id, target, message_id)
    command.change.vote.options.extend(options)
    command.change.vote.SetInParent()
    return command


def closing(conversation_id: str, user_id: str, target: int) -> pb.Command:
    command = change(conversation_id, user_id, target)
    command.change.closing.SetInParent()
    return command


async def test_a_vote_is_an_entry_that_points_at_its_poll_and_votes_for_what_is_there(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    one, several = [(await bench.accepted(poll(conversation_id, ANNA, multiple=multiple))).seq for multiple in (False, True)]
    for target, options in ((one, [2]), (one, []), (several, [0, 2])):
        await bench.accepted(vote(conversation_id, BOB, target, *options))
    for target, options in ((one, [3]), (one, [0, 1]), (several, [0, 3])):
        assert await bench.refused(vote(conversation_id, BOB, target, *options)) == "INVALID_ARGUMENT"
    voted = bench.entries[3:]
    assert {(entry.kind, entry.ordinal) for entry in voted} == {(entry_pb2.Entry.VOTE, 2)}
    assert [(entry.target, list(entry.vote.options)) for entry in voted] == [(one, [2]), (one, []), (several, [0, 2])]
    assert bench.entries[1].outline.ballot.option_count == 3


async def test_nobody_votes_in_what_is_no_poll_or_is_deleted_and_nobody_closes_it(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    said = await bench.accepted(send(conversation_id, ANNA))
    asked = await bench.accepted(poll(conversation_id, ANNA))
    await bench.accepted(deletion(conversation_id, ANNA, asked.seq))
    for target, reason in ((said.seq, "INVALID_ARGUMENT"), (asked.seq, "NOT_FOUND")):
        assert await bench.refused(vote(conversation_id, ANNA, target, 0)) == reason
        assert await bench.refused(closing(conversation_id, ANNA, target)) == reason


async def test_a_poll_that_its_sender_has_closed_takes_no_votes_but_for_those_that_it_took(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    asked = await bench.accepted(poll(conversation_id, BOB))
    message_id = fresh_id()
    first = await bench.accepted(vote(conversation_id, ANNA, asked.seq, 1, message_id=message_id))
    assert await bench.refused(closing(conversation_id, ANNA, asked.seq)) == "PERMISSION_DENIED"
    await bench.accepted(closing(conversation_id, BOB, asked.seq))
    assert (bench.entries[-1].kind, bench.entries[-1].target) == (entry_pb2.Entry.CLOSING, asked.seq)
    assert await bench.refused(vote(conversation_id, ANNA, asked.seq, 2)) == "POLL_CLOSED"
    assert (await bench.accepted(vote(conversation_id, ANNA, asked.seq, 1, message_id=message_id))).seq == first.seq
    await bench.accepted(closing(conversation_id, BOB, asked.seq))


@pytest.mark.parametrize(("before_s", "refused"), [(1, True), (0, True), (-1, False)])
async def test_a_poll_takes_votes_until_it_closes_by_itself(bench: Bench, before_s: int, *, refused: bool) -> None:
    conversation_id = await bench.group(ANNA)
    asked = await bench.accepted(poll(conversation_id, ANNA, closes_s=bench.clock.now_ms() // 1000 - before_s))
    answer = await bench.submit(vote(conversation_id, ANNA, asked.seq, 1))
    assert (answer.WhichOneof("result") == "refused") is refused


async def test_a_poll_that_the_tail_has_no_more_is_looked_at_in_history(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    asked = await bench.accepted(poll(conversation_id, ANNA))
    (live,) = bench.sequencer.view.live.values()
    live.tail.clear()
    bench.archive.messages[asked.seq] = bench.entries[1]
    await bench.accepted(vote(conversation_id, ANNA, asked.seq, 2))
    bench.archive.closed.add(asked.seq)
    assert await bench.refused(vote(conversation_id, ANNA, asked.seq, 2)) == "POLL_CLOSED"


async def test_what_is_forwarded_stays_as_it_was_said_and_may_be_deleted(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA)
    copy = send(conversation_id, ANNA)
    copy.send.outline.forwarded = True
    sent = await bench.accepted(copy)
    assert await bench.refused(edit(conversation_id, ANNA, sent.seq)) == "INVALID_ARGUMENT"
    await bench.accepted(deletion(conversation_id, ANNA, sent.seq))


async def disappearing(bench: Bench, conversation_id: str, ttl_s: int) -> None:
    command = pb.Command(correlation=1, user_id=ANNA, conversation_id=conversation_id)
    command.settings.message_id = fresh_id()
    command.settings.settings.message_ttl_s = ttl_s
    await bench.accepted(command)


async def test_what_changes_a_message_that_disappears_does_so_with_it(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    await disappearing(bench, conversation_id, 60)
    said = await bench.accepted(send(conversation_id, ANNA))
    await disappearing(bench, conversation_id, 0)
    for of in (edit, reaction, pin, deletion):
        await bench.accepted(of(conversation_id, ANNA, said.seq))
    at = bench.clock.now_ms() // 1000 + 60
    message, *changes, deleted = [entry for entry in bench.entries if entry.kind != entry_pb2.Entry.SETTINGS and entry.seq > 1]
    assert [one.expires_at.seconds for one in (message, *changes, deleted.erased)] == [at] * 5
    assert not deleted.HasField("expires_at")
    await bench.accepted(edit(conversation_id, ANNA, (await bench.accepted(send(conversation_id, ANNA))).seq))
    assert not any(entry.HasField("expires_at") for entry in bench.entries[-2:])


async def test_what_has_expired_is_neither_changed_nor_answered_and_a_retry_gets_what_it_got(bench: Bench) -> None:
    conversation_id = await bench.group(ANNA, BOB)
    await disappearing(bench, conversation_id, 60)
    said = await bench.accepted(send(conversation_id, ANNA))
    answering = send(conversation_id, BOB)
    answering.send.outline.reply_to = said.seq
    again = edit(conversation_id, ANNA, said.seq)
    edited = await bench.accepted(again)
    bench.clock.advance(60)
    for of in (edit, reaction, pin, deletion):
        assert await bench.refused(of(conversation_id, ANNA, said.seq)) == "NOT_FOUND"
    assert await bench.refused(answering) == "NOT_FOUND"
    assert (await bench.accepted(again)).seq == edited.seq


async def test_whom_a_message_that_disappears_mentions_is_known_until_then() -> None:
    entry = log_pb2.LogEntry(kind=entry_pb2.Entry.MESSAGE, outline=log_pb2.Outline(mentions=[ANNA, BOB]))
    assert mentions_of(entry) == f"{ANNA},{BOB}"
    entry.expires_at.seconds = 17
    assert mentions_of(entry) == f"17|{ANNA},{BOB}"
    entry.outline.mention_all = True
    assert mentions_of(entry) == "17|*"
    entry.outline.Clear()
    assert mentions_of(entry) == ""

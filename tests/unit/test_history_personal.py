"""What concerns only one user, wherever it is: in the tail of their notes, in the database, or in both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.conversation_preferences import HAS_HIDDEN, Chosen, newest
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id, notes_conversation_id
from chatkit.core.personal import Hidden, Saved, Starred, Waiting
from chatkit.rpc.conversation_preferences import preferences_message, preferences_of
from elastic_chat.events.v1 import log_pb2
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import Mark, Membership, Stored
from svc_history.hiding import counted
from svc_history.kept import Kept
from svc_history.service import HistoryServicer
from svc_history.store import State
from svc_history.store.memory import MemoryConversation
from tests.reading import ANNA, World, reading

BOB = UserId(new_id())


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with reading() as made:
        yield made


def note(world: World, user_id: UserId, conversation_id: ConversationId, **chosen: int) -> int:
    """Let a user choose something, as the log and the tail have it, and return the seq of that."""
    about = entry_pb2.PersonalChange(conversation_id=conversation_id, preferences=preferences_message(chosen))
    return noted(world, user_id, about)


def noted(world: World, user_id: UserId, about: entry_pb2.PersonalChange) -> int:
    notes = notes_conversation_id(user_id)
    made = world.log.setdefault(notes, MemoryConversation(b"notes", members={user_id: Membership(3, 1)}))
    world.live.known[notes] = made
    seq = max(made.entries, default=1) + 1
    entry = log_pb2.LogEntry(conversation_id=notes, seq=seq, message_id=new_id(), sender_id=user_id, kind=entry_pb2.Entry.PERSONAL)
    entry.personal.CopyFrom(about)
    entry.accepted_at.FromMilliseconds(1000 * seq)
    made.entries[seq], made.changes[seq] = Stored(seq, entry.SerializeToString()), seq
    return seq


def write(world: World, user_id: UserId, upto: int) -> None:
    """Let the database have what a user has chosen up to a seq, and the tail no longer."""
    made = world.log[notes_conversation_id(user_id)]
    world.database.known |= world.log
    entries = [log_pb2.LogEntry.FromString(one.entry) for seq, one in made.entries.items() if seq <= upto]
    world.database.chosen[user_id] = newest(
        *(
            {
                ConversationId(one.personal.conversation_id): {
                    name: Chosen(one.seq, value) for name, value in preferences_of(one.personal.preferences).items()
                }
            }
            for one in entries
        )
    )
    stars: dict[tuple[ConversationId, int], Starred | None] = {}
    drafts: dict[tuple[ConversationId, int], Saved | None] = {}
    scheduled: dict[MessageId, Waiting | None] = {}
    for one in entries:
        about, place = one.personal, ConversationId(one.personal.conversation_id)
        if about.HasField("hidden"):
            choices = world.database.chosen[user_id]
            world.database.chosen[user_id] = newest(choices, {place: {HAS_HIDDEN: Chosen(one.seq, 1)}})
            gone = world.database.hiding.setdefault((user_id, place), {})
            gone[about.hidden.seq] = Hidden(about.hidden.ordinal, about.hidden.mentioned)
            stars.pop((place, about.hidden.seq), None)
        if about.HasField("star"):
            stars[place, about.star.seq] = None if about.star.removed else Starred(place, about.star.seq, one.seq)
        if about.HasField("scheduled"):
            message_id, waits = MessageId(about.scheduled.message_id), about.scheduled.state == entry_pb2.ScheduledMessage.WAITING
            scheduled[message_id] = Waiting(place, message_id, about.scheduled.SerializeToString(), one.seq) if waits else None
        if about.HasField("draft"):
            saved = Saved(place, about.draft.thread, about.draft.SerializeToString(), 1000 * one.seq, one.seq)
            drafts[place, about.draft.thread] = saved if about.draft.text else None
    world.database.starring[user_id] = [star for star in stars.values() if star]
    world.database.saved[user_id] = [draft for draft in drafts.values() if draft]
    world.database.scheduled[user_id] = [waiting for waiting in scheduled.values() if waiting]
    world.live.trimmed = world.live.written = upto


@pytest.mark.parametrize("upto", [0, 2, 3, 4, 5])
async def test_of_each_preference_the_newest_counts_wherever_the_tail_begins(world: World, upto: int) -> None:
    tea, coffee = world.conversation(3), world.conversation(2)
    note(world, ANNA, tea, archived=1, pin_position=4)
    note(world, ANNA, coffee, muted_until_ms=7000)
    note(world, ANNA, tea, pin_position=0)
    note(world, ANNA, coffee, notifications=3)
    write(world, ANNA, upto) if upto else None
    assert (await world.reader.summary(ANNA, tea)).preferences == {"archived": 1, "pin_position": 0}
    assert (await world.reader.summary(ANNA, coffee)).preferences == {"muted_until_ms": 7000, "notifications": 3}


async def test_what_the_database_has_of_later_does_not_lose_to_the_tail(world: World) -> None:
    tea = world.conversation(3)
    seq = note(world, ANNA, tea, pin_position=1)
    world.live.trimmed = world.live.written = 1
    world.database.chosen[ANNA] = {tea: {"pin_position": Chosen(seq + 1, 2)}}
    assert (await world.reader.summary(ANNA, tea)).preferences == {"pin_position": 2}


async def test_what_was_chosen_is_there_after_a_loss_of_the_live_view(world: World) -> None:
    tea = world.conversation(3)
    write(world, ANNA, note(world, ANNA, tea, archived=1))
    world.live.known.clear()
    world.live.complete.clear()
    world.live.epoch = "second"
    assert (await world.reader.summary(ANNA, tea)).preferences == {"archived": 1}
    assert world.asked > 0


@pytest.mark.parametrize("is_lost", [True, False])
async def test_nobody_is_told_less_than_was_chosen_while_the_writer_is_stuck(world: World, is_lost: bool) -> None:
    tea = world.conversation(3)
    write(world, ANNA, note(world, ANNA, tea, archived=1))
    if is_lost:
        world.live.known.pop(notes_conversation_id(ANNA))
    else:
        world.live.written = 0  # and yet the tail, which is full, has it no more
    world.live.complete[ANNA] = {tea: 1, notes_conversation_id(ANNA): 1}
    world.stuck = True
    with pytest.raises(ChatError) as refused:
        await world.reader.summary(ANNA, tea)
    assert refused.value.reason is Reason.UNAVAILABLE


async def test_every_list_of_conversations_has_what_its_user_chose_and_nothing_of_others(world: World) -> None:
    tea = world.conversation(3)
    world.log[tea].members[BOB] = Membership(3, 1)
    note(world, ANNA, tea, archived=1)
    note(world, BOB, tea, pin_position=9)
    for user_id, chosen in ((ANNA, {"archived": 1}), (BOB, {"pin_position": 9})):
        listed = dict(await world.reader.conversations(user_id))
        assert listed[tea].preferences == chosen
        assert listed.keys() == {tea, notes_conversation_id(user_id)}
        assert dict((await world.sync(user_id, {tea: 3}, list_all=True)).states)[tea].preferences == chosen
        assert (await world.reader.summary(user_id, tea)).preferences == chosen


async def test_as_long_as_the_tail_of_the_notes_has_all_of_it_the_database_is_not_asked(world: World, kept: Kept) -> None:
    tea = talk(world)
    for step in (hide(tea, 2), star(tea, 3), draft(tea, "one")):
        noted(world, ANNA, step)
    assert shown((await world.reader.page(ANNA, tea, 1, 0, 10)).entries) == {}
    assert shown((await world.reader.page(ANNA, tea, 3, 0, 10)).entries) == {1: "words of 1", 2: "hidden"}
    await world.sync(ANNA, {tea: 1}, list_all=True)
    assert len((await kept.stars(ANNA, 0, 2))[0]) == len(await kept.drafts(ANNA)) == 1
    assert (world.database.reads, world.asked) == (0, 0)


async def test_of_who_has_no_notes_nobody_is_asked(world: World) -> None:
    tea = world.conversation(3)
    world.live.complete[ANNA] = {tea: 1}
    await world.reader.conversations(ANNA)
    assert (world.database.reads, world.asked) == (0, 0)


def talk(world: World, words: int = 5) -> ConversationId:
    """Make a conversation of so many messages, the first at 1, whose tail has nothing of it any more if the notes' has not."""
    conversation_id = world.conversation(words)
    made = world.log[conversation_id]
    for seq in range(1, words + 1):
        entry = log_pb2.LogEntry(conversation_id=conversation_id, seq=seq, kind=entry_pb2.Entry.MESSAGE, ordinal=seq)
        entry.body = entry_pb2.Body(text=f"words of {seq}").SerializeToString()
        made.entries[seq] = Stored(seq, entry.SerializeToString())
    return conversation_id


def hide(place: ConversationId, seq: int) -> entry_pb2.PersonalChange:
    return entry_pb2.PersonalChange(conversation_id=place, hidden=entry_pb2.HiddenMessage(seq=seq, ordinal=seq))


def star(place: ConversationId, seq: int, *, removed: bool = False) -> entry_pb2.PersonalChange:
    return entry_pb2.PersonalChange(conversation_id=place, star=entry_pb2.Star(seq=seq, removed=removed))


def draft(place: ConversationId, text: str, thread: int = 0) -> entry_pb2.PersonalChange:
    return entry_pb2.PersonalChange(conversation_id=place, draft=entry_pb2.Draft(text=text, thread=thread))


def shown(entries: Sequence[Stored]) -> dict[int, str]:
    """Return what entries say; of those that are hidden, that they are."""
    read = [entry_pb2.Entry.FromString(one.entry) for one in entries]
    return {one.seq: "hidden" if one.state.hidden and not one.HasField("body") else one.body.text for one in read}


@pytest.mark.parametrize("upto", [0, 2, 3])
async def test_what_is_hidden_is_so_on_pages_and_in_what_is_caught_up_with(world: World, upto: int) -> None:
    tea = talk(world)
    noted(world, ANNA, hide(tea, 2))
    noted(world, ANNA, hide(tea, 5))
    write(world, ANNA, upto) if upto else None
    wanted = {1: "words of 1", 2: "hidden", 3: "words of 3", 4: "words of 4", 5: "hidden"}
    assert shown((await world.reader.page(ANNA, tea, 0, 0, 10)).entries) == wanted
    for list_all in (False, True):
        synced = await world.sync(ANNA, {tea: 1}, list_all=list_all)
        assert shown(synced.entries) == {seq: wanted[seq] for seq in (2, 3, 4, 5)}
    for state in (await world.reader.summary(ANNA, tea), dict(synced.states)[tea]):
        assert state.hidden_count == 2
        assert (last := state.last(world.clock.now_ms())) is not None
        assert shown([last]) == {5: "hidden"}
    assert shown((await world.reader.message(ANNA, tea, 4)).entries) == {4: "words of 4"}
    with pytest.raises(ChatError) as refused:
        await world.reader.message(ANNA, tea, 5)
    assert refused.value.reason is Reason.NOT_FOUND
    assert shown((await world.reader.message(ANNA, tea, 5, include_hidden=True)).entries) == {5: "words of 5"}


async def test_an_edit_of_what_is_hidden_says_nothing_either(world: World) -> None:
    tea = talk(world)
    edit = log_pb2.LogEntry(conversation_id=tea, seq=6, kind=entry_pb2.Entry.EDIT, target=2)
    edit.body = entry_pb2.Body(text="in other words").SerializeToString()
    world.log[tea].entries[6], world.log[tea].changes[6] = Stored(6, edit.SerializeToString()), 2
    assert shown((await world.sync(ANNA, {tea: 5})).entries) == {6: "in other words"}
    noted(world, ANNA, hide(tea, 2))
    assert shown((await world.sync(ANNA, {tea: 5})).entries) == {6: ""}


MEMBER, READ = Membership(3, 1), Mark(3, 3, 3)


@pytest.mark.parametrize(
    ("hidden", "count", "mentions"),
    [
        ({}, 0, 2),
        ({3: Hidden(3, mentioned=True)}, 0, 2),
        ({4: Hidden(4, mentioned=False)}, 1, 2),
        ({4: Hidden(4, mentioned=True), 5: Hidden(5, mentioned=True)}, 2, 0),
        ({seq: Hidden(seq, mentioned=True) for seq in range(1, 10)}, 6, 0),
    ],
)
def test_what_is_hidden_counts_as_unread_no_more(hidden: dict[int, Hidden], count: int, mentions: int) -> None:
    found = counted(State(b"", 9, 9, MEMBER, READ, None, mention_count=2), hidden)
    assert (found.hidden_count, found.mention_count) == (count, mentions)


@pytest.fixture
def kept(world: World) -> Kept:
    return world.kept


@pytest.mark.parametrize("upto", [0, *range(2, 9)])
async def test_of_each_message_the_newest_that_was_said_of_its_star_counts_wherever_the_tail_begins(
    world: World, kept: Kept, upto: int
) -> None:
    tea, coffee = talk(world), talk(world)
    steps = [star(tea, 1), star(coffee, 1), star(tea, 2), star(tea, 1, removed=True), star(coffee, 2), hide(coffee, 2), star(tea, 1)]
    for step in steps:
        noted(world, ANNA, step)
    write(world, ANNA, upto) if upto else None
    found, more, count = await kept.stars(ANNA, 0, 2)
    assert [(one, shown(page.entries)[one.seq]) for one, page in found] == [
        (Starred(tea, 1, 8), "words of 1"),
        (Starred(tea, 2, 4), "words of 2"),
    ]
    assert (more, count) == (4, 3)
    found, more, _ = await kept.stars(ANNA, more, 2)
    assert ([one for one, _ in found], more) == ([Starred(coffee, 1, 3)], 0)


@pytest.mark.parametrize("upto", [0, *range(2, 7)])
async def test_of_each_place_the_newest_draft_counts_wherever_the_tail_begins(world: World, kept: Kept, upto: int) -> None:
    tea, coffee = talk(world), talk(world)
    steps = [draft(tea, "one"), draft(tea, "in a thread", 2), draft(coffee, "two"), draft(tea, "three"), draft(coffee, "")]
    for step in steps:
        noted(world, ANNA, step)
    write(world, ANNA, upto) if upto else None
    found = [(one.conversation_id, one.thread, one.saved_ms, one.saved_seq) for one in await kept.drafts(ANNA)]
    assert found == [(tea, 0, 5000, 5), (tea, 2, 3000, 3)]
    world.log[tea].members.clear()
    world.live.complete[ANNA].pop(tea)
    assert await kept.drafts(ANNA) == []


def waits(message_id: str, text: str) -> entry_pb2.PersonalChange:
    scheduled = entry_pb2.ScheduledMessage(message_id=message_id, state=entry_pb2.ScheduledMessage.WAITING, body=entry_pb2.Body(text=text))
    return entry_pb2.PersonalChange(conversation_id=new_id(), scheduled=scheduled)


@pytest.mark.parametrize("upto", [0, *range(2, 6)])
async def test_of_each_message_that_waits_the_newest_entry_counts_wherever_the_tail_begins(world: World, kept: Kept, upto: int) -> None:
    talk(world)
    one, other = new_id(), new_id()
    sent = entry_pb2.ScheduledMessage(message_id=other, state=entry_pb2.ScheduledMessage.SENT)
    changed = waits(one, "second")
    for step in (waits(one, "first"), waits(other, "x"), changed, entry_pb2.PersonalChange(conversation_id=new_id(), scheduled=sent)):
        noted(world, ANNA, step)
    write(world, ANNA, upto) if upto else None
    (found,) = await kept.waiting(ANNA)
    assert (found.message_id, found.scheduled, found.seq) == (one, changed.scheduled.SerializeToString(), 4)


async def test_of_who_keeps_nothing_nobody_is_asked(world: World, kept: Kept) -> None:
    talk(world)
    assert (await kept.stars(ANNA, 0, 2), await kept.drafts(ANNA), await kept.waiting(ANNA)) == (([], 0, 0), [], [])
    assert (world.database.reads, world.asked) == (0, 0)


async def test_how_several_users_have_a_conversation_is_told_in_their_order(world: World) -> None:
    tea, carol = world.conversation(3), UserId(new_id())
    note(world, ANNA, tea, notifications=2)
    note(world, BOB, ConversationId(new_id()), notifications=3)
    assert await world.reader.preferences([carol, ANNA, BOB], tea) == [{}, {"notifications": 2}, {}]


async def test_what_is_unread_is_counted_where_something_is_and_with_what_its_user_chose(world: World) -> None:
    tea, _ = world.conversation(3), world.conversation(1)
    note(world, ANNA, tea, notifications=2)
    nobody: Any = None
    service = HistoryServicer(world.reader, nobody, nobody, nobody, ManualClock())
    answer = await service.CountUnread(pb.CountUnreadRequest(user_id=ANNA), None)
    listed = (await world.reader.summary(ANNA, tea)).mention_count
    assert [(one.conversation_id, one.unread_count, one.mention_count) for one in answer.conversations] == [(tea, 2, listed)]
    assert preferences_of(answer.conversations[0].preferences) == {"notifications": 2}

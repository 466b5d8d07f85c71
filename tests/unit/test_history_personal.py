"""What concerns only one user, wherever it is: in the tail of their notes, in the database, or in both."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatkit.core.conversation_preferences import Chosen, newest
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId, new_id, notes_conversation_id
from chatkit.rpc.conversation_preferences import preferences_message, preferences_of
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import Membership, Stored
from svc_history.store.memory import MemoryConversation
from tests.reading import ANNA, World, reading

BOB = UserId(new_id())


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with reading() as made:
        yield made


def note(world: World, user_id: UserId, conversation_id: ConversationId, **chosen: int) -> int:
    """Let a user choose something, as the log and the tail have it, and return the seq of that."""
    notes = notes_conversation_id(user_id)
    made = world.log.setdefault(notes, MemoryConversation(b"notes", members={user_id: Membership(3, 1)}))
    world.live.known[notes] = made
    seq = max(made.entries, default=1) + 1
    entry = log_pb2.LogEntry(conversation_id=notes, seq=seq, message_id=new_id(), sender_id=user_id, kind=entry_pb2.Entry.PERSONAL)
    entry.personal.conversation_id = conversation_id
    entry.personal.preferences.CopyFrom(preferences_message(chosen))
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
    world.database.chosen[ANNA] = {tea: {"pin_position": Chosen(seq + 1, 2)}}
    assert (await world.reader.summary(ANNA, tea)).preferences == {"pin_position": 2}


async def test_what_was_chosen_is_there_after_a_loss_of_the_live_view(world: World) -> None:
    tea = world.conversation(3)
    write(world, ANNA, note(world, ANNA, tea, archived=1))
    world.live.known.clear()
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


async def test_of_who_has_no_notes_nobody_is_asked(world: World) -> None:
    tea = world.conversation(3)
    world.live.complete[ANNA] = {tea: 1}
    await world.reader.conversations(ANNA)
    assert (world.database.reads, world.asked) == (0, 0)

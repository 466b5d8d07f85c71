"""Reading while the writer lags, after a loss of the live view, and for someone who was away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from elastic_chat.events.v1 import log_pb2
from svc_history.core import CALL_BYTES, LAST_BYTES, SYNC_BYTES, SYNC_ENTRIES, Mark, Stored
from svc_history.reader import Ask
from svc_history.store import Look, Question
from svc_history.store.memory import MemoryConversation
from tests.reading import ANNA, World, reading

BOB = UserId(new_id())


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with reading() as made:
        yield made


async def test_five_hundred_conversations_are_caught_up_in_one_call_without_the_database(world: World) -> None:
    cursors = {world.conversation(3): 1 for _ in range(500)}
    synced = await world.sync(ANNA, cursors)
    assert len(synced.entries) == 1000
    assert synced.positions == [(one, 3) for one in cursors]
    assert (synced.more, synced.gone) == ([], [])
    assert synced.marks == {key: {ANNA: Mark(1, 1, 1)} for key in cursors}
    assert (world.database.reads, world.asked) == (0, 0)


async def test_an_answer_is_windowed_by_conversation_and_in_all(world: World) -> None:
    long = world.conversation(SYNC_ENTRIES + 50)
    synced = await world.sync(ANNA, {long: 0})
    assert synced.positions == [(long, SYNC_ENTRIES)]
    assert synced.more == [long]
    large = [world.conversation(8, size=SYNC_BYTES // 100) for _ in range(120)]
    synced = await world.sync(ANNA, dict.fromkeys(large, 0))
    assert sum(len(one.entry) for one in synced.entries) < 10 * SYNC_BYTES
    assert synced.more
    assert {one for one, _ in synced.positions} | set(synced.more) == set(large)


async def test_one_call_lists_everything_and_catches_up_with_what_is_known(world: World) -> None:
    known, other, none_of_hers = world.conversation(3), world.conversation(2), ConversationId(new_id())
    await world.live.remember(world.live.epoch, ANNA, {known: 1, other: 1})
    synced = await world.sync(ANNA, {known: 2, none_of_hers: 5}, list_all=True)
    assert {one for one, _ in synced.states} == {known, other}
    assert (synced.positions, synced.gone, len(synced.entries)) == ([(known, 3)], [none_of_hers], 1)


async def test_many_are_answered_at_once_as_each_alone_would_be_as_far_as_an_answer_goes(world: World) -> None:
    large = [world.conversation(8, size=SYNC_BYTES // 20) for _ in range(120)]
    asks = [Ask(ANNA, dict.fromkeys(large[n : n + 30], 0)) for n in range(0, 120, 10)]
    asks[3:3] = [Ask(ANNA, {}), Ask(BOB, {large[0]: 0})]
    synced = await world.reader.sync(asks)
    assert 4 < len(synced) < len(asks)
    assert sum(one.size for one in synced) < 3 * CALL_BYTES
    assert synced[4].gone == [large[0]]
    for ask, one in zip(asks, synced, strict=False):
        assert {name for name, _ in one.positions} | set(one.more) | set(one.gone) == set(ask.cursors)
        for name, seq in one.positions:
            assert (name in one.more) is (seq < 8)


async def test_someone_with_very_many_large_conversations_is_told_of_all_and_given_the_newest_entries_of_some(world: World) -> None:
    large = [world.conversation(1, size=16_000) for _ in range(300)]
    await world.live.remember(world.live.epoch, ANNA, dict.fromkeys(large, 1))
    synced = await world.sync(ANNA, {}, list_all=True)
    assert {one for one, _ in synced.states} == set(large)
    given = [state.newest for _, state in synced.states]
    assert 0 < sum(len(one.entry) for one in given if one) <= LAST_BYTES
    assert None not in given[: given.index(None)]
    assert set(given[given.index(None) :]) == {None}


async def test_lists_count_towards_what_one_call_may_bring(world: World) -> None:
    large = [world.conversation(1, size=16_000) for _ in range(100)]
    await world.live.remember(world.live.epoch, ANNA, dict.fromkeys(large, 1))
    synced = await world.reader.sync([Ask(ANNA, {}, list_all=True) for _ in range(20)])
    assert 1 <= len(synced) < 20
    assert sum(one.weight for one in synced) < 2 * CALL_BYTES


async def test_a_member_whose_joining_is_not_shown_yet_is_not_shown_what_was_before_it(world: World) -> None:
    conversation_id = world.conversation(3, joined=4)
    assert (await world.reader.conversation(ANNA, conversation_id)).last(0) is None
    await world.live.remember(world.live.epoch, ANNA, {conversation_id: 4})
    assert [state.last(0) for _, state in (await world.sync(ANNA, {}, list_all=True)).states] == [None]
    assert (await world.reader.page(ANNA, conversation_id, 0, 0, 10)).entries == []
    joined = world.conversation(4, joined=4)
    last = (await world.reader.conversation(ANNA, joined)).last(0)
    assert last is not None
    assert last.seq == 4


async def test_a_page_begins_where_a_member_has_joined_whichever_way_it_is_read(world: World) -> None:
    late = world.conversation(300, joined=200)
    for before, after in ((0, 0), (0, 1), (230, 0), (0, 220)):
        page = await world.reader.page(ANNA, late, before, after, 50)
        seqs = [one.seq for one in page.entries]
        first = max(200, after + 1) if after else max(200, (before or 301) - 50)
        last = min(300, first + 49) if after else (before or 301) - 1
        assert (page.head, seqs) == (300, list(range(first, last + 1)))
        assert page.has_more is (last < 300 if after else first > 200)


async def test_a_page_has_everything_up_to_the_head_that_comes_with_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if the head is read later than the tail: after a connection that broke, the two may come in any order."""
    conversation_id = world.conversation(10)
    look = world.live.look

    async def late(questions: Sequence[Question], now_ms: int) -> list[Look | None]:
        await asyncio.sleep(0.01)
        made = world.live.known[conversation_id]
        made.entries[11] = Stored(11, log_pb2.LogEntry(conversation_id=conversation_id, seq=11).SerializeToString())
        return await look(questions, now_ms)

    monkeypatch.setattr(world.live, "look", late)
    page = await world.reader.page(ANNA, conversation_id, 0, 0, 50)
    assert (page.head, [one.seq for one in page.entries]) == (11, list(range(1, 12)))


async def test_who_is_in_a_conversation_no_longer_is_told_so_and_given_nothing(world: World) -> None:
    there, nowhere = world.conversation(3), ConversationId(new_id())
    synced = await world.sync(BOB, {there: 0, nowhere: 0})
    assert (synced.entries, synced.positions, synced.gone) == ([], [], [there, nowhere])


async def test_what_has_left_the_tail_and_is_not_written_is_waited_for_and_never_left_out(world: World) -> None:
    conversation_id = world.conversation(100)
    world.live.trimmed = 60
    world.stuck = True
    with pytest.raises(ChatError) as refusal:
        await world.reader.page(ANNA, conversation_id, 0, 10, 100)
    assert refusal.value.reason is Reason.UNAVAILABLE
    newest = await world.reader.page(ANNA, conversation_id, 0, 0, 20)
    assert [one.seq for one in newest.entries] == list(range(81, 101))
    world.stuck = False
    page = await world.reader.page(ANNA, conversation_id, 0, 10, 100)
    assert [one.seq for one in page.entries] == list(range(11, 101))


async def test_what_the_live_view_has_lost_is_read_from_the_database_once_that_has_everything(world: World) -> None:
    conversation_id = world.conversation(5)
    world.live.known.clear()
    world.live.epoch = "second"
    world.stuck = True
    with pytest.raises(ChatError) as refusal:
        await world.reader.conversations(ANNA)
    assert refusal.value.reason is Reason.UNAVAILABLE
    world.stuck = False
    ((found, state),) = await world.reader.conversations(ANNA)
    assert (found, state.head_seq) == (conversation_id, 5)
    asked = world.asked
    await world.reader.conversations(ANNA)
    assert world.asked == asked


async def test_who_left_while_their_conversations_were_looked_up_is_not_put_back(world: World) -> None:
    stays, left = world.conversation(3), world.conversation(3)
    world.live.complete.clear()
    world.database.known |= {one: replace(world.log[one]) for one in (stays, left)}
    world.live.known[left] = replace(world.log[left], members={})
    world.live.left[ANNA, left] = 3
    world.live.known.pop(stays)
    assert await world.reader.memberships([ANNA]) == [{stays: 1}]
    assert await world.reader.memberships([ANNA]) == [{stays: 1}]


@pytest.mark.parametrize(("trimmed", "written", "asks"), [(0, 0, False), (0, 3, False), (4, 4, False), (4, 2, True)])
async def test_a_message_is_found_wherever_it_is(world: World, trimmed: int, written: int, asks: bool) -> None:
    conversation_id = world.conversation(5)
    made = world.log[conversation_id]
    world.live.trimmed, world.live.written = trimmed, written
    world.live.known[conversation_id] = MemoryConversation(
        b"c", 5, made.members, made.marks, {seq: one for seq, one in made.entries.items() if seq > trimmed}
    )
    world.database.known[conversation_id] = MemoryConversation(
        b"c", 5, made.members, made.marks, {seq: one for seq, one in made.entries.items() if seq <= written}, made.ids
    )
    for message_id, seq in made.ids.items():
        found = await world.reader.find(conversation_id, message_id)
        assert found == made.entries[seq], seq
    assert bool(world.asked) is asks
    assert await world.reader.find(conversation_id, MessageId(new_id())) is None


async def test_questions_that_come_together_are_asked_once_and_never_share_one_that_began_before_them(world: World) -> None:
    first = asyncio.ensure_future(world.certainty.now())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert world.asked == 1
    later = [asyncio.ensure_future(world.certainty.now()) for _ in range(5)]
    await asyncio.gather(first, *later)
    assert world.asked == 2

"""What has expired is shown nowhere from that moment, wherever it still lies: in the tail, in the database, or in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId, new_id
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.blocks import BLOCK, MARGIN_MS, Blocks
from svc_history.core import Mark, Membership, Range, Stored
from svc_history.expiry import MARK
from svc_history.fold import fold
from svc_history.store.memory import MemoryConversation, MemoryTimeline
from tests.reading import ANNA, World, reading

Kind = entry_pb2.Entry
LIFE_S = 60
STEPS = [(0, Kind.MESSAGE), (2, Kind.EDIT), (2, Kind.REACTION), (2, Kind.PIN), (0, Kind.MESSAGE)]
"""From seq 2 on; 1 and 7 are messages that stay. 2 and 6 are in the thread of 1, and 2 mentions Anna."""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with reading() as made:
        yield made


def conversation(world: World) -> ConversationId:
    made = MemoryConversation(b"c", 3, {ANNA: Membership(3, 1)}, {ANNA: Mark(1, 1, 1)})
    conversation_id = ConversationId(new_id())
    at_s = world.clock.now_ms() // 1000 + LIFE_S
    for seq, (target, kind) in enumerate([(0, Kind.MESSAGE), *STEPS, (0, Kind.MESSAGE)], 1):
        entry = log_pb2.LogEntry(conversation_id=conversation_id, seq=seq, message_id=new_id(), kind=kind, target=target, sender_id=ANNA)
        entry.ordinal, entry.body = seq, entry_pb2.Body(text=f"words {seq}").SerializeToString()
        if 1 < seq < 7:
            entry.expires_at.seconds = at_s
        if seq in {2, 6}:
            entry.outline.thread = 1
        if kind == Kind.REACTION:
            entry.reaction.emoji = "👍"
        made.entries[seq] = Stored(seq, entry.SerializeToString())
        if target or entry.outline.thread:
            made.changes[seq] = target or entry.outline.thread
    made.mentions[2] = {ANNA}
    world.log[conversation_id] = world.live.known[conversation_id] = made
    return conversation_id


def parsed(entries: list[Stored]) -> dict[int, log_pb2.LogEntry]:
    return {one.seq: log_pb2.LogEntry.FromString(one.entry) for one in entries}


def blank(world: World, conversation_id: ConversationId, seq: int) -> log_pb2.LogEntry:
    at = log_pb2.LogEntry.FromString(world.log[conversation_id].entries[seq].entry).expires_at
    return log_pb2.LogEntry(conversation_id=conversation_id, seq=seq, ordinal=seq, expires_at=at)


@pytest.mark.parametrize("trimmed", [0, 1, 4, 7])
async def test_of_what_has_expired_readers_are_shown_the_place_and_nothing_else(world: World, trimmed: int) -> None:
    conversation_id = conversation(world)
    world.live.trimmed = world.live.written = trimmed
    world.database.known |= world.log
    stored = parsed(list(world.log[conversation_id].entries.values()))
    world.clock.advance(LIFE_S - 0.001)
    page = await world.reader.page(ANNA, conversation_id, 0, 0, 50)
    assert parsed(list(page.entries)) == stored
    assert fold(page.changes.to(2), page.head, ANNA).state.pinned
    wanted = {seq: blank(world, conversation_id, seq) if 1 < seq < 7 else stored[seq] for seq in stored}
    for passed_s in (0.001, 100):
        world.clock.advance(passed_s)
        page = await world.reader.page(ANNA, conversation_id, 0, 0, 50)
        assert parsed(list(page.entries)) == wanted
        assert page.changes.to(2) == ()
        root = fold(page.changes.to(1), page.head, ANNA).state
        assert (root.reply_count, root.last_reply_seq) == (0, 0)
        synced = await world.sync(ANNA, {conversation_id: 1})
        assert parsed(synced.entries) == {seq: wanted[seq] for seq in range(2, 8)}
        assert synced.positions == [(conversation_id, 7)]


@pytest.mark.parametrize("trimmed", [0, 1, 4, 7])
async def test_what_has_expired_is_not_found_by_itself_nor_among_pins_threads_and_mentions(world: World, trimmed: int) -> None:
    conversation_id = conversation(world)
    world.live.trimmed = world.live.written = trimmed
    world.database.known |= world.log
    assert [one.seq for one in (await world.reader.pins(ANNA, conversation_id)).entries] == [2]
    assert [one.seq for one in (await world.reader.thread(ANNA, conversation_id, 1, 0, 0, 50)).entries] == [2, 6]
    assert (await world.reader.conversation(ANNA, conversation_id)).mention_count == 1
    assert len((await world.reader.wordings(ANNA, conversation_id, 2, 0, 50))[0]) == 2
    world.clock.advance(LIFE_S)
    assert not (await world.reader.pins(ANNA, conversation_id)).entries
    assert not (await world.reader.thread(ANNA, conversation_id, 1, 0, 0, 50)).entries
    assert (await world.reader.conversation(ANNA, conversation_id)).mention_count == 0
    for asked in (
        world.reader.message(ANNA, conversation_id, 2),
        world.reader.wordings(ANNA, conversation_id, 2, 0, 50),
        world.reader.thread(ANNA, conversation_id, 2, 0, 0, 50),
    ):
        with pytest.raises(ChatError) as refused:
            await asked
        assert refused.value.reason is Reason.NOT_FOUND


async def test_the_newest_entry_of_a_conversation_is_not_told_once_it_has_expired(world: World) -> None:
    conversation_id = conversation(world)
    del world.log[conversation_id].entries[7]
    state = await world.reader.conversation(ANNA, conversation_id)
    now_ms = world.clock.now_ms()
    assert state.last(now_ms) == state.newest
    assert state.last(now_ms + LIFE_S * 1000) is None
    assert (state.head_seq, state.newest and state.newest.seq) == (6, 6)


async def test_old_entries_are_not_kept_in_memory_beyond_their_time() -> None:
    clock, conversation_id = ManualClock(), ConversationId(new_id())
    timeline, at_s = MemoryTimeline(clock), clock.now_ms() // 1000 + LIFE_S
    entries = {seq: log_pb2.LogEntry(seq=seq, kind=Kind.MESSAGE, body=b"words") for seq in range(1, BLOCK + 1)}
    entries[5].expires_at.seconds = at_s
    timeline.known[conversation_id] = MemoryConversation(
        b"c", entries={seq: Stored(seq, one.SerializeToString()) for seq, one in entries.items()}
    )
    blocks, page = Blocks(timeline, clock, 1_000_000), Range(0, BLOCK + 1, BLOCK, backwards=False)
    for _ in range(2):
        assert parsed(await blocks.read(conversation_id, page))[5].body == b"words"
    assert timeline.reads == 1
    clock.advance(LIFE_S + MARGIN_MS / 1000)
    for _ in range(2):
        assert parsed(await blocks.read(conversation_id, page))[5].body == b""
    assert timeline.reads == 2


def test_what_disappears_is_known_by_its_bytes() -> None:
    entry = log_pb2.LogEntry(seq=1, message_id=new_id(), sender_id=UserId(new_id()))
    assert MARK not in entry.SerializeToString()
    entry.expires_at.seconds = 1
    assert MARK in entry.SerializeToString()

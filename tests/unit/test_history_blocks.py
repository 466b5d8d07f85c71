"""Old entries in memory: the same as in the database, whatever has been asked before and is added later."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, new_id
from svc_history.blocks import BLOCK, ENTRY_BYTES, Blocks
from svc_history.core import END, Range, Stored
from svc_history.store.memory import MemoryConversation, MemoryTimeline

CONVERSATION = ConversationId(new_id())
SEQS = 5 * BLOCK
seqs = st.integers(1, SEQS)
pages = st.builds(Range, st.integers(0, SEQS), seqs, st.integers(1, 200), st.booleans())


def timeline_of(entries: set[int]) -> MemoryTimeline:
    timeline = MemoryTimeline()
    timeline.known[CONVERSATION] = MemoryConversation(b"c", entries={seq: Stored(seq, b"%d" % seq) for seq in sorted(entries)})
    return timeline


def write(timeline: MemoryTimeline, seq: int) -> None:
    entries = timeline.known[CONVERSATION].entries
    entries[seq] = Stored(seq, b"%d" % seq)
    timeline.known[CONVERSATION].entries = dict(sorted(entries.items()))


@given(
    st.lists(st.tuples(seqs, st.integers(1, 2 * BLOCK))),
    st.lists(pages, min_size=1, max_size=6),
    st.sampled_from((0, 20_000, 1_000_000)),
    st.lists(st.integers(0, SEQS), max_size=6),
)
def test_pages_are_those_of_the_database(gaps: list[tuple[int, int]], asked: list[Range], limit: int, late: list[int]) -> None:
    """Whatever is missing, for good or until it is written late."""
    missing = sorted({seq for start, length in gaps for seq in range(start, start + length)})

    async def compare() -> None:
        timeline = timeline_of(set(range(1, SEQS + 1)).difference(missing))
        blocks = Blocks(timeline, ManualClock(), limit)
        for place in [None, *late]:
            if place is not None and missing:
                write(timeline, missing[place % len(missing)])
            for page in asked:
                assert await blocks.read(CONVERSATION, page) == await timeline.read(CONVERSATION, page)

    asyncio.run(compare())


async def test_what_lacks_and_comes_late_is_shown_then() -> None:
    timeline = timeline_of(set(range(1, SEQS + 1)) - {70})
    blocks, page = Blocks(timeline, ManualClock(), 1_000_000), Range(60, 81, 20, backwards=True)
    assert 70 not in [one.seq for one in await blocks.read(CONVERSATION, page)]
    write(timeline, 70)
    assert 70 in [one.seq for one in await blocks.read(CONVERSATION, page)]


async def test_what_is_behind_a_wide_gap_is_found() -> None:
    timeline = timeline_of(set(range(2 * BLOCK + 1, 3 * BLOCK + 1)))
    forwards, backwards = Range(0, SEQS + 1, 1, backwards=False), Range(0, SEQS + 1, 1, backwards=True)
    blocks = Blocks(timeline, ManualClock(), 1_000_000)
    assert [one.seq for one in await blocks.read(CONVERSATION, forwards)] == [2 * BLOCK + 1, 2 * BLOCK + 2]
    assert [one.seq for one in await blocks.read(CONVERSATION, backwards)] == [3 * BLOCK - 1, 3 * BLOCK]


async def test_the_newest_of_all_is_read_as_it_is() -> None:
    timeline = timeline_of(set(range(1, SEQS + 1)))
    found = await Blocks(timeline, ManualClock(), 1_000_000).read(CONVERSATION, Range(0, END, 1, backwards=True))
    assert ([one.seq for one in found], timeline.reads) == ([SEQS - 1, SEQS], 1)


async def test_what_is_written_for_good_is_read_once() -> None:
    timeline = timeline_of(set(range(1, SEQS + 1)))
    blocks = Blocks(timeline, ManualClock(), 1_000_000)
    for before in (200, 190, 150, 200):
        page = Range(0, before, 50, backwards=True)
        assert [one.seq for one in await blocks.read(CONVERSATION, page)] == list(range(before - 51, before))
    assert timeline.reads == 3


async def test_only_so_much_is_kept_and_what_was_needed_last() -> None:
    timeline = timeline_of(set(range(1, SEQS + 1)))
    blocks = Blocks(timeline, ManualClock(), 2 * BLOCK * (ENTRY_BYTES + 3))
    for number in (0, 1, 0, 2, 0, 1):
        await blocks.read(CONVERSATION, Range(number * BLOCK, (number + 1) * BLOCK + 1, BLOCK, backwards=False))
    assert timeline.reads == 4


async def test_who_asks_for_the_same_at_the_same_time_shares_the_answer_and_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = timeline_of(set(range(1, SEQS + 1)))
    blocks = Blocks(timeline, ManualClock(), 0)
    failing = True
    read = timeline.read

    async def slow(conversation_id: ConversationId, page: Range) -> list[Stored]:
        found = await read(conversation_id, page)
        await asyncio.sleep(0.01)
        if failing:
            raise ChatError(Reason.UNAVAILABLE)
        return found

    monkeypatch.setattr(timeline, "read", slow)
    page = Range(0, 3, 1, backwards=True)
    failures = await asyncio.gather(*(blocks.read(CONVERSATION, page) for _ in range(5)), return_exceptions=True)
    assert [isinstance(one, ChatError) for one in failures] == [True] * 5
    failing = False
    answers = await asyncio.gather(*(blocks.read(CONVERSATION, page) for _ in range(5)))
    assert [[one.seq for one in found] for found in answers] == [[1, 2]] * 5
    assert timeline.reads == 2


class Slow:
    """A database whose next answer is older than it is."""

    def __init__(self, timeline: MemoryTimeline, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has_read, self.may_answer = asyncio.Event(), asyncio.Event()
        self._read = timeline.read
        monkeypatch.setattr(timeline, "read", self.read)

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        found = await self._read(conversation_id, page)
        self.has_read.set()
        await self.may_answer.wait()
        return found


async def test_who_knows_that_more_has_come_is_not_given_what_an_earlier_one_began_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = timeline_of(set(range(1, 120)))
    slow, blocks = Slow(timeline, monkeypatch), Blocks(timeline, ManualClock(), 1_000_000)
    earlier = asyncio.ensure_future(blocks.read(CONVERSATION, Range(0, 100, 10, backwards=True)))
    await slow.has_read.wait()
    for seq in range(120, 129):
        write(timeline, seq)
    later = asyncio.ensure_future(blocks.read(CONVERSATION, Range(0, 129, 10, backwards=True)))
    await asyncio.sleep(0)
    slow.may_answer.set()
    assert [one.seq for one in await earlier] == list(range(89, 100))
    assert [one.seq for one in await later] == list(range(118, 129))


async def test_who_leaves_ends_it_for_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = timeline_of(set(range(1, SEQS + 1)))
    slow, blocks, page = Slow(timeline, monkeypatch), Blocks(timeline, ManualClock(), 1_000_000), Range(0, 3, 1, backwards=True)
    first, second = (asyncio.ensure_future(blocks.read(CONVERSATION, page)) for _ in range(2))
    await slow.has_read.wait()
    first.cancel()
    await asyncio.wait((first,))
    slow.may_answer.set()
    assert [one.seq for one in await second] == [1, 2]
    assert timeline.reads == 1

"""How search keeps its indexes: what it opens, builds and follows, over a log and a database in memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, new_id
from chatkit.edges.message_log import LOG_TOPIC
from chatkit.edges.message_log.reader import Taken
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_search.core.criteria import Criteria, Found, Question
from svc_search.feed import part_of
from svc_search.holders import MemoryHolders
from svc_search.index import BrokenIndexError
from svc_search.index.memory import MemoryIndex, MemoryShelf
from svc_search.keeper import Keeper
from svc_search.parts import Parts, Stage
from tests.indexing import asked, term

Kind = entry_pb2.Entry
NODE = "search-1"
PARTS = range(4)


@dataclass
class Log:
    """The log of four parts, of which this instance holds some; a record is forgotten when its part `begins` behind it."""

    held_parts: frozenset[int] = frozenset(PARTS)
    records: dict[int, list[bytes]] = field(default_factory=lambda: {part: [] for part in PARTS})
    begins: dict[int, int] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    away: bool = False

    @property
    def parts(self) -> Sequence[int]:
        return PARTS

    def held(self) -> frozenset[int]:
        return self.held_parts

    async def take(self) -> Sequence[Taken]:
        await asyncio.sleep(0)
        taken = []
        for part in self.held_parts - self.waiting:
            begin = max(self.places.get(part, 0), self.begins.get(part, 0))
            some = self.records[part][begin : begin + 3]
            taken += [Taken(LOG_TOPIC, part, begin + n, b"", value, "") for n, value in enumerate(some)]
            self.places[part] = begin + len(some)
        return taken

    async def commit(self, taken: Sequence[Taken]) -> None:
        if self.away:
            raise ChatError(Reason.UNAVAILABLE)

    async def bounds(self, parts: Collection[int]) -> Mapping[int, tuple[int, int]]:
        if self.away:
            raise ChatError(Reason.UNAVAILABLE)
        return {part: (self.begins.get(part, 0), len(self.records[part])) for part in parts}

    def wait(self, part: int) -> None:
        self.waiting.add(part)

    def go_on(self, part: int, offset: int) -> None:
        self.places[part] = offset
        self.waiting.discard(part)


@dataclass
class Database:
    """What of the log is written, and how far that is: `lag` records of each part are not."""

    log: Log
    lag: int = 0
    away: int = 0
    read: int = 0

    async def offsets(self) -> Mapping[int, int]:
        return {part: max(0, len(records) - self.lag) for part, records in self.log.records.items()}

    async def conversations(self) -> AsyncIterator[list[ConversationId]]:
        yield sorted({entry.conversation_id for part in PARTS for entry in self._written(part)})  # type: ignore[misc]

    async def entries(self, conversation_id: ConversationId) -> AsyncIterator[list[log_pb2.LogEntry]]:
        self.read += 1
        if self.away:
            self.away -= 1
            raise ChatError(Reason.UNAVAILABLE)
        yield [one for one in self._written(part_of(conversation_id, PARTS)) if one.conversation_id == conversation_id]

    def _written(self, part: int) -> list[log_pb2.LogEntry]:
        records = self.log.records[part]
        return [log_pb2.LogEntry.FromString(one) for one in records[: len(records) - self.lag]]


@dataclass
class Desk:
    """An instance of search, and a place to say things in each part of the log."""

    log: Log = field(default_factory=Log)
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    holders: MemoryHolders = field(default_factory=MemoryHolders)

    def __post_init__(self) -> None:
        self.database = Database(self.log)
        self.clock = ManualClock()
        self.rooms: dict[int, ConversationId] = {}
        while len(self.rooms) < len(PARTS):
            made = ConversationId(new_id())
            self.rooms.setdefault(part_of(made, PARTS), made)
        self.seqs = dict.fromkeys(PARTS, 0)

    def say(self, part: int, text: str, kind: Kind.Kind.ValueType = Kind.MESSAGE, target: int = 0) -> int:
        self.seqs[part] += 1
        body = entry_pb2.Body(text=text).SerializeToString() if text else b""
        entry = log_pb2.LogEntry(conversation_id=self.rooms[part], seq=self.seqs[part], kind=kind, target=target, body=body)
        entry.accepted_at.FromMilliseconds(1_790_000_000_000 + sum(self.seqs.values()))
        self.log.records[part].append(entry.SerializeToString())
        return self.seqs[part]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Parts]:
        parts = Parts(self.shelf, 2, 10)
        keeper = Keeper(self.log, parts, self.database, self.database, self.holders, self.clock, NODE)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one()) for one in (keeper.run, keeper.build)]
            yield parts
            await keeper.stop()
            for task in tasks:
                task.cancel()
        await parts.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


def is_ready(parts: Parts, log: Log) -> bool:
    held = parts.held
    return held.keys() == log.held_parts and all(
        one.stage is Stage.READY and one.next_offset == len(log.records[number]) for number, one in held.items()
    )


async def found(desk: Desk, parts: Parts, text: str) -> list[tuple[int, int]]:
    await until(lambda: is_ready(parts, desk.log))
    question = Question(dict.fromkeys(desk.rooms.values(), 1), Criteria((term(text),)), 100)
    hits, looked = await parts.find(question, PARTS)
    assert set(looked) == desk.log.held_parts
    return sorted((hit.position.partition, hit.seq) for hit in hits.hits)


@pytest.mark.parametrize("lag", [0, 2, 100])
async def test_what_is_in_the_log_and_the_database_is_found(lag: int) -> None:
    desk = Desk()
    desk.database.lag = lag
    for part in PARTS:
        for n in range(7):
            desk.say(part, f"tea {n}")
    desk.say(0, "milk", Kind.EDIT, target=2)
    desk.say(1, "", Kind.DELETION, target=3)
    async with desk.running() as parts:
        expected = sorted((part, seq) for part in PARTS for seq in range(1, 8) if (part, seq) not in {(0, 2), (1, 3)})
        assert await found(desk, parts, "tea") == expected
        assert await found(desk, parts, "milk") == [(0, 2)]
        new = desk.say(2, "more tea")
        assert await found(desk, parts, "tea") == sorted([*expected, (2, new)])
        desk.say(2, "", Kind.DELETION, target=new)
        assert await found(desk, parts, "tea") == expected


async def test_an_index_that_was_left_goes_on_without_the_database() -> None:
    desk = Desk()
    desk.say(0, "tea")
    async with desk.running() as parts:
        await found(desk, parts, "tea")
    read = desk.database.read
    desk.say(0, "more tea")
    async with desk.running() as parts:
        assert await found(desk, parts, "tea") == [(0, 1), (0, 2)]
    assert desk.database.read == read


@pytest.mark.parametrize("method", ["apply", "find", "let_go"])
async def test_an_index_that_breaks_is_built_anew_and_others_go_on(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    for part in (0, 1):
        desk.say(part, "tea")
    async with desk.running() as parts:
        assert await found(desk, parts, "tea") == [(0, 1), (1, 1)]
        broken = parts.held[0].index

        def fail(*_: object) -> None:
            raise BrokenIndexError("malformed")

        monkeypatch.setattr(broken, method, fail)
        if method == "find":
            question = Question(dict.fromkeys(desk.rooms.values(), 1), Criteria((term("tea"),)), 100)
            hits, looked = await parts.find(question, PARTS)
            assert 0 not in looked
            assert {hit.position.partition for hit in hits.hits} == {1}
        elif method == "let_go":
            await parts.tidy(0)
        for part in (0, 1):
            desk.say(part, "more tea")
        await until(lambda: parts.held.get(0, None) is not None and parts.held[0].index is not broken)
        assert await found(desk, parts, "tea") == [(0, 1), (0, 2), (1, 1), (1, 2)]


async def test_an_index_whose_next_record_is_forgotten_or_whose_log_is_another_is_built_anew() -> None:
    desk = Desk()
    for n in range(5):
        desk.say(0, f"tea {n}")
    async with desk.running() as parts:
        await found(desk, parts, "tea")
    for n in range(5):
        desk.say(0, f"milk {n}")
    desk.log.begins[0] = 7
    async with desk.running() as parts:
        assert len(await found(desk, parts, "milk")) == 5
        assert len(await found(desk, parts, "tea")) == 5
    desk.log.begins, desk.log.records[0] = {}, desk.log.records[0][:3]
    async with desk.running() as parts:
        assert (len(await found(desk, parts, "tea")), await found(desk, parts, "milk")) == (3, [])


async def test_a_folder_that_is_lost_is_made_again() -> None:
    desk = Desk()
    desk.say(3, "tea")
    async with desk.running() as parts:
        assert await found(desk, parts, "tea") == [(3, 1)]
    desk.shelf.indexes.clear()
    async with desk.running() as parts:
        assert await found(desk, parts, "tea") == [(3, 1)]


async def test_a_database_that_is_away_is_waited_for() -> None:
    desk = Desk()
    desk.say(1, "tea")
    desk.database.away = 2
    async with desk.running() as parts:
        assert await found(desk, parts, "tea") == [(1, 1)]


async def test_parts_come_and_go_and_what_is_not_held_is_not_kept() -> None:
    desk = Desk()
    for part in PARTS:
        desk.say(part, "tea")
    desk.log.held_parts = frozenset({0, 1})
    async with desk.running() as parts:
        assert await found(desk, parts, "tea") == [(0, 1), (1, 1)]
        desk.log.held_parts = frozenset({1, 2})
        assert await found(desk, parts, "tea") == [(1, 1), (2, 1)]
        await until(lambda: desk.shelf.indexes.keys() == {1, 2})
        desk.log.held_parts = frozenset({1})
        assert await found(desk, parts, "tea") == [(1, 1)]
        await until(lambda: desk.shelf.indexes.keys() == {1})
        desk.log.held_parts = frozenset()
        await until(lambda: not parts.held)
        assert desk.shelf.indexes.keys() == {1}
        desk.log.held_parts = frozenset(PARTS)
        desk.say(0, "more tea")
        assert await found(desk, parts, "tea") == [(0, 1), (0, 2), (1, 1), (2, 1), (3, 1)]


async def test_a_group_that_is_shared_out_anew_neither_repeats_nor_leaves_out() -> None:
    desk = Desk()
    for n in range(10):
        desk.say(0, f"tea {n}")
    async with desk.running() as parts:
        assert len(await found(desk, parts, "tea")) == 10
        for place in (0, 4, 10):
            desk.log.places[0] = place  # as Kafka does when parts are given out again
            desk.say(0, "tea")
            await found(desk, parts, "tea")
        desk.log.places[0] = 13
        desk.log.records[0] += [b"\xff\xff no entry at all"]
        desk.say(0, "tea")
        desk.log.places[0] = 14
        desk.say(0, "tea")
        assert len(await found(desk, parts, "tea")) == 15
        assert parts.held[0].index.count() == 15


async def test_what_cant_be_read_stops_neither_who_follows_the_log_nor_who_builds() -> None:
    desk = Desk()
    for part, field_ in ((0, {"body": b"\xff\xff no body at all"}), (1, {"accepted_at": {"seconds": 10**15}})):
        desk.say(part, "tea")
        broken = log_pb2.LogEntry.FromString(desk.log.records[part][-1])
        broken.MergeFrom(log_pb2.LogEntry(seq=2, **field_))  # type: ignore[arg-type]
        desk.log.records[part].append(broken.SerializeToString())
        desk.seqs[part] += 1
        desk.say(part, "more tea")
    for lag in (0, 100):
        desk.database.lag = lag
        desk.shelf.indexes.clear()
        async with desk.running() as parts:
            assert await found(desk, parts, "tea") == [(0, 1), (0, 3), (1, 1), (1, 3)]


async def test_who_holds_what_is_told_once_it_answers_and_taken_back_at_the_end() -> None:
    desk = Desk()
    desk.say(0, "tea")
    desk.log.away = True
    async with desk.running() as parts:
        await until(lambda: bool(parts.held))
        assert await desk.holders.of(PARTS) == {}
        desk.log.away = False
        await found(desk, parts, "tea")
        async with asyncio.timeout(10):
            while await desk.holders.of(PARTS) != dict.fromkeys(PARTS, NODE):
                await asyncio.sleep(0.01)
    assert await desk.holders.of(PARTS) == {}


async def test_who_would_wait_for_too_many_others_is_refused() -> None:
    desk = Desk()
    async with desk.running() as parts:
        await until(lambda: is_ready(parts, desk.log))
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(refused(parts)) for _ in range(30)]
        assert {one.result() for one in asking} == {None, Reason.OVERLOADED}


class Watched(MemoryIndex):
    """An index that is asked nothing any more once it is closed, and takes its time to find."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = threading.Event()
        self.finding, self.gate = threading.Event(), threading.Event()

    def find(self, question: Question) -> Found:
        self.finding.set()
        assert self.gate.wait(5)
        return super().find(question)

    def let_go(self, now_s: int) -> int:
        assert not self.closed.is_set()
        return super().let_go(now_s)

    def settle(self) -> None:
        assert not self.closed.is_set()

    def count(self) -> int:
        assert not self.closed.is_set()
        return super().count()

    def close(self) -> None:
        self.closed.set()


class WatchedShelf(MemoryShelf):
    def __init__(self) -> None:
        super().__init__()
        self.watched = {part: Watched() for part in PARTS}
        self.indexes.update(self.watched)


@pytest.mark.parametrize("work", [lambda parts: parts.tidy(0), lambda parts: parts.count()], ids=["tidy", "count"])
async def test_a_part_that_goes_while_all_are_looked_after_is_left_alone(work: Callable[[Parts], Coroutine[None, None, int]]) -> None:
    parts = Parts(WatchedShelf(), 1, 1)
    for number in PARTS:
        await parts.open(number)
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work(parts))
        await asyncio.sleep(0)
        await parts.let_go(3)
    assert working.result() == 0
    await parts.close()


async def test_a_part_that_somebody_is_about_to_look_through_is_not_closed_before() -> None:
    shelf = WatchedShelf()
    parts, index = Parts(shelf, 1, 1), shelf.watched[0]
    (await parts.open(0)).stage = Stage.READY
    async with asyncio.TaskGroup() as group:
        finding = group.create_task(parts.find(asked("tea"), [0]))
        group.create_task(parts.let_go(0))
        await until(index.finding.is_set)
        await parts.keep_only()  # what is to be done before that is done
        assert not index.closed.is_set()
        index.gate.set()
    assert finding.result()[1] == [0]
    assert index.closed.is_set()
    await parts.close()


async def refused(parts: Parts) -> Reason | None:
    try:
        await parts.find(asked("tea"), PARTS)
    except ChatError as error:
        return error.reason
    return None

"""What disappears is gone from the database at its time, in whatever order and however late it was written: alike in fake and engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from chatkit.core.clock import ManualClock, SystemClock
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.edges.message_log import LOG_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import END, Range, Stored
from svc_history.store import Timeline
from svc_history.store.cassandra import CassandraTimeline
from svc_history.store.memory import MemoryConversation, MemoryTimeline
from svc_router.changes import change_of, erased
from svc_writer.app import MIGRATIONS
from svc_writer.core import Release, grouped
from svc_writer.records import writes_of
from svc_writer.store.cassandra import KEYSPACE
from svc_writer.store.cassandra import CassandraTimeline as CassandraWriting

Kind = entry_pb2.Entry
EVERYTHING = Range(0, END, 50, backwards=True)
LIFE_S = 5
ORDERS: list[Sequence[int]] = [range(1, 10), range(9, 0, -1), [5, 1, 7, 2, 2, 9, 3, 8, 7, 4, 6, 1]]
FADING = {2, 3, 4, 5, 6, 9}
"""What disappears: of those that stay, 1 is a message of before, 7 the deletion of 6, and 8 a message of after, in the thread of 1."""


@dataclass(frozen=True)
class Said:
    """A conversation of which a part disappears at a time."""

    at_s: int
    conversation_id: ConversationId = field(default_factory=lambda: ConversationId(new_id()))
    anna: UserId = field(default_factory=lambda: UserId(new_id()))
    entries: dict[int, log_pb2.LogEntry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outlined = log_pb2.LogEntry(kind=Kind.MESSAGE, outline=log_pb2.Outline(thread=1, mentions=[self.anna], files=True))
        self._add(1, log_pb2.LogEntry(kind=Kind.MESSAGE))
        self._add(2, outlined)
        self._add(3, log_pb2.LogEntry(kind=Kind.EDIT, target=2))
        self._add(4, log_pb2.LogEntry(kind=Kind.REACTION, target=2, reaction=entry_pb2.Reaction(emoji="👍")))
        self._add(5, log_pb2.LogEntry(kind=Kind.PIN, target=2, pin=entry_pb2.Pin()))
        self._add(6, log_pb2.LogEntry(kind=Kind.MESSAGE))
        self._add(7, log_pb2.LogEntry(kind=Kind.DELETION, target=6, erased=erased(self.entries[6])))
        self._add(8, log_pb2.LogEntry(kind=Kind.MESSAGE, outline=log_pb2.Outline(thread=1, mentions=[self.anna])))
        self._add(9, log_pb2.LogEntry(kind=Kind.MESSAGE))

    def _add(self, seq: int, entry: log_pb2.LogEntry) -> None:
        entry.conversation_id, entry.sender_id, entry.seq, entry.message_id = self.conversation_id, self.anna, seq, new_id()
        entry.accepted_at.seconds = entry.ordinal = seq
        if entry.kind in {Kind.MESSAGE, Kind.EDIT}:
            entry.body = entry_pb2.Body(text=f"words {seq}").SerializeToString()
        if seq in FADING:
            entry.expires_at.seconds = self.at_s
        self.entries[seq] = entry

    def place(self, seq: int) -> log_pb2.LogEntry:
        """Return what stays of an entry."""
        left = log_pb2.LogEntry()
        left.CopyFrom(self.entries[seq])
        for name in ("body", "outline", "reaction", "pin"):
            left.ClearField(name)
        return left


class World(Protocol):
    """A database, and its writer."""

    @property
    def reading(self) -> Timeline: ...

    async def write(self, made: Said, seqs: Sequence[int]) -> None: ...
    async def pass_by(self, at_s: int) -> None: ...
    async def due(self, made: Said) -> list[Release]: ...
    def now_s(self) -> int: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.reading = self._memory = MemoryTimeline(self.clock)
        self._releases: list[Release] = []

    def now_s(self) -> int:
        return self.clock.now_ms() // 1000

    async def write(self, made: Said, seqs: Sequence[int]) -> None:
        known = self._memory.known.setdefault(made.conversation_id, MemoryConversation(b"c"))
        for seq in seqs:
            entry = made.entries[seq]
            known.entries[seq] = Stored(seq, entry.SerializeToString())
            known.ids[MessageId(entry.message_id)] = seq
            if change_of(entry)[0]:
                known.changes[seq] = change_of(entry)[0]
            if entry.kind == Kind.MESSAGE and entry.outline.mentions:
                known.mentions[seq] = set(map(UserId, entry.outline.mentions))

    async def pass_by(self, at_s: int) -> None:
        self.clock.advance(at_s - self.clock.now_ms() / 1000)

    async def due(self, made: Said) -> list[Release]:
        return [Release(made.conversation_id, MessageId(made.entries[2].message_id), 2, made.at_s)]


class CassandraWorld:
    def __init__(self, session: CassandraSession) -> None:
        self.reading, self.clock = CassandraTimeline(session), SystemClock()
        self.writing = CassandraWriting(session, self.clock)
        self._session = session

    def now_s(self) -> int:
        return self.clock.now_ms() // 1000

    async def write(self, made: Said, seqs: Sequence[int]) -> None:
        for seq in seqs:
            await self.writing.put(grouped(writes_of(LOG_TOPIC, made.entries[seq].SerializeToString())))

    async def pass_by(self, at_s: int) -> None:
        # The database's own clock decides; nobody can move that.
        while self.now_s() <= at_s:
            await asyncio.sleep(0.1)

    async def due(self, made: Said) -> list[Release]:
        return [one for one in await self.writing.releases() if one.conversation_id == made.conversation_id]


@pytest.fixture(params=["memory", "cassandra"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    session = await CassandraSession.connect(request.getfixturevalue("cassandra_settings"))
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    made = CassandraWorld(session)
    await made.writing.prepare()
    await made.reading.prepare()
    yield made
    await session.close()


async def rows(world: World, made: Said) -> dict[int, log_pb2.LogEntry]:
    return {one.seq: log_pb2.LogEntry.FromString(one.entry) for one in await world.reading.read(made.conversation_id, EVERYTHING)}


async def check_before(world: World, made: Said) -> None:
    found = await rows(world, made)
    assert {seq: found[seq] for seq in (1, 2, 4, 5, 8, 9)} == {seq: made.entries[seq] for seq in (1, 2, 4, 5, 8, 9)}
    assert found[6].body == found[3].body == b""
    changes = [log_pb2.LogEntry.FromString(one) for one in await world.reading.changes(made.conversation_id, [2])]
    assert sorted(one.seq for one in changes) == [3, 4, 5]
    assert all(one.expires_at.seconds == made.at_s for one in changes)
    assert await world.reading.pins(made.conversation_id) == [2]
    assert sorted(await world.reading.replies(made.conversation_id, 1, EVERYTHING)) == [2, 8]
    assert await world.reading.mentions([(made.anna, made.conversation_id, 0, END)]) == [2]


async def check_after(world: World, made: Said) -> None:
    found = await rows(world, made)
    assert sorted(found) == list(range(1, 10))
    assert {seq: found[seq] for seq in FADING} == {seq: made.place(seq) for seq in FADING}
    assert (found[1], found[8]) == (made.entries[1], made.entries[8])
    assert await world.reading.changes(made.conversation_id, [2]) == []
    assert await world.reading.pins(made.conversation_id) == []
    assert list(await world.reading.replies(made.conversation_id, 1, EVERYTHING)) == [8]
    assert await world.reading.mentions([(made.anna, made.conversation_id, 0, END)]) == [1]
    again = await world.reading.find(made.conversation_id, MessageId(made.entries[2].message_id))
    assert again is not None
    assert log_pb2.LogEntry.FromString(again.entry) == made.place(2)


async def test_what_disappears_is_gone_at_its_time_and_a_replay_brings_nothing_back(world: World) -> None:
    made = [Said(world.now_s() + LIFE_S) for _ in ORDERS]
    for one, order in zip(made, ORDERS, strict=True):
        await world.write(one, order)
        await check_before(world, one)
    await world.pass_by(made[-1].at_s)
    for one, order in zip(made, ORDERS, strict=True):
        await check_after(world, one)
        await world.write(one, order)
        await check_after(world, one)


async def test_what_is_written_only_after_its_time_was_never_there(world: World) -> None:
    for order in ORDERS:
        made = Said(world.now_s() - 1)
        await world.write(made, order)
        await check_after(world, made)


async def test_the_files_of_what_disappears_are_to_be_released_then(world: World) -> None:
    made = Said(world.now_s() + 1000)
    await world.write(made, range(1, 10))
    assert await world.due(made) == [Release(made.conversation_id, MessageId(made.entries[2].message_id), 2, made.at_s)]

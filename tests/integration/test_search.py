"""Search on a real log and a real database: what it builds, what it follows, and how instances share it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.ids import ConversationId, new_id
from chatkit.edges.message_log import LOG_TOPIC, Record
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_search.archive import CassandraArchive
from svc_search.core.criteria import Criteria, Question
from svc_search.feed import KafkaFeed
from svc_search.holders import MemoryHolders
from svc_search.index.sqlite import SqliteShelf
from svc_search.keeper import Keeper
from svc_search.parts import Parts, Stage
from svc_writer.source import KafkaSource
from tests.indexing import term
from tests.integration.writing import Engines, Running, entry

Kind = entry_pb2.Entry
ROOMS = 30
SHORT_S = 90


@dataclass
class Written:
    """How far the writer is."""

    source: KafkaSource

    async def offsets(self) -> Mapping[int, int]:
        return {one.partition: one.committed for one in await self.source.lag() if one.topic == LOG_TOPIC}


@dataclass
class Instance:
    """One instance of search."""

    engines: Engines
    writer: Running
    folder: Path
    node_id: str = "search-1"
    parts: Parts = field(init=False)
    feed: KafkaFeed = field(init=False)

    @asynccontextmanager
    async def running(self) -> Any:
        async with AsyncExitStack() as stack:
            self.parts = Parts(SqliteShelf(self.folder / self.node_id), 2, 100)
            stack.push_async_callback(self.parts.close)
            self.feed = KafkaFeed(self.engines.bootstrap, self.node_id)
            await self.feed.start()
            stack.push_async_callback(self.feed.stop)
            archive = CassandraArchive(self.engines.session)
            await archive.prepare()
            keeper = Keeper(self.feed, self.parts, archive, Written(self.writer.source), MemoryHolders(), ManualClock(), self.node_id)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one()) for one in (keeper.run, keeper.build)]
                yield self
                await keeper.stop()
                for task in tasks:
                    task.cancel()

    async def ready(self, count: int = 12) -> None:
        """Wait until it holds so many parts, and has what is in the log by now."""
        async with asyncio.timeout(SHORT_S):
            while not await self._is_ready(count):
                await asyncio.sleep(0.1)

    async def _is_ready(self, count: int) -> bool:
        held = self.parts.held
        if len(held) != count or any(part.stage is not Stage.READY for part in held.values()):
            return False
        bounds = await self.feed.bounds(list(held))
        return all(held[number].next_offset == end for number, (_, end) in bounds.items() if number in held)

    async def found(self, word: str, rooms: list[ConversationId]) -> set[tuple[ConversationId, int]]:
        found, _ = await self.parts.find(Question(dict.fromkeys(rooms, 1), Criteria((term(word),)), 200), range(12))
        return {(hit.conversation_id, hit.seq) for hit in found.hits}


def record(one: log_pb2.LogEntry) -> Record:
    return Record(LOG_TOPIC, one.conversation_id.encode(), one.SerializeToString())


def created(room: str) -> log_pb2.LogEntry:
    one = log_pb2.LogEntry(conversation_id=room, seq=1, message_id=new_id(), sender_id=new_id(), kind=Kind.CREATED)
    one.created.conversation.conversation_id = room
    return one


def said(room: str, seq: int, text: str, **more: Any) -> log_pb2.LogEntry:
    one = entry(room, seq, **more)
    one.body = entry_pb2.Body(text=text).SerializeToString()
    one.accepted_at.FromMilliseconds(1_790_000_000_000 + seq)
    return one


def deletion(room: str, seq: int, of: log_pb2.LogEntry) -> log_pb2.LogEntry:
    one = log_pb2.LogEntry(conversation_id=room, seq=seq, message_id=new_id(), sender_id=new_id(), kind=Kind.DELETION, target=of.seq)
    one.erased.CopyFrom(of)
    one.erased.ClearField("body")
    return one


async def talk(engines: Engines, word: str) -> list[ConversationId]:
    """Say things all over the log: of each room, 2 stays, 3 is edited to it, 4 says it no more and 5 is deleted."""
    rooms = [ConversationId(new_id()) for _ in range(ROOMS)]
    for room in rooms:
        gone = said(room, 5, f"{word} gone")
        entries = [created(room), said(room, 2, f"{word} stays"), said(room, 3, "other"), said(room, 4, word), gone]
        entries += [said(room, 6, f"now {word}", kind=Kind.EDIT, target=3), said(room, 7, "not any more", kind=Kind.EDIT, target=4)]
        await engines.append(*map(record, [*entries, deletion(room, 8, gone)]))
    return rooms


@pytest.mark.timeout(400)
async def test_what_was_said_is_found_by_who_follows_by_who_builds_and_by_two_who_share(engines: Engines, tmp_path: Path) -> None:
    word = f"w{new_id()[-12:]}"
    async with Running(engines) as writer:
        first, second = Instance(engines, writer, tmp_path), Instance(engines, writer, tmp_path, "search-2")
        async with first.running():
            await first.ready()
            rooms = await talk(engines, word)
            expected = {(room, seq) for room in rooms for seq in (2, 3)}
            await first.ready()
            assert await first.found(word, rooms) == expected  # as it came by the log
        await writer.drained()
        SqliteShelf(tmp_path / "search-1").keep_only(frozenset())
        async with first.running():
            await first.ready()
            assert await first.found(word, rooms) == expected  # as the database has it
            async with second.running():
                await asyncio.gather(first.ready(6), second.ready(6))
                one, other = await first.found(word, rooms), await second.found(word, rooms)
                assert one | other == expected
                assert one
                assert other
                assert not one & other
                more = f"w{new_id()[-12:]}"
                await engines.append(*(record(said(room, 9, more)) for room in rooms))
                await asyncio.gather(first.ready(6), second.ready(6))
                assert await first.found(more, rooms) | await second.found(more, rooms) == {(room, 9) for room in rooms}
                names = {int(path.stem) for path in (tmp_path / "search-1").glob("*.sqlite")}
                assert names == first.parts.held.keys()

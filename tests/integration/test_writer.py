"""The writer on real Kafka and Cassandra: what comes again, what can't be read, and a database that is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Self

import pytest
from aiokafka import AIOKafkaConsumer

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, LOG_TOPIC, WATERMARK_TOPIC, Record
from chatkit.edges.message_log.kafka import KafkaMessageLog
from chatkit.settings import CassandraOwnerSettings
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_history.core import END, Mark, Membership, Range
from svc_history.store.cassandra import CassandraTimeline as Reading
from svc_writer.app import MIGRATIONS
from svc_writer.core import Write
from svc_writer.pump import Pump
from svc_writer.source import KafkaSource
from svc_writer.store.cassandra import KEYSPACE, CassandraTimeline

EVERYTHING = Range(0, END, 200, backwards=False)


@dataclass
class Engines:
    """The log, the database as the writer sees it, and as history does."""

    bootstrap: str
    log: KafkaMessageLog
    writing: CassandraTimeline
    reading: Reading

    async def append(self, *records: Record) -> None:
        for ack in await self.log.append(records):
            await ack


@pytest.fixture(scope="module")
async def engines(kafka_bootstrap: str, cassandra_settings: CassandraOwnerSettings) -> AsyncIterator[Engines]:
    session = await CassandraSession.connect(cassandra_settings)
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    writing, reading = CassandraTimeline(session), Reading(session)
    await writing.prepare()
    await reading.prepare()
    first = KafkaSource(kafka_bootstrap, "maker")
    await first.start(1)
    await first.stop()
    log = KafkaMessageLog(kafka_bootstrap, "tests")
    await log.start((LOG_TOPIC, WATERMARK_TOPIC, DEAD_LETTER_TOPIC))
    yield Engines(kafka_bootstrap, log, writing, reading)
    await log.stop()
    await session.close()


class Running:
    """A writer's pump with its source, for as long as the block."""

    def __init__(self, engines: Engines, timeline: object = None) -> None:
        self.source = KafkaSource(engines.bootstrap, "writer-1")
        self.pump = Pump(self.source, timeline or engines.writing, MemoryProgress(), engines.log, ManualClock())  # type: ignore[arg-type]

    async def __aenter__(self) -> Self:
        await self.source.start(1)
        self._task = asyncio.get_running_loop().create_task(self.pump.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.source.stop()

    async def drained(self) -> None:
        async with asyncio.timeout(60):
            while sum(one.end - one.committed for one in await self.source.lag()):
                await asyncio.sleep(0.05)


def entry(conversation_id: str, seq: int, sender: str = "", **more: object) -> log_pb2.LogEntry:
    one = log_pb2.LogEntry(conversation_id=conversation_id, seq=seq, message_id=new_id(), sender_id=sender or new_id(), ordinal=seq)
    one.kind = entry_pb2.Entry.MESSAGE
    one.body = entry_pb2.Body(text=f"number {seq}").SerializeToString()
    for name, value in more.items():
        setattr(one, name, value)
    return one


def record(one: log_pb2.LogEntry) -> Record:
    return Record(LOG_TOPIC, one.conversation_id.encode(), one.SerializeToString(), "r")


def created(conversation_id: str, *members: str) -> log_pb2.LogEntry:
    one = entry(conversation_id, 1, members[0], kind=entry_pb2.Entry.CREATED, body=b"")
    one.created.conversation.conversation_id = conversation_id
    for user_id in members:
        one.created.members.add(user_id=user_id, permissions=3, joined_seq=1)
    return one


async def seqs(engines: Engines, conversation_id: str) -> list[int]:
    return [one.seq for one in await engines.reading.read(ConversationId(conversation_id), EVERYTHING)]


async def test_the_log_becomes_readable_and_is_found_by_message_id(engines: Engines) -> None:
    conversation_id, anna, bob = new_id(), new_id(), new_id()
    entries = [created(conversation_id, anna, bob), *(entry(conversation_id, seq, anna) for seq in (2, 3, 1024, 1025, 5000))]
    await engines.append(*map(record, entries))
    mark = conversation_pb2.Watermark(conversation_id=conversation_id, user_id=bob, delivered_seq=3, read_seq=2)
    value = log_pb2.WatermarkRecord(watermark=mark, read_ordinal=2).SerializeToString()
    await engines.append(Record(WATERMARK_TOPIC, f"{conversation_id}/{bob}".encode(), value))
    async with Running(engines) as writer:
        await writer.drained()
    conversation = ConversationId(conversation_id)
    assert await seqs(engines, conversation_id) == [1, 2, 3, 1024, 1025, 5000]
    backwards = await engines.reading.read(conversation, Range(1, 5000, 2, backwards=True))
    assert [one.seq for one in backwards] == [3, 1024, 1025]
    state = await engines.reading.state(UserId(bob), conversation)
    assert state is not None
    assert (state.head_seq, state.member, state.mark) == (5000, Membership(3, 1), Mark(3, 2, 2))
    assert await engines.reading.conversations(UserId(anna)) == {conversation_id}
    found = await engines.reading.find(conversation, MessageId(entries[3].message_id))
    assert found is not None
    assert found.seq == 1024
    assert await engines.reading.find(conversation, MessageId(new_id())) is None


class DiesAfterWriting:
    """A database behind a writer that dies between the write and the commit."""

    def __init__(self, inner: CassandraTimeline) -> None:
        self.inner = inner
        self.died = asyncio.Event()

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        await self.inner.put(groups)
        self.died.set()
        await asyncio.Event().wait()


async def test_a_writer_that_dies_between_write_and_commit_leaves_neither_gap_nor_repeat(engines: Engines) -> None:
    conversation_id = new_id()
    await engines.append(*(record(entry(conversation_id, seq)) for seq in range(1, 31)))
    dying = DiesAfterWriting(engines.writing)
    async with Running(engines, dying) as writer:
        async with asyncio.timeout(60):
            await dying.died.wait()
        assert sum(one.end - one.committed for one in await writer.source.lag()) >= 30
    await engines.append(*(record(entry(conversation_id, seq)) for seq in range(31, 41)))
    async with Running(engines) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == list(range(1, 41))


class AwayForAWhile:
    """A database that can't be reached the first times."""

    def __init__(self, inner: CassandraTimeline, times: int) -> None:
        self.inner = inner
        self.times = times

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        if self.times:
            self.times -= 1
            raise ChatError(Reason.UNAVAILABLE)
        await self.inner.put(groups)


async def test_a_database_that_is_away_is_waited_for(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.core.backoff.Backoff.next", lambda _: 0.0)
    conversation_id = new_id()
    await engines.append(record(entry(conversation_id, 1)))
    async with Running(engines, AwayForAWhile(engines.writing, 20)) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == [1]


async def test_a_record_that_cannot_be_read_is_set_aside_and_holds_up_nothing(engines: Engines) -> None:
    conversation_id = new_id()
    poison = Record(LOG_TOPIC, conversation_id.encode(), b"\xff\xfe not protobuf " + conversation_id.encode())
    await engines.append(record(entry(conversation_id, 1)), poison, record(entry(conversation_id, 2)))
    async with Running(engines) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == [1, 2]
    consumer = AIOKafkaConsumer(DEAD_LETTER_TOPIC, bootstrap_servers=engines.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    async with asyncio.timeout(30):
        while True:
            letter = log_pb2.DeadLetter.FromString((await consumer.getone()).value)
            if letter.value == poison.value:
                break
    await consumer.stop()
    assert (letter.topic, letter.key) == (LOG_TOPIC, poison.key)
    assert "protobuf" in letter.reason


async def test_an_older_membership_that_comes_late_does_not_win(engines: Engines) -> None:
    conversation_id, anna, bob = new_id(), new_id(), new_id()
    joining = entry(conversation_id, 5, anna, kind=entry_pb2.Entry.MEMBERSHIP, body=b"")
    joining.membership.added.add(user_id=bob, permissions=3, joined_seq=5)
    leaving = entry(conversation_id, 9, anna, kind=entry_pb2.Entry.MEMBERSHIP, body=b"")
    leaving.membership.removed_user_ids.append(bob)
    await engines.append(record(created(conversation_id, anna)), record(leaving), record(joining))
    async with Running(engines) as writer:
        await writer.drained()
    assert set((await engines.reading.roll(ConversationId(conversation_id))).members) == {anna}
    assert await engines.reading.conversations(UserId(bob)) == set()

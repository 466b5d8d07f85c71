"""A writer on real Kafka and Cassandra, and what it is given."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self

from chatkit.core.clock import ManualClock
from chatkit.core.ids import ConversationId, new_id
from chatkit.edges.cassandra import CassandraSession
from chatkit.edges.message_log import LOG_TOPIC, Record
from chatkit.edges.message_log.kafka import KafkaMessageLog
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import END, Range
from svc_history.store.cassandra import CassandraTimeline as Reading
from svc_writer.pump import Pump
from svc_writer.source import KafkaSource
from svc_writer.store.cassandra import CassandraTimeline
from svc_writer.store.memory import MemoryProgress

EVERYTHING = Range(0, END, 200, backwards=False)


@dataclass
class Engines:
    """The log, the database as the writer sees it, and as history does."""

    bootstrap: str
    session: CassandraSession
    log: KafkaMessageLog
    writing: CassandraTimeline
    reading: Reading

    async def append(self, *records: Record) -> None:
        for ack in await self.log.append(records):
            await ack


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


async def seqs(engines: Engines, conversation_id: str) -> list[int]:
    return [one.seq for one in await engines.reading.read(ConversationId(conversation_id), EVERYTHING)]

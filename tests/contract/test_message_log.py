"""The message log's suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from aiokafka import AIOKafkaConsumer

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from chatkit.edges.message_log import LOG_TOPIC, REQUEST_ID_HEADER, MessageLog, Record
from chatkit.edges.message_log.kafka import KafkaMessageLog
from chatkit.edges.message_log.memory import MemoryMessageLog
from svc_writer.source import KafkaSource


class World(Protocol):
    """A log, and a way to read what is in it."""

    @property
    def log(self) -> MessageLog: ...
    async def read(self, key: bytes, count: int) -> list[Record]: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.log = MemoryMessageLog()

    async def read(self, key: bytes, count: int) -> list[Record]:
        return [record for record in self.log.records if record.key == key][:count]


class KafkaWorld:
    def __init__(self, bootstrap: str, log: KafkaMessageLog) -> None:
        self.bootstrap = bootstrap
        self.log = log

    async def read(self, key: bytes, count: int) -> list[Record]:
        found: list[Record] = []
        consumer = AIOKafkaConsumer(LOG_TOPIC, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        async with asyncio.timeout(30):
            while len(found) < count:
                one = await consumer.getone()
                if one.key == key:
                    found.append(Record(one.topic, one.key, one.value, dict(one.headers).get(REQUEST_ID_HEADER, b"").decode()))
        await consumer.stop()
        return found


@pytest.fixture(params=["memory", "kafka"], scope="module")
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    bootstrap = request.getfixturevalue("kafka_bootstrap")
    maker = KafkaSource(bootstrap, "maker")
    await maker.start(1)
    await maker.stop()
    log = KafkaMessageLog(bootstrap, "tests")
    await log.start((LOG_TOPIC,))
    yield KafkaWorld(bootstrap, log)
    await log.stop()


async def test_records_of_one_key_keep_their_order_and_what_came_with_them(world: World) -> None:
    key = new_id().encode()
    records = [Record(LOG_TOPIC, key, b"%d" % n, f"request-{n}" if n % 2 else "") for n in range(300)]
    for ack in await world.log.append(records):
        await ack
    assert await world.read(key, len(records)) == records


async def test_nothing_is_appended_by_appending_nothing(world: World) -> None:
    assert list(await world.log.append([])) == []


async def test_a_log_that_is_away_refuses_in_bounded_time(kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.edges.message_log.kafka.TIMEOUT_MS", 300)
    log = KafkaMessageLog(kafka_bootstrap, "tests")
    await log.start((LOG_TOPIC,))
    # A topic that nobody made is to a producer what a cluster without a leader is: it waits for metadata.
    records = [Record(f"no-such-topic-{new_id()}", b"k", b"v") for _ in range(20)]
    for ack in await log.append(records):
        with pytest.raises(ChatError) as failure:
            await ack
        assert failure.value.reason is Reason.UNAVAILABLE
    await log.stop()

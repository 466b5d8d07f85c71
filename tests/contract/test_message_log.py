"""The message log's suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from chatkit.edges.message_log import LOG_TOPIC, MAX_RECORD_BYTES, REQUEST_ID_HEADER, MessageLog, Record
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


@pytest.fixture(scope="module")
async def kafka(kafka_bootstrap: str) -> str:
    """Return where a Kafka is that has the topics."""
    maker = KafkaSource(kafka_bootstrap, "maker")
    await maker.start(1)
    await maker.stop()
    return kafka_bootstrap


@pytest.fixture(params=["memory", "kafka"], scope="module")
async def world(request: pytest.FixtureRequest, kafka: str) -> AsyncIterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    yield KafkaWorld(kafka, log)
    await log.stop()


async def test_records_of_one_key_keep_their_order_and_what_came_with_them(world: World) -> None:
    key = new_id().encode()
    records = [Record(LOG_TOPIC, key, b"%d" % n, f"request-{n}" if n % 2 else "") for n in range(300)]
    for ack in await world.log.append(records):
        await ack
    assert await world.read(key, len(records)) == records


async def test_nothing_is_appended_by_appending_nothing(world: World) -> None:
    assert list(await world.log.append([])) == []


async def test_a_log_that_is_away_refuses_in_bounded_time(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.edges.message_log.kafka.TIMEOUT_MS", 300)
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    # A topic that nobody made is to a producer what a cluster without a leader is: it waits for metadata.
    nowhere = f"no-such-topic-{new_id()}"
    vars(log)["_partitions"][nowhere] = [0]
    records = [Record(nowhere, b"k", b"v") for _ in range(20)]
    for ack in await log.append(records):
        with pytest.raises(ChatError) as failure:
            await ack
        assert failure.value.reason is Reason.UNAVAILABLE
    await log.stop()


async def test_a_producer_whose_numbers_have_a_gap_is_replaced_and_nothing_before_that_comes_after_it(kafka: str) -> None:
    """The gap is what a batch leaves that was given up for want of a leader."""
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    key = new_id().encode()
    records = [Record(LOG_TOPIC, key, b"%d" % n) for n in range(4)]
    for ack in await log.append(records[:1]):
        await ack
    producer = vars(log)["_producer"]
    numbers = vars(producer)["_txn_manager"]
    for partition in vars(log)["_partitions"][LOG_TOPIC]:
        numbers.increment_sequence_number(TopicPartition(LOG_TOPIC, partition), 5)
    (ack,) = await log.append(records[1:2])
    with pytest.raises(ChatError) as failure:
        await ack
    assert failure.value.reason is Reason.UNAVAILABLE
    for ack in await log.append(records[2:]):
        await ack
    assert vars(log)["_producer"] is not producer
    assert await KafkaWorld(kafka, log).read(key, 3) == [records[0], *records[2:]]
    await log.stop()


class Stuck:
    """A producer to which one partition has no room any more."""

    def __init__(self, producer: object, partition: int) -> None:
        self._producer = producer
        self._partition = partition
        self.has_room = asyncio.Event()

    async def send_batch(self, batch: object, topic: str, *, partition: int) -> object:
        if partition == self._partition:
            await self.has_room.wait()
        return await self._producer.send_batch(batch, topic, partition=partition)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._producer, name)


async def test_a_partition_that_takes_nothing_holds_up_no_other(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    monkeypatch.setattr("chatkit.edges.message_log.kafka.TIMEOUT_MS", 1500)
    monkeypatch.setattr(log, "_producer", Stuck(vars(log)["_producer"], 0))
    records = [Record(LOG_TOPIC, new_id().encode(), b"v") for _ in range(60)]
    acks = await log.append(records)
    done = await asyncio.gather(*acks, return_exceptions=True)
    partitions = vars(log)["_partitions"][LOG_TOPIC]
    stuck = [DefaultPartitioner()(record.key, partitions, partitions) == 0 for record in records]
    assert [isinstance(one, ChatError) for one in done] == stuck
    assert {True, False} == set(stuck)
    await log.stop()


async def test_what_came_later_outlives_what_it_waits_with(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    monkeypatch.setattr("chatkit.edges.message_log.kafka.TIMEOUT_MS", 2000)
    key = new_id().encode()
    partitions = vars(log)["_partitions"][LOG_TOPIC]
    stuck = Stuck(vars(log)["_producer"], DefaultPartitioner()(key, partitions, partitions))
    monkeypatch.setattr(log, "_producer", stuck)
    is_whole: asyncio.Event = vars(log)["_is_whole"]
    is_whole.clear()
    records = [Record(LOG_TOPIC, key, b"%d" % n) for n in range(3)]
    (first,) = await log.append(records[:1])
    await asyncio.sleep(1.0)
    (second,) = await log.append(records[1:2])
    is_whole.set()
    await asyncio.sleep(0.1)
    (third,) = await log.append(records[2:])
    with pytest.raises(ChatError):
        await first
    stuck.has_room.set()
    await asyncio.gather(second, third)
    assert await KafkaWorld(kafka, log).read(key, 2) == records[1:]
    await log.stop()


async def test_who_stops_hands_over_what_waits_and_refuses_what_it_cannot(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    key = new_id().encode()
    records = [Record(LOG_TOPIC, key, b"%d" % n) for n in range(3)]
    acks = list(await log.append(records))
    await log.stop()
    assert [ack.result() for ack in acks] == [None] * 3
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    partitions = vars(log)["_partitions"][LOG_TOPIC]
    monkeypatch.setattr(log, "_producer", Stuck(vars(log)["_producer"], DefaultPartitioner()(key, partitions, partitions)))
    acks = list(await log.append(records))
    await log.stop()
    for ack in acks:
        assert ack.done()
        with pytest.raises(ChatError):
            ack.result()


async def test_a_record_that_is_too_large_fails_alone(kafka: str) -> None:
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    key = new_id().encode()
    records = [Record(LOG_TOPIC, key, value) for value in (b"small", b"x" * 2 * MAX_RECORD_BYTES)]
    small, large = await log.append(records)
    await small
    with pytest.raises(ChatError):
        await large
    assert await KafkaWorld(kafka, log).read(key, 1) == records[:1]
    await log.stop()


async def test_what_the_producer_never_tells_of_is_refused_in_bounded_time(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = KafkaMessageLog(kafka, "tests")
    await log.start((LOG_TOPIC,))
    monkeypatch.setattr("chatkit.edges.message_log.kafka.TIMEOUT_MS", 300)
    silent: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send_batch(*_: object, **__: object) -> asyncio.Future[None]:
        return silent

    monkeypatch.setattr(vars(log)["_producer"], "send_batch", send_batch)
    (ack,) = await log.append([Record(LOG_TOPIC, b"k", b"v")])
    with pytest.raises(ChatError):
        await asyncio.wait_for(ack, 10)
    silent.set_result(None)  # too late, and no fault
    await log.stop()

"""The log in Kafka: idempotent producer, acks=all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
)
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from prometheus_client import Gauge

from chatkit.core.backoff import Backoff
from chatkit.core.errors import ChatError, Reason
from chatkit.edges.engine_metrics import FAILED, KAFKA, TOOK
from chatkit.edges.kafka import IN_THE_CLEAR, Access
from chatkit.edges.message_log import REQUEST_ID_HEADER, Record
from chatkit.edges.wait import wait_for_engine
from chatkit.tracing import TRACEPARENT

log = structlog.get_logger()

UNCONFIRMED = Gauge("chat_log_unconfirmed_records", "Records that wait to become durable, or have just become so.")

TIMEOUT_MS = 8_000
"""How long a record may take to become durable before its sender is told to try again."""
BATCH_BYTES = 128 * 1024
"""What goes to a partition at once, at most; a larger record goes alone, so that only its own fate is at stake."""
LOOK_S = 0.25
FLUSH_S = 1.0
"""How long a producer that is broken, or to be stopped, may take to finish what it can."""

BROKEN = (InvalidProducerEpoch, OutOfOrderSequenceNumber, ProducerClosed, ProducerFenced, UnknownProducerId)
"""After these no record of the same producer is taken any more: a batch of it has used numbers that the broker never saw."""

_by_key = DefaultPartitioner()


def partition_of(key: bytes, partitions: Sequence[int]) -> int:
    """Return in which part of a topic a record lies: one of the numbers that it has, by rising number."""
    number: int = _by_key(key, partitions, partitions)
    return number


class _Handed:
    """A record, what ends when it is durable, and until when it may try."""

    __slots__ = ("durable", "record", "until")

    def __init__(self, record: Record, until: float, durable: asyncio.Future[None]) -> None:
        self.record = record
        self.until = until
        self.durable = durable


class KafkaMessageLog:
    """Appends through one producer, which keeps the order of records of a partition through its own retries.

    Each partition has a queue of its own: one that takes nothing holds up no other. What has come for a partition while the one before was
    on its way goes as one batch.
    """

    def __init__(self, bootstrap: str, client_id: str, access: Access = IN_THE_CLEAR) -> None:
        self._bootstrap = bootstrap
        self._access = access
        self._client_id = client_id
        self._producer = self._made()
        self._partitions: dict[str, list[int]] = {}
        self._queues: dict[TopicPartition, _Queue] = {}
        self._under_way: deque[_Handed] = deque()
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def _made(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=TIMEOUT_MS,
            metadata_max_age_ms=30_000,
            **self._access,
        )

    async def start(self, topics: Sequence[str]) -> None:
        """Connect, and wait for `topics` to exist. Raises ConnectionError if Kafka or they do not come up."""
        await wait_for_engine("Kafka", self._producer.start, (KafkaError, OSError))
        for topic in topics:
            await wait_for_engine(f"Kafka topic {topic}", lambda topic=topic: self._find(topic), (KafkaError, LookupError))  # type: ignore[misc]
        UNCONFIRMED.set_function(lambda: len(self._under_way))
        self._do(self._watch())

    async def _find(self, topic: str) -> None:
        async with asyncio.timeout(TIMEOUT_MS / 1000):
            partitions = await self._producer.partitions_for(topic)
        if not partitions:
            raise LookupError(f"{topic} has no partitions")
        self._partitions[topic] = sorted(partitions)

    async def stop(self) -> None:
        """Flush and disconnect. What can't be handed over any more is refused."""
        waiting = [one.durable for one in self._under_way if not one.durable.done()]
        if waiting:
            await asyncio.wait(waiting, timeout=FLUSH_S)
        for task in list(self._tasks):
            task.cancel()
        await self._producer.stop()
        for durable in waiting:
            _fail(durable, ProducerClosed())

    async def append(self, records: Sequence[Record]) -> Sequence[asyncio.Future[None]]:
        loop = asyncio.get_running_loop()
        until = loop.time() + TIMEOUT_MS / 1000
        handed = [_Handed(record, until, loop.create_future()) for record in records]
        for one in handed:
            self._queue_of(one.record).put(one)
        self._under_way += handed
        return [one.durable for one in handed]

    def _queue_of(self, record: Record) -> _Queue:
        partitions = self._partitions[record.topic]
        place = TopicPartition(record.topic, partition_of(record.key, partitions))
        if place not in self._queues:
            queue = self._queues[place] = _Queue(place)
            self._do(self._send_all(queue))
        return self._queues[place]

    def _do(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_all(self, queue: _Queue) -> None:
        """Hand the records of a partition to the producer, in their order, for ever."""
        while True:
            await queue.some()
            await self._is_whole.wait()
            await self._send(queue, self._producer)

    async def _send(self, queue: _Queue, producer: AIOKafkaProducer) -> None:
        batch = producer.create_batch()
        handed: list[_Handed] = []
        try:
            queue.take(batch, handed)
            if not handed:
                return
            async with asyncio.timeout_at(handed[0].until):
                sent: asyncio.Future[Any] = await producer.send_batch(batch, queue.place.topic, partition=queue.place.partition)
        except TimeoutError:
            # Nothing of it was handed over. What has time left may go on waiting.
            now = asyncio.get_running_loop().time()
            for one in handed:
                if one is handed[0] or one.until <= now:
                    _fail(one.durable, TimeoutError("the log takes nothing"))
            queue.put_back(handed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the records behind it have their turn
            self._failed(handed, producer, error)
        else:
            sent.add_done_callback(partial(self._settle, handed, producer, asyncio.get_running_loop().time()))

    def _settle(self, handed: Sequence[_Handed], producer: AIOKafkaProducer, began: float, sent: asyncio.Future[Any]) -> None:
        if sent.cancelled():
            for one in handed:
                one.durable.cancel()
        elif (error := sent.exception()) is not None:
            self._failed(handed, producer, error)
        else:
            TOOK[KAFKA].observe(asyncio.get_running_loop().time() - began)
            for one in handed:
                if not one.durable.done():
                    one.durable.set_result(None)

    def _failed(self, handed: Sequence[_Handed], producer: AIOKafkaProducer, error: BaseException) -> None:
        for one in handed:
            _fail(one.durable, error)
        is_broken = isinstance(error, BROKEN) or type(error) is KafkaError  # of which the latter says that its sender has died
        if is_broken and producer is self._producer and self._is_whole.is_set():
            self._is_whole.clear()
            log.warning("producer_broken", error=repr(error))
            self._do(self._replace(producer))

    async def _replace(self, broken: AIOKafkaProducer) -> None:
        """Go on with another producer, once the old one has nothing under way that could get into the log after what comes next."""
        try:
            async with asyncio.timeout(FLUSH_S):
                await broken.stop()
        except (KafkaError, TimeoutError):
            # It would go on trying: nothing public ends that.
            await vars(broken)["_sender"].close()
            await broken.client.close()
        backoff = Backoff(0.1, 2.0)
        while True:
            fresh = self._made()
            try:
                await fresh.start()
                break
            except (KafkaError, OSError) as error:
                log.warning("no_producer", error=repr(error))
                with suppress(KafkaError, OSError):
                    await fresh.stop()
                await asyncio.sleep(backoff.next())
        self._producer = fresh
        self._is_whole.set()

    async def _watch(self) -> None:
        """Let nobody wait for longer than was said, for ever: a producer tries again for as long as it takes."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)
            now = loop.time()
            while self._under_way and (self._under_way[0].durable.done() or self._under_way[0].until <= now):
                _fail(self._under_way.popleft().durable, TimeoutError("the log did not say that it has it"))


class _Queue:
    """Records of a partition that wait for a producer."""

    def __init__(self, place: TopicPartition) -> None:
        self.place = place
        self._waiting: deque[_Handed] = deque()
        self._more = asyncio.Event()

    def put(self, one: _Handed) -> None:
        self._forget()
        self._waiting.append(one)
        self._more.set()

    def put_back(self, handed: Sequence[_Handed]) -> None:
        """Take back what could not be handed over."""
        self._waiting.extendleft(reversed(handed))
        self._forget()

    def _forget(self) -> None:
        """Drop what nobody waits for any more: a queue that stands still must not grow."""
        while self._waiting and self._waiting[0].durable.done():
            self._waiting.popleft()

    async def some(self) -> None:
        """Wait until there is something."""
        while not self._waiting:
            self._more.clear()
            await self._more.wait()

    def take(self, batch: BatchBuilder, taken: list[_Handed]) -> None:
        """Fill a batch, and note in `taken` what is in it."""
        while self._waiting:
            one = self._waiting.popleft()
            if one.durable.done():
                continue
            taken.append(one)
            record = one.record
            headers = [(REQUEST_ID_HEADER, record.request_id.encode())] if record.request_id else []
            if record.traceparent:
                headers.append((TRACEPARENT, record.traceparent.encode()))
            if batch.append(timestamp=None, key=record.key, value=record.value, headers=headers) is None:
                self._waiting.appendleft(taken.pop())
                break


def _fail(durable: asyncio.Future[None], error: BaseException) -> None:
    if durable.done():
        return
    refusal = ChatError(Reason.UNAVAILABLE, "the log can't be reached: try again with the same message_id")
    refusal.__cause__ = error
    durable.set_exception(refusal)
    FAILED[KAFKA].inc()
    durable.exception()  # so that one for which nobody waits is not reported as forgotten

"""The log, read: what comes in, and how far it has been dealt with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError, TopicAlreadyExistsError, for_code

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.engine_metrics import FAILED, KAFKA
from chatkit.edges.kafka import IN_THE_CLEAR, Access
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, LOG_TOPIC, MAX_LETTER_BYTES, REQUEST_ID_HEADER, WATERMARK_TOPIC
from chatkit.edges.wait import wait_for_engine
from chatkit.tracing import TRACEPARENT

GROUP = "elastic-chat-writer"
TOPICS = (LOG_TOPIC, WATERMARK_TOPIC)
POLL_MS = 1000
GATHER_BYTES, GATHER_MS = 256 * 1024, 400
"""How much Kafka gathers before it gives it out, and how long at most: to write a few records costs as much as to write many."""
MAX_RECORDS = 8_000
ASK_MS = 5000
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """A record that came in."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    request_id: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a partition is: the offsets after the last record that is committed, and after the last that there is."""

    topic: str
    partition: int
    committed: int
    end: int


class Source(Protocol):
    """The log, as the writer reads it."""

    async def take(self) -> Sequence[Taken]:
        """Return what has come, waiting up to a second."""
        ...

    async def commit(self, taken: Sequence[Taken]) -> None:
        """Note that these, and all before them in their partitions, are dealt with. What belongs to another reader by now is passed
        over. Raises UNAVAILABLE.
        """
        ...

    async def lag(self) -> Sequence[Lag]:
        """Return how far every partition is, of whichever reader. Raises UNAVAILABLE."""
        ...


class KafkaSource:
    """A member of the writers' consumer group. Offsets are committed by hand, after the write.

    A rebalance needs no listener: `commit` passes over partitions that have gone, and whoever has them now reads their records again.
    """

    def __init__(self, bootstrap: str, node_id: str, access: Access = IN_THE_CLEAR) -> None:
        self._bootstrap = bootstrap
        self._access = access
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=GROUP,
            client_id=node_id,
            group_instance_id=node_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            max_poll_interval_ms=3_600_000,
            fetch_min_bytes=GATHER_BYTES,
            fetch_max_wait_ms=GATHER_MS,
            metadata_max_age_ms=30_000,
            **access,
        )
        # Kafka answers one question of a connection at a time, and that for new records may wait a second: so these have their own.
        asking: dict[str, Any] = {"bootstrap_servers": bootstrap, "client_id": f"{node_id}-lag", "request_timeout_ms": ASK_MS, **access}
        self._admin = AIOKafkaAdminClient(**asking)
        self._observer = AIOKafkaConsumer(**asking)

    async def start(self, replication_factor: int) -> None:
        """Make the topics, and join the group. Raises ConnectionError if Kafka does not come up."""
        await wait_for_engine("Kafka", lambda: _make_topics(self._bootstrap, replication_factor, self._access), (KafkaError, OSError))
        self._consumer.subscribe(TOPICS)
        for part in (self._consumer, self._admin, self._observer):
            await wait_for_engine("Kafka", part.start, (KafkaError, OSError))

    async def stop(self) -> None:
        """Leave."""
        await self._consumer.stop()
        await self._observer.stop()
        await self._admin.close()

    async def take(self) -> Sequence[Taken]:
        batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_RECORDS)
        return [_taken(record) for records in batches.values() for record in records]

    async def commit(self, taken: Sequence[Taken]) -> None:
        held = self._consumer.assignment()
        offsets: dict[TopicPartition, int] = {}
        for record in taken:
            partition = TopicPartition(record.topic, record.partition)
            if partition in held:
                offsets[partition] = max(offsets.get(partition, 0), record.offset + 1)
        if offsets:
            try:
                await self._consumer.commit(offsets)
            except (CommitFailedError, IllegalStateError):
                # The partitions have gone to another reader, who will read these records again: writing twice is as good as once.
                return
            except KafkaError as error:
                FAILED[KAFKA].inc()
                raise ChatError(Reason.UNAVAILABLE, "Kafka does not take the offsets") from error

    async def lag(self) -> Sequence[Lag]:
        try:
            return await self._lag()
        except KafkaError as error:
            FAILED[KAFKA].inc()
            raise ChatError(Reason.UNAVAILABLE, "Kafka does not tell the offsets") from error

    async def _lag(self) -> Sequence[Lag]:
        known = {topic: self._consumer.partitions_for_topic(topic) for topic in TOPICS}
        if not all(known.values()):
            # Whoever waits for everything to be written must not take nothing for everything.
            raise ChatError(Reason.UNAVAILABLE, "Kafka has not told yet which partitions there are")
        partitions = [TopicPartition(topic, number) for topic, numbers in known.items() for number in sorted(numbers or ())]
        # In this order: what is committed can only have grown, so that a lag may be shown too large, and never too small.
        committed: Mapping[TopicPartition, Any] = await self._admin.list_consumer_group_offsets(GROUP)
        ends: Mapping[TopicPartition, int] = await self._observer.end_offsets(partitions)
        return [Lag(one.topic, one.partition, max(committed[one].offset, 0) if one in committed else 0, ends[one]) for one in partitions]


def _taken(record: Any) -> Taken:  # noqa: ANN401 - aiokafka has no types
    headers: dict[str, bytes] = dict(record.headers)
    return Taken(
        record.topic,
        record.partition,
        record.offset,
        record.key or b"",
        record.value or b"",
        headers.get(REQUEST_ID_HEADER, b"").decode(errors="replace"),
        headers.get(TRACEPARENT, b"").decode(errors="replace"),
    )


async def _make_topics(bootstrap: str, replication_factor: int, access: Access) -> None:
    min_in_sync = str(min(2, replication_factor))
    common = {"min.insync.replicas": min_in_sync}
    letters = {"retention.ms": str(30 * DAY_MS), "max.message.bytes": str(MAX_LETTER_BYTES)}
    topics = [
        NewTopic(LOG_TOPIC, 12, replication_factor, topic_configs=common | {"retention.ms": str(7 * DAY_MS)}),
        NewTopic(WATERMARK_TOPIC, 12, replication_factor, topic_configs=common | {"cleanup.policy": "compact"}),
        NewTopic(DEAD_LETTER_TOPIC, 1, replication_factor, topic_configs=common | letters),
    ]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **access)
    await admin.start()
    try:
        response: Any = await admin.create_topics(topics)
    finally:
        await admin.close()
    for _, code, *_ in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error

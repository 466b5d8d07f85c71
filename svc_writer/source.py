"""The log, read: what comes in, and how far it has been dealt with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.engine_metrics import FAILED, KAFKA
from chatkit.edges.kafka import IN_THE_CLEAR, Access
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, LOG_TOPIC, MAX_LETTER_BYTES, WATERMARK_TOPIC
from chatkit.edges.message_log.reader import Begin, KafkaReader, Reading, Taken
from chatkit.edges.wait import wait_for_engine

GROUP = "elastic-chat-writer"
TOPICS = (LOG_TOPIC, WATERMARK_TOPIC)
GATHER_BYTES, GATHER_MS = 256 * 1024, 400
"""How much Kafka gathers before it gives it out, and how long at most: to write a few records costs as much as to write many."""
MAX_RECORDS = 8_000
ASK_MS = 5000
DAY_MS = 24 * 3600 * 1000


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
    """A member of the writers' consumer group. Offsets are committed by hand, after the write."""

    def __init__(self, bootstrap: str, node_id: str, access: Access = IN_THE_CLEAR) -> None:
        self._reader = KafkaReader(bootstrap, node_id, Reading(GROUP, TOPICS, Begin.OLDEST, GATHER_BYTES, GATHER_MS, MAX_RECORDS), access)
        self._bootstrap = bootstrap
        self._access = access
        # Kafka answers one question of a connection at a time, and that for new records may wait a second: so these have their own.
        asking: dict[str, Any] = {"bootstrap_servers": bootstrap, "client_id": f"{node_id}-lag", "request_timeout_ms": ASK_MS, **access}
        self._admin = AIOKafkaAdminClient(**asking)
        self._observer = AIOKafkaConsumer(**asking)

    async def start(self, replication_factor: int) -> None:
        """Make the topics, and join the group. Raises ConnectionError if Kafka does not come up."""
        await wait_for_engine("Kafka", lambda: _make_topics(self._bootstrap, replication_factor, self._access), (KafkaError, OSError))
        await self._reader.start()
        for part in (self._admin, self._observer):
            await wait_for_engine("Kafka", part.start, (KafkaError, OSError))

    async def stop(self) -> None:
        """Leave."""
        await self._reader.stop()
        await self._observer.stop()
        await self._admin.close()

    async def take(self) -> Sequence[Taken]:
        return await self._reader.take()

    async def commit(self, taken: Sequence[Taken]) -> None:
        await self._reader.commit(taken)

    async def lag(self) -> Sequence[Lag]:
        try:
            return await self._lag()
        except KafkaError as error:
            FAILED[KAFKA].inc()
            raise ChatError(Reason.UNAVAILABLE, "Kafka does not tell the offsets") from error

    async def _lag(self) -> Sequence[Lag]:
        known = {topic: self._reader.partitions(topic) for topic in TOPICS}
        if not all(known.values()):
            # Whoever waits for everything to be written must not take nothing for everything.
            raise ChatError(Reason.UNAVAILABLE, "Kafka has not told yet which partitions there are")
        partitions = [TopicPartition(topic, number) for topic, numbers in known.items() for number in sorted(numbers or ())]
        # In this order: what is committed can only have grown, so that a lag may be shown too large, and never too small.
        committed: Mapping[TopicPartition, Any] = await self._admin.list_consumer_group_offsets(GROUP)
        ends: Mapping[TopicPartition, int] = await self._observer.end_offsets(partitions)
        return [Lag(one.topic, one.partition, max(committed[one].offset, 0) if one in committed else 0, ends[one]) for one in partitions]


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

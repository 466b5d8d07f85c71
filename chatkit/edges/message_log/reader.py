"""The log, read by a group of consumers that share it, each record by one of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.engine_metrics import FAILED, KAFKA
from chatkit.edges.kafka import IN_THE_CLEAR, Access
from chatkit.edges.message_log import REQUEST_ID_HEADER
from chatkit.edges.wait import wait_for_engine
from chatkit.tracing import TRACEPARENT

POLL_MS = 1000
SESSION_MS = 10_000
"""How long a reader may be silent before its parts are given to others."""


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


class Begin(StrEnum):
    """Where a group begins that has committed nothing."""

    OLDEST = "earliest"
    NEWEST = "latest"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a group reads: how much Kafka gathers before it gives it out, and how long at most, and how many records are taken at once.

    If what a reader has of its parts is dear, they are `sticky`: they stay where they are when readers come and go. `session_ms` is how
    long a reader may be silent before its parts are given to others.
    """

    group: str
    topics: Sequence[str]
    begin: Begin
    gather_bytes: int
    gather_ms: int
    max_records: int
    sticky: bool = False
    session_ms: int = SESSION_MS


class KafkaReader:
    """A member of a consumer group. Offsets are committed by hand.

    A rebalance needs no listener: `commit` passes over partitions that have gone, and whoever has them now reads their records again.
    """

    def __init__(self, bootstrap: str, node_id: str, reading: Reading, access: Access = IN_THE_CLEAR) -> None:
        self._reading = reading
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=reading.group,
            client_id=node_id,
            group_instance_id=node_id,
            enable_auto_commit=False,
            auto_offset_reset=reading.begin.value,
            session_timeout_ms=reading.session_ms,
            heartbeat_interval_ms=3_000,
            partition_assignment_strategy=(StickyPartitionAssignor if reading.sticky else RoundRobinPartitionAssignor,),
            max_poll_interval_ms=3_600_000,
            fetch_min_bytes=reading.gather_bytes,
            fetch_max_wait_ms=reading.gather_ms,
            metadata_max_age_ms=30_000,
            **access,
        )

    async def start(self) -> None:
        """Join the group. Raises ConnectionError if Kafka does not come up."""
        self._consumer.subscribe(self._reading.topics)
        await wait_for_engine("Kafka", self._consumer.start, (KafkaError, OSError))

    async def stop(self) -> None:
        """Leave."""
        await self._consumer.stop()

    def partitions(self, topic: str) -> Collection[int] | None:
        """Return the numbers of a topic's partitions, or None if Kafka has not told them yet."""
        numbers: Collection[int] | None = self._consumer.partitions_for_topic(topic)
        return numbers

    async def take(self) -> Sequence[Taken]:
        """Return what has come, waiting up to a second."""
        batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=self._reading.max_records)
        return [_taken(record) for records in batches.values() for record in records]

    def assigned(self, topic: str) -> frozenset[int]:
        """Return the numbers of a topic's partitions that this reader reads now."""
        return frozenset(one.partition for one in self._consumer.assignment() if one.topic == topic)

    async def bounds(self, topic: str, partitions: Collection[int]) -> Mapping[int, tuple[int, int]]:
        """Return the offset of the oldest record that each partition still has, and that after the newest. Raises UNAVAILABLE."""
        asked = [TopicPartition(topic, one) for one in partitions]
        try:
            first, end = await self._consumer.beginning_offsets(asked), await self._consumer.end_offsets(asked)
        except KafkaError as error:
            FAILED[KAFKA].inc()
            raise ChatError(Reason.UNAVAILABLE, "Kafka does not tell the offsets") from error
        return {one.partition: (first[one], end[one]) for one in asked}

    def wait(self, topic: str, partition: int) -> None:
        """Take nothing of a partition until `go_on` is called. One that is not read any more is passed over."""
        with suppress(IllegalStateError):
            self._consumer.pause(TopicPartition(topic, partition))

    def go_on(self, topic: str, partition: int, offset: int) -> None:
        """Take what a partition has from an offset on. One that is not read any more is passed over."""
        place = TopicPartition(topic, partition)
        with suppress(IllegalStateError):
            self._consumer.seek(place, offset)
            self._consumer.resume(place)

    async def commit(self, taken: Sequence[Taken]) -> None:
        """Note that these, and all before them in their partitions, are dealt with. What belongs to another reader by now is passed
        over. Raises UNAVAILABLE.
        """
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
                # The partitions have gone to another reader, who will read these records again.
                return
            except KafkaError as error:
                FAILED[KAFKA].inc()
                raise ChatError(Reason.UNAVAILABLE, "Kafka does not take the offsets") from error


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

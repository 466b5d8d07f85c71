"""The log, as search reads it: the parts of it that this instance holds, each from where its index is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import grpc

from chatkit.core.ids import ConversationId
from chatkit.edges.kafka import IN_THE_CLEAR, Access
from chatkit.edges.message_log import LOG_TOPIC
from chatkit.edges.message_log.kafka import partition_of
from chatkit.edges.message_log.reader import Begin, KafkaReader, Reading, Taken
from chatkit.rpc.errors import error_of
from elastic_chat.writer.v1 import writer_service_pb2 as pb
from elastic_chat.writer.v1 import writer_service_pb2_grpc as rpc

GROUP = "elastic-chat-search"
SESSION_MS = 30_000
"""So long an instance may be away before others build its indexes: it is back sooner than that is done."""
READING = Reading(
    GROUP, (LOG_TOPIC,), Begin.OLDEST, gather_bytes=32 * 1024, gather_ms=200, max_records=2_000, sticky=True, session_ms=SESSION_MS
)


class Feed(Protocol):
    """The log, read by a group that shares it by parts. What asks the log raises UNAVAILABLE if it can't be reached."""

    @property
    def parts(self) -> Sequence[int]:
        """All parts that the log has, by rising number; none if that is not known yet."""
        ...

    def held(self) -> frozenset[int]:
        """Return the parts that are this instance's now."""
        ...

    async def take(self) -> Sequence[Taken]:
        """Return what has come, waiting up to a second."""
        ...

    async def commit(self, taken: Sequence[Taken]) -> None:
        """Note how far the group is, for whoever looks: each index knows it for itself."""
        ...

    async def bounds(self, parts: Collection[int]) -> Mapping[int, tuple[int, int]]:
        """Return the offset of the oldest record that each part still has, and that after the newest."""
        ...

    def wait(self, part: int) -> None:
        """Take nothing of a part until `go_on`."""
        ...

    def go_on(self, part: int, offset: int) -> None:
        """Take what a part has from an offset on."""
        ...


class Written(Protocol):
    """Knows how far the database is."""

    async def offsets(self) -> Mapping[int, int]:
        """Return, for each part of the log, the offset up to which everything is in the database. Raises UNAVAILABLE."""
        ...


class KafkaFeed:
    """A member of the consumer group of search."""

    def __init__(self, bootstrap: str, node_id: str, access: Access = IN_THE_CLEAR) -> None:
        self._reader = KafkaReader(bootstrap, node_id, READING, access)

    async def start(self) -> None:
        """Join the group. Raises ConnectionError if Kafka does not come up."""
        await self._reader.start()

    async def stop(self) -> None:
        """Leave."""
        await self._reader.stop()

    @property
    def parts(self) -> Sequence[int]:
        return sorted(self._reader.partitions(LOG_TOPIC) or ())

    def held(self) -> frozenset[int]:
        return self._reader.assigned(LOG_TOPIC)

    async def take(self) -> Sequence[Taken]:
        return await self._reader.take()

    async def commit(self, taken: Sequence[Taken]) -> None:
        await self._reader.commit(taken)

    async def bounds(self, parts: Collection[int]) -> Mapping[int, tuple[int, int]]:
        return await self._reader.bounds(LOG_TOPIC, parts)

    def wait(self, part: int) -> None:
        self._reader.wait(LOG_TOPIC, part)

    def go_on(self, part: int, offset: int) -> None:
        self._reader.go_on(LOG_TOPIC, part, offset)


class MeshWritten:
    """The writer, which knows it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._writer: Any = rpc.WriterServiceStub(channel)

    async def offsets(self) -> Mapping[int, int]:
        try:
            lag: pb.GetLagResponse = await self._writer.GetLag(pb.GetLagRequest())
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return {one.partition: one.committed_offset for one in lag.partitions if one.topic == LOG_TOPIC}


def part_of(conversation_id: ConversationId, parts: Sequence[int]) -> int:
    """Return in which part of the log a conversation is."""
    return partition_of(conversation_id.encode(), parts)

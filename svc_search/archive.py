"""The readable view of the log, from which an index is made again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from cassandra.query import PreparedStatement

from chatkit.core.ids import ConversationId
from chatkit.edges.cassandra import CassandraSession, Row
from elastic_chat.events.v1 import log_pb2

KEYSPACE = "elastic_chat"
SCHEMA_VERSION = 14
TOKENS = (-(2**63), 2**63 - 1)
RANGES = 256
"""Parts in which the list of all conversations is read."""
PAGE = 1000

QUERIES = {
    "conversations": "SELECT conversation_id FROM {}.conversations WHERE token(conversation_id) >= ? AND token(conversation_id) <= ?",
    "buckets": "SELECT bucket FROM {}.message_buckets WHERE conversation_id = ?",
    "messages": "SELECT seq, entry, fading FROM {}.messages WHERE conversation_id = ? AND bucket = ? AND seq > ? ORDER BY seq ASC LIMIT ?",
    "changes": "SELECT entry FROM {}.message_changes WHERE conversation_id = ? AND bucket = ? AND target >= ? AND target <= ?",
}


class Archive(Protocol):
    """Everything that was said. Raises UNAVAILABLE if it can't be had."""

    def conversations(self) -> AsyncIterator[list[ConversationId]]:
        """Yield all conversations, some at a time."""
        ...

    def entries(self, conversation_id: ConversationId) -> AsyncIterator[list[log_pb2.LogEntry]]:
        """Yield the entries of a conversation, some at a time: messages, and with or behind each what has changed it."""
        ...


class CassandraArchive:
    """Cassandra. The tables are the writer's."""

    def __init__(self, session: CassandraSession) -> None:
        self._session = session
        self._statements: dict[str, PreparedStatement] = {}

    async def prepare(self) -> None:
        """Prepare the statements; the schema must be there."""
        for name, query in QUERIES.items():
            self._statements[name] = await self._session.prepare(query.format(KEYSPACE))

    async def conversations(self) -> AsyncIterator[list[ConversationId]]:
        first, last = TOKENS
        width = (last - first) // RANGES
        for number in range(RANGES):
            begin = first + number * width
            end = last if number == RANGES - 1 else begin + width - 1
            yield [ConversationId(row.conversation_id) for row in await self._rows("conversations", begin, end)]

    async def entries(self, conversation_id: ConversationId) -> AsyncIterator[list[log_pb2.LogEntry]]:
        for (bucket,) in sorted(await self._rows("buckets", conversation_id)):
            after = 0
            while rows := await self._rows("messages", conversation_id, bucket, after, PAGE):
                changes = await self._rows("changes", conversation_id, bucket, rows[0].seq, rows[-1].seq)
                entries = [log_pb2.LogEntry.FromString(row.entry + (row.fading or b"")) for row in rows]
                yield entries + [log_pb2.LogEntry.FromString(row.entry) for row in changes]
                after = rows[-1].seq

    async def _rows(self, name: str, *values: object) -> list[Row]:
        return await self._session.fetch(self._statements[name].bind(values))

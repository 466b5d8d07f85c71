"""The readable view in Cassandra: unlogged batches of one partition each, which are one mutation there."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from cassandra import InvalidRequest
from cassandra.query import BatchStatement, BatchType, PreparedStatement

from chatkit.edges.cassandra import CassandraSession, Statement
from svc_writer.core import Table, Write
from svc_writer.store import UnfitError

KEYSPACE = "elastic_chat"
IN_FLIGHT = 32

COLUMNS: dict[Table, tuple[str, ...]] = {
    Table.MESSAGES: ("conversation_id", "bucket", "seq", "message_id", "entry"),
    Table.BUCKETS: ("conversation_id", "bucket"),
    Table.IDS: ("conversation_id", "hour", "message_id", "seq"),
    Table.CONVERSATIONS: ("conversation_id", "conversation"),
    Table.MEMBERS: ("conversation_id", "user_id", "permissions", "joined_seq", "joined_ordinal"),
    Table.BY_USER: ("user_id", "conversation_id", "permissions", "joined_seq"),
    Table.WATERMARKS: ("conversation_id", "user_id", "delivered_seq", "read_seq", "read_ordinal"),
}
DELETABLE: dict[Table, tuple[str, ...]] = {
    Table.MEMBERS: ("conversation_id", "user_id"),
    Table.BY_USER: ("user_id", "conversation_id"),
}


class CassandraTimeline:
    """Prepared upserts and deletes, each with the write's own timestamp."""

    def __init__(self, session: CassandraSession) -> None:
        self._session = session
        self._puts: dict[Table, PreparedStatement] = {}
        self._deletes: dict[Table, PreparedStatement] = {}

    async def prepare(self) -> None:
        """Prepare the statements; the schema must be there."""
        for table, columns in COLUMNS.items():
            marks = ", ".join("?" for _ in columns)
            query = f"INSERT INTO {KEYSPACE}.{table} ({', '.join(columns)}) VALUES ({marks}) USING TIMESTAMP ?"  # noqa: S608 - our own names
            self._puts[table] = await self._session.prepare(query)
        for table, columns in DELETABLE.items():
            where = " AND ".join(f"{column} = ?" for column in columns)
            query = f"DELETE FROM {KEYSPACE}.{table} USING TIMESTAMP ? WHERE {where}"  # noqa: S608 - our own names
            self._deletes[table] = await self._session.prepare(query)

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        try:
            for start in range(0, len(groups), IN_FLIGHT):
                await self._session.execute_all([self._statement(group) for group in groups[start : start + IN_FLIGHT]])
        except (TypeError, ValueError, OverflowError, struct.error, InvalidRequest) as error:
            raise UnfitError(f"the database does not take a row of it: {error}") from error

    def _statement(self, group: Sequence[Write]) -> Statement:
        if len(group) == 1:
            return self._bound(group[0])
        batch = BatchStatement(BatchType.UNLOGGED)
        for write in group:
            batch.add(self._bound(write))
        return batch

    def _bound(self, write: Write) -> Statement:
        if write.deletes:
            return self._deletes[write.table].bind((write.timestamp, *(write.row[column] for column in DELETABLE[write.table])))
        return self._puts[write.table].bind((*(write.row[column] for column in COLUMNS[write.table]), write.timestamp))

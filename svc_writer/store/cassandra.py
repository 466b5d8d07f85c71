"""The readable view in Cassandra: unlogged batches of one partition each, which are one mutation there."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator, Sequence

from cassandra import InvalidRequest
from cassandra.query import BatchStatement, BatchType, PreparedStatement

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.cassandra import FAILURES, CassandraSession, Statement
from svc_writer.core import Table, Write
from svc_writer.store import UnfitError

KEYSPACE = "elastic_chat"
WAVE, WAVES = 16, 4
"""Statements that wake the loop once, when the last of them has ended; and how often that is done at the same time."""
UNFIT = (TypeError, ValueError, OverflowError, struct.error)
"""What the driver says of a value that no column takes."""

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
            statements = [self._statement(group) for group in groups]
        except UNFIT as error:
            raise UnfitError(f"the database does not take a row of it: {error}") from error
        waves = iter([statements[start : start + WAVE] for start in range(0, len(statements), WAVE)])
        for failure in await asyncio.gather(*(self._put_waves(waves) for _ in range(WAVES)), return_exceptions=True):
            if isinstance(failure, InvalidRequest):
                await self._check()
                raise UnfitError(f"the database does not take a row of it: {failure}") from failure
            if failure is not None:
                raise failure

    async def _put_waves(self, waves: Iterator[Sequence[Statement]]) -> None:
        for wave in waves:
            await self._session.execute_all(wave)

    async def _check(self) -> None:
        """Raise UNAVAILABLE if a table is not as it should be: then it is not the row that is unfit."""
        try:
            for table, columns in COLUMNS.items():
                await self._session.run(f"SELECT {', '.join(columns)} FROM {KEYSPACE}.{table} LIMIT 1")  # noqa: S608 - our own names
        except FAILURES as error:
            raise ChatError(Reason.UNAVAILABLE, "the tables are not there, or not as this writer knows them") from error

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

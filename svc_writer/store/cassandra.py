"""The readable view in Cassandra.

What lies on the same replicas goes there in one unlogged batch, as large as it may be: a message of its own for each row costs both sides
five times as much. Nothing is meant to be atomic; writes can be repeated. (The Spark connector of Cassandra groups by replica set for the
same reason.)
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from cassandra import InvalidRequest
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement

from chatkit.core.clock import Clock
from chatkit.core.conversation_preferences import HAS_HIDDEN, PREFERENCES
from chatkit.core.conversation_settings import LISTED, SETTINGS
from chatkit.core.errors import ChatError, Reason
from chatkit.core.expiry import remaining_s
from chatkit.core.ids import MessageId
from chatkit.edges.cassandra import FAILURES, CassandraSession, Statement
from svc_writer.core import KEY, MAX_BYTES, PART, Due, Release, Table, Write
from svc_writer.store import AT_ONCE, Listing, UnfitError

KEYSPACE = "elastic_chat"
BATCH_ROWS = 30
"""Rows of a batch: as many as Amazon Keyspaces takes."""
BUCKETS_S, MOST_BUCKETS = 600.0, 100_000
TURNS, TURN_S = 40, 0.008
"""In about how many turns everything is put, and how long each is at least: nobody waits for it, and all at once would take the machine
from those who wait for a message. Few rows go one batch after the other, more go some at a time.
"""
BEHIND_ROWS = 10_000
"""With so many rows the writer is behind, and takes what it can get."""
LINES, LINE = 4, 8
"""At most so many turns at the same time, of at most so many batches, which wake the loop once, when the last of them has ended."""
UNFIT = (TypeError, ValueError, OverflowError, struct.error)
"""What the driver says of a value that no column takes."""

COLUMNS: dict[Table, tuple[str, ...]] = {
    Table.MESSAGES: ("conversation_id", "bucket", "seq", "message_id", "entry"),
    Table.BUCKETS: ("conversation_id", "bucket"),
    Table.IDS: ("conversation_id", "hour", "message_id", "seq"),
    Table.CONVERSATIONS: ("conversation_id", "conversation"),
    Table.MEMBERS: ("conversation_id", "user_id", "permissions", "joined_seq", "joined_ordinal"),
    Table.BY_USER: ("user_id", "conversation_id", "permissions", "joined_seq"),
    Table.WATERMARKS: (
        *("conversation_id", "user_id", "delivered_seq", "read_seq", "read_ordinal"),
        *("shown_delivered_seq", "shown_read_seq"),
    ),
    Table.CHANGES: ("conversation_id", "bucket", "target", "kind", "item", "entry"),
    Table.PINS: ("conversation_id", "seq"),
    Table.MENTIONS: ("owner", "conversation_id", "seq"),
    Table.BANS: ("conversation_id", "user_id", "banned_by", "banned_ms"),
    Table.INVITES: ("conversation_id", "invite_id", "expires_ms", "max_uses", "created_by", "created_ms"),
    Table.INVITE_USES: ("conversation_id", "invite_id", "seq"),
    Table.PUBLIC: ("part", "title_key", "conversation_id", "kind", "title", "topic", "avatar_file_id"),
    Table.RELEASES: ("part", "conversation_id", "message_id", "seq", "due_s"),
    Table.PREFERENCES: ("user_id", "conversation_id", *PREFERENCES, HAS_HIDDEN),
    Table.HIDDEN: ("user_id", "conversation_id", "seq", "ordinal", "mentioned"),
    Table.STARS: ("user_id", "conversation_id", "seq", "starred_seq"),
    Table.DRAFTS: ("user_id", "conversation_id", "thread", "draft", "saved_ms", "saved_seq"),
    Table.SCHEDULED: ("user_id", "message_id", "conversation_id", "scheduled", "scheduled_seq"),
    Table.DUE: ("hour", "deliver_ms", "user_id", "message_id", "seq"),
}
CHANGEABLE: dict[Table, tuple[str, ...]] = {
    Table.MESSAGES: ("fading",),
    Table.CONVERSATIONS: (*SETTINGS, "listed_as"),
    Table.MEMBERS: ("permissions",),
    Table.BY_USER: ("permissions",),
    Table.PREFERENCES: (*PREFERENCES, HAS_HIDDEN),
}
"""Columns that change by themselves."""
EXPIRING = {Table.MESSAGES, Table.CHANGES, Table.PINS, Table.MENTIONS}
"""Where there is what disappears."""
DELETABLE: dict[Table, tuple[str, ...]] = {
    Table.MEMBERS: ("conversation_id", "user_id"),
    Table.BY_USER: ("user_id", "conversation_id"),
    Table.CHANGES: ("conversation_id", "bucket", "target", "kind"),
    Table.PINS: ("conversation_id", "seq"),
    Table.MENTIONS: ("owner", "conversation_id", "seq"),
    Table.BANS: ("conversation_id", "user_id"),
    Table.INVITES: ("conversation_id", "invite_id"),
    Table.PUBLIC: ("part", "title_key", "conversation_id"),
    Table.RELEASES: ("part", "conversation_id", "message_id"),
    Table.STARS: ("user_id", "conversation_id", "seq"),
    Table.DRAFTS: ("user_id", "conversation_id", "thread"),
    Table.SCHEDULED: ("user_id", "message_id"),
    Table.DUE: ("hour", "deliver_ms", "user_id", "message_id"),
}
"""What may be deleted, by which columns: of changes, all of one kind at once."""
_SEQS = ", ".join(f"WRITETIME({name}) AS {name}_seq" for name in LISTED)
LISTING = f"SELECT conversation, listed_as, {', '.join(LISTED)}, {_SEQS} FROM {KEYSPACE}.conversations WHERE conversation_id = ?"  # noqa: S608
RELEASES = f"SELECT conversation_id, message_id, seq, due_s FROM {KEYSPACE}.{Table.RELEASES} WHERE part = {PART} LIMIT {AT_ONCE}"  # noqa: S608

DUE = (
    f"SELECT deliver_ms, user_id, message_id, seq FROM {KEYSPACE}.{Table.DUE}"  # noqa: S608 - our own names
    f" WHERE hour = ? AND (deliver_ms, user_id, message_id) > (?, ?, ?) AND (deliver_ms) <= (?) LIMIT {AT_ONCE}"
)


@dataclass(slots=True)
class _Batch:
    rows: list[BoundStatement] = field(default_factory=list)
    size: int = 0

    @property
    def statement(self) -> Statement:
        if len(self.rows) == 1:
            return self.rows[0]
        batch = BatchStatement(BatchType.UNLOGGED)
        for row in self.rows:
            batch.add(row)
        return batch


class _Buckets:
    """The buckets that have been written lately: each is the same row for a thousand messages."""

    def __init__(self) -> None:
        self._known: set[tuple[object, ...]] = set()
        self._since = 0.0

    def knows(self, group: Sequence[Write]) -> bool:
        """Tell whether a group is nothing but buckets that need not be written again."""
        return all(write.table is Table.BUCKETS and _bucket(write) in self._known for write in group)

    def note(self, groups: Sequence[Sequence[Write]]) -> None:
        """Take note of what was written; forget everything now and then, so that what was lost in the database comes back."""
        now = time.monotonic()
        if now - self._since > BUCKETS_S or len(self._known) > MOST_BUCKETS:
            self._known, self._since = set(), now
        self._known.update(_bucket(write) for group in groups for write in group if write.table is Table.BUCKETS)


def _bucket(write: Write) -> tuple[object, ...]:
    return write.row["conversation_id"], write.row["bucket"]


class CassandraTimeline:
    """Prepared upserts and deletes, each with the write's own timestamp, and with a time to live if it is to expire."""

    _listing: PreparedStatement
    _releases: PreparedStatement
    _due: PreparedStatement

    def __init__(self, session: CassandraSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._puts: dict[tuple[Table, str, bool], PreparedStatement] = {}
        self._deletes: dict[Table, PreparedStatement] = {}
        self._buckets = _Buckets()

    async def prepare(self) -> None:
        """Prepare the statements; the schema must be there."""
        for table, columns in COLUMNS.items():
            await self._insert(table, "", columns)
        for table, columns in CHANGEABLE.items():
            for column in columns:
                await self._insert(table, column, (*KEY[table], column))
        self._listing = await self._session.prepare(LISTING)
        self._releases = await self._session.prepare(RELEASES)
        self._due = await self._session.prepare(DUE)
        for table, columns in DELETABLE.items():
            where = " AND ".join(f"{column} = ?" for column in columns)
            query = f"DELETE FROM {KEYSPACE}.{table} USING TIMESTAMP ? WHERE {where}"  # noqa: S608 - our own names
            self._deletes[table] = await self._session.prepare(query)

    async def _insert(self, table: Table, column: str, columns: Sequence[str]) -> None:
        marks = ", ".join("?" for _ in columns)
        query = f"INSERT INTO {KEYSPACE}.{table} ({', '.join(columns)}) VALUES ({marks}) USING TIMESTAMP ?"  # noqa: S608 - our own names
        self._puts[table, column, False] = await self._session.prepare(query)
        if table in EXPIRING:
            self._puts[table, column, True] = await self._session.prepare(f"{query} AND TTL ?")

    async def listing(self, conversation_id: str) -> Listing | None:
        rows = await self._session.fetch(self._listing.bind((conversation_id,)))
        if not rows or rows[0].conversation is None:
            return None
        (row,) = rows
        settings = {name: value for name in LISTED if (value := getattr(row, name)) is not None}
        changed = max((getattr(row, f"{name}_seq") or 0 for name in LISTED), default=0)
        return Listing(row.conversation, settings, row.listed_as or "", changed)

    async def releases(self) -> Sequence[Release]:
        rows = await self._session.fetch(self._releases.bind(()))
        return [Release(row.conversation_id, MessageId(row.message_id), row.seq, row.due_s or 0) for row in rows]

    async def due(self, hour: int, after: tuple[int, str, str], upto_ms: int) -> Sequence[Due]:
        rows = await self._session.fetch(self._due.bind((hour, *after, upto_ms)))
        return [Due(row.deliver_ms, row.user_id, MessageId(row.message_id), row.seq) for row in rows]

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        new = [group for group in groups if not self._buckets.knows(group)]
        rows = sum(map(len, new))
        at_once = LINES * LINE if rows > BEHIND_ROWS else 1 + rows // (TURNS * BATCH_ROWS)
        lines = min(LINES, at_once)
        batches, size = self._batches(new), min(LINE, at_once // lines)
        for failure in await asyncio.gather(*(self._put_in_turns(batches, size) for _ in range(lines)), return_exceptions=True):
            if isinstance(failure, InvalidRequest):
                await self._check()
            if isinstance(failure, (InvalidRequest, *UNFIT)):
                raise UnfitError(f"the database does not take a row of it: {failure}") from failure
            if failure is not None:
                raise failure
        self._buckets.note(new)

    async def _put_in_turns(self, batches: Iterator[Statement], size: int) -> None:
        loop = asyncio.get_running_loop()
        while turn := list(islice(batches, size)):
            until = loop.time() + TURN_S
            await self._session.execute_all(turn)
            await asyncio.sleep(until - loop.time())

    async def _check(self) -> None:
        """Raise UNAVAILABLE if a table is not as it should be: then it is not the row that is unfit."""
        try:
            for table, columns in COLUMNS.items():
                await self._session.run(f"SELECT {', '.join(columns)} FROM {KEYSPACE}.{table} LIMIT 1")  # noqa: S608 - our own names
        except FAILURES as error:
            raise ChatError(Reason.UNAVAILABLE, "the tables are not there, or not as this writer knows them") from error

    def _batches(self, groups: Sequence[Sequence[Write]]) -> Iterator[Statement]:
        """Put groups together that lie on the same replicas."""
        filling: dict[Hashable, _Batch] = {}
        for group in groups:
            rows = [row for write in group if (row := self._bound(write))]
            if not rows:
                continue
            size = sum(write.size for write in group)
            replicas = self._session.replicas(rows[0])
            batch = filling.setdefault(replicas, _Batch())
            if batch.rows and (len(batch.rows) + len(rows) > BATCH_ROWS or batch.size + size > MAX_BYTES):
                yield batch.statement
                batch = filling[replicas] = _Batch()
            batch.rows += rows
            batch.size += size
        yield from (batch.statement for batch in filling.values())

    def _bound(self, write: Write) -> BoundStatement | None:
        """Return a write as the database takes it now; None if it has expired: what was written of it before goes by itself."""
        if write.deletes:
            return self._deletes[write.table].bind((write.timestamp, *(write.row[column] for column in DELETABLE[write.table])))
        column = write.column if write.changes else ""
        columns = (*KEY[write.table], column) if column else COLUMNS[write.table]
        values = (*(write.row[name] for name in columns), write.timestamp)
        if not write.expires_s:
            return self._puts[write.table, column, False].bind(values)
        ttl_s = remaining_s(write.expires_s, self._clock.now_ms())
        return self._puts[write.table, column, True].bind((*values, ttl_s)) if ttl_s > 0 else None

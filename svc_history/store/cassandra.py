"""The readable view in Cassandra. The tables are the writer's."""

from __future__ import annotations

from collections.abc import Mapping

from cassandra.query import PreparedStatement
from prometheus_client import Counter

from chatkit.core.conversation import bucket_of
from chatkit.core.ids import ConversationId, MessageId, UserId, message_id_hour
from chatkit.edges.cassandra import CassandraSession, Row, Statement
from svc_history.core import END, Mark, Membership, Range, Stored, buckets_to_read
from svc_history.store import Roll, State

KEYSPACE = "elastic_chat"
SCHEMA_VERSION = 4

READS = Counter("chat_history_database_reads_total", "Queries that history has sent to the database.")

QUERIES = {
    "conversations": "SELECT conversation_id, joined_seq FROM {}.conversations_by_user WHERE user_id = ?",
    "conversation": "SELECT conversation FROM {}.conversations WHERE conversation_id = ?",
    "member": "SELECT permissions, joined_seq, joined_ordinal FROM {}.members WHERE conversation_id = ? AND user_id = ?",
    "members": "SELECT user_id, permissions, joined_seq, joined_ordinal FROM {}.members WHERE conversation_id = ?",
    "mark": "SELECT delivered_seq, read_seq, read_ordinal, shown_delivered_seq, shown_read_seq FROM {}.watermarks"
    " WHERE conversation_id = ? AND user_id = ?",
    "marks": "SELECT user_id, delivered_seq, read_seq, read_ordinal, shown_delivered_seq, shown_read_seq FROM {}.watermarks"
    " WHERE conversation_id = ?",
    "buckets": "SELECT bucket FROM {}.message_buckets WHERE conversation_id = ?",
    "backwards": "SELECT seq, entry FROM {}.messages WHERE conversation_id = ? AND bucket = ? AND seq > ? AND seq < ? LIMIT ?",
    "forwards": "SELECT seq, entry FROM {}.messages WHERE conversation_id = ? AND bucket = ? AND seq > ? AND seq < ?"
    " ORDER BY seq ASC LIMIT ?",
    "id": "SELECT seq FROM {}.message_ids WHERE conversation_id = ? AND hour = ? AND message_id = ?",
    "entry": "SELECT seq, entry FROM {}.messages WHERE conversation_id = ? AND bucket = ? AND seq = ? AND message_id = ?",
}


class CassandraTimeline:
    """Prepared reads."""

    def __init__(self, session: CassandraSession) -> None:
        self._session = session
        self._statements: dict[str, PreparedStatement] = {}

    async def prepare(self) -> None:
        """Prepare the statements; the schema must be there."""
        for name, query in QUERIES.items():
            self._statements[name] = await self._session.prepare(query.format(KEYSPACE))

    async def conversations(self, user_id: UserId) -> Mapping[ConversationId, int]:
        return {ConversationId(row.conversation_id): row.joined_seq for row in await self._rows("conversations", user_id)}

    async def state(self, user_id: UserId, conversation_id: ConversationId) -> State | None:
        bound = [
            self._bind("conversation", conversation_id),
            self._bind("member", conversation_id, user_id),
            self._bind("mark", conversation_id, user_id),
        ]
        READS.inc(len(bound))
        conversation, member, mark = await self._session.fetch_all(bound)
        if not conversation:
            return None
        newest = await self.read(conversation_id, Range(0, END, 1, backwards=True))
        head = newest[-1] if newest else None
        return State(
            conversation[0].conversation,
            head.seq if head else 0,
            0,
            _member(member[0]) if member else None,
            _mark(mark[0]) if mark else None,
            head,
        )

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        used = [row.bucket for row in await self._rows("buckets", conversation_id)]
        found: list[Stored] = []
        direction = "backwards" if page.backwards else "forwards"
        for bucket in buckets_to_read(page, used):
            missing = page.count + 1 - len(found)
            rows = await self._rows(direction, conversation_id, bucket, page.after, page.before, missing)
            found += [Stored(row.seq, row.entry) for row in rows]
            if len(found) > page.count:
                break
        return sorted(found, key=lambda one: one.seq)

    async def roll(self, conversation_id: ConversationId) -> Roll:
        READS.inc(2)
        members, marks = await self._session.fetch_all([self._bind("members", conversation_id), self._bind("marks", conversation_id)])
        known = {UserId(row.user_id): _member(row) for row in members}
        return Roll(known, {UserId(row.user_id): _mark(row) for row in marks if row.user_id in known})

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        ids = await self._rows("id", conversation_id, message_id_hour(message_id), message_id)
        if not ids:
            return None
        seq = ids[0].seq
        rows = await self._rows("entry", conversation_id, bucket_of(seq), seq, message_id)
        return Stored(rows[0].seq, rows[0].entry) if rows else None

    async def _rows(self, name: str, *values: object) -> list[Row]:
        READS.inc()
        return await self._session.fetch(self._bind(name, *values))

    def _bind(self, name: str, *values: object) -> Statement:
        return self._statements[name].bind(values)


def _member(row: Row) -> Membership:
    return Membership(row.permissions, row.joined_seq, row.joined_ordinal or 0)


def _mark(row: Row) -> Mark:
    # Rows from before shown_read_seq was known have none: others see all of those.
    shown = None if row.shown_read_seq is None else (row.shown_delivered_seq, row.shown_read_seq)
    return Mark(row.delivered_seq, row.read_seq, row.read_ordinal, None if shown == (row.delivered_seq, row.read_seq) else shown)

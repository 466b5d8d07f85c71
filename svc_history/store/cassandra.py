"""The readable view in Cassandra. The tables are the writer's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cassandra.query import PreparedStatement
from prometheus_client import Counter

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.conversation import bucket_of
from chatkit.core.conversation_preferences import HAS_HIDDEN, PREFERENCES, Choices, Chosen
from chatkit.core.conversation_settings import SETTINGS, Value
from chatkit.core.ids import ConversationId, MessageId, UserId, message_id_hour
from chatkit.core.personal import Hidden, Saved, Starred, Waiting
from chatkit.edges.cassandra import CassandraSession, Row, Statement
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import END, MAX_MENTIONED, MAX_PINS, Mark, Membership, Range, Stored, buckets_to_read, spans
from svc_history.store import Admission, Listed, Roll, State

KEYSPACE = "elastic_chat"
SCHEMA_VERSION = 14

COLUMNS = (*PREFERENCES, HAS_HIDDEN)
LAST = chr(0x10FFFF)
"""Behind every character of a title."""

READS = Counter("chat_history_database_reads_total", "Queries that history has sent to the database.")

QUERIES = {
    "conversations": "SELECT conversation_id, joined_seq FROM {}.conversations_by_user WHERE user_id = ?",
    "conversation": f"SELECT conversation, {', '.join(SETTINGS)} FROM {{}}.conversations WHERE conversation_id = ?",  # noqa: S608
    "member": "SELECT permissions, joined_seq, joined_ordinal FROM {}.members WHERE conversation_id = ? AND user_id = ?",
    "members": "SELECT user_id, permissions, joined_seq, joined_ordinal FROM {}.members WHERE conversation_id = ?",
    "mark": "SELECT delivered_seq, read_seq, read_ordinal, shown_delivered_seq, shown_read_seq FROM {}.watermarks"
    " WHERE conversation_id = ? AND user_id = ?",
    "marks": "SELECT user_id, delivered_seq, read_seq, read_ordinal, shown_delivered_seq, shown_read_seq FROM {}.watermarks"
    " WHERE conversation_id = ?",
    "buckets": "SELECT bucket FROM {}.message_buckets WHERE conversation_id = ?",
    "backwards": "SELECT seq, entry, fading FROM {}.messages WHERE conversation_id = ? AND bucket = ? AND seq > ? AND seq < ? LIMIT ?",
    "forwards": "SELECT seq, entry, fading FROM {}.messages WHERE conversation_id = ? AND bucket = ? AND seq > ? AND seq < ?"
    " ORDER BY seq ASC LIMIT ?",
    "changes": "SELECT target, entry FROM {}.message_changes WHERE conversation_id = ? AND bucket = ? AND target >= ? AND target <= ?",
    "replies_backwards": "SELECT item FROM {}.message_changes WHERE conversation_id = ? AND bucket = ? AND target = ? AND kind = ?"
    " AND item > ? AND item < ? ORDER BY target DESC, kind DESC, item DESC LIMIT ?",
    "replies_forwards": "SELECT item FROM {}.message_changes WHERE conversation_id = ? AND bucket = ? AND target = ? AND kind = ?"
    " AND item > ? AND item < ? LIMIT ?",
    "mentions": "SELECT seq FROM {}.mentions WHERE owner = ? AND conversation_id = ? AND seq > ? AND seq < ? LIMIT ?",
    "pins": "SELECT seq FROM {}.pins WHERE conversation_id = ? LIMIT ?",
    "listed": "SELECT title_key, conversation_id, kind, title, topic, avatar_file_id FROM {}.public_conversations"
    " WHERE part = 0 AND (title_key, conversation_id) > (?, ?) AND (title_key) < (?) LIMIT ?",
    "preferences": f"SELECT conversation_id, {', '.join(f'{name}, WRITETIME({name}) AS {name}_seq' for name in COLUMNS)}"  # noqa: S608
    " FROM {}.preferences WHERE user_id = ?",
    "hidden": "SELECT seq, ordinal, mentioned FROM {}.hidden_messages WHERE user_id = ? AND conversation_id = ? AND seq > ? AND seq < ?",
    "stars": "SELECT conversation_id, seq, starred_seq FROM {}.stars WHERE user_id = ?",
    "waiting": "SELECT conversation_id, message_id, scheduled, scheduled_seq FROM {}.scheduled_messages WHERE user_id = ?",
    "drafts": "SELECT conversation_id, thread, draft, saved_ms, saved_seq FROM {}.drafts WHERE user_id = ?",
    "bans": "SELECT user_id, banned_by, banned_ms FROM {}.bans WHERE conversation_id = ?",
    "invites": "SELECT invite_id, expires_ms, max_uses, created_by, created_ms FROM {}.invites WHERE conversation_id = ?",
    "uses": "SELECT invite_id, COUNT(*) AS uses FROM {}.invite_uses WHERE conversation_id = ? GROUP BY invite_id",
    "member_count": "SELECT COUNT(*) AS members FROM {}.members WHERE conversation_id = ?",
    "id": "SELECT seq FROM {}.message_ids WHERE conversation_id = ? AND hour = ? AND message_id = ?",
    "entry": "SELECT seq, entry, fading FROM {}.messages WHERE conversation_id = ? AND bucket = ? AND seq = ? AND message_id = ?",
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
        if not conversation or conversation[0].conversation is None:
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
            _settings(conversation[0]),
        )

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        used = [row.bucket for row in await self._rows("buckets", conversation_id)]
        found: list[Stored] = []
        direction = "backwards" if page.backwards else "forwards"
        for bucket in buckets_to_read(page, used):
            missing = page.count + 1 - len(found)
            rows = await self._rows(direction, conversation_id, bucket, page.after, page.before, missing)
            found += map(_stored, rows)
            if len(found) > page.count:
                break
        return sorted(found, key=lambda one: one.seq)

    async def changes(self, conversation_id: ConversationId, targets: Sequence[int]) -> Sequence[bytes]:
        bound = [self._bind("changes", conversation_id, *span) for span in spans(targets)]
        READS.inc(len(bound))
        wanted = set(targets)
        return [row.entry for rows in await self._session.fetch_all(bound) for row in rows if row.target in wanted]

    async def pins(self, conversation_id: ConversationId) -> Sequence[int]:
        return [row.seq for row in await self._rows("pins", conversation_id, MAX_PINS)]

    async def mentions(self, questions: Sequence[tuple[UserId, ConversationId, int, int]]) -> list[int]:
        bound = [
            self._bind("mentions", owner, conversation_id, after, before, MAX_MENTIONED)
            for user_id, conversation_id, after, before in questions
            for owner in (user_id, conversation_id)
        ]
        READS.inc(len(bound))
        rows = await self._session.fetch_all(bound)
        return [len({row.seq for row in (*own, *everyones)}) for own, everyones in zip(rows[::2], rows[1::2], strict=True)]

    async def replies(self, conversation_id: ConversationId, root: int, page: Range) -> Sequence[int]:
        direction = "replies_backwards" if page.backwards else "replies_forwards"
        key = (conversation_id, bucket_of(root), root, entry_pb2.Entry.MESSAGE)
        rows = await self._rows(direction, *key, f"{page.after:019d}", f"{page.before:019d}", page.count + 1)
        return [int(row.item) for row in rows]

    async def preferences(self, user_id: UserId) -> Choices:
        return {ConversationId(row.conversation_id): _chosen(row) for row in await self._rows("preferences", user_id)}

    async def hidden(self, questions: Sequence[tuple[UserId, ConversationId, int, int]]) -> list[Mapping[int, Hidden]]:
        bound = [self._bind("hidden", *question) for question in questions]
        READS.inc(len(bound))
        return [{row.seq: Hidden(row.ordinal, row.mentioned) for row in rows} for rows in await self._session.fetch_all(bound)]

    async def stars(self, user_id: UserId) -> Sequence[Starred]:
        return [Starred(ConversationId(row.conversation_id), row.seq, row.starred_seq) for row in await self._rows("stars", user_id)]

    async def drafts(self, user_id: UserId) -> Sequence[Saved]:
        rows = await self._rows("drafts", user_id)
        return [Saved(ConversationId(row.conversation_id), row.thread, row.draft, row.saved_ms, row.saved_seq) for row in rows]

    async def waiting(self, user_id: UserId) -> Sequence[Waiting]:
        rows = await self._rows("waiting", user_id)
        return [Waiting(ConversationId(row.conversation_id), MessageId(row.message_id), row.scheduled, row.scheduled_seq) for row in rows]

    async def roll(self, conversation_id: ConversationId) -> Roll:
        bound = [self._bind(name, conversation_id) for name in ("members", "marks", "conversation")]
        READS.inc(len(bound))
        members, marks, conversation = await self._session.fetch_all(bound)
        known = {UserId(row.user_id): _member(row) for row in members}
        return Roll(known, {UserId(row.user_id): _mark(row) for row in marks if row.user_id in known}, _settings(*conversation))

    async def admission(self, conversation_id: ConversationId) -> Admission:
        bound = [self._bind(name, conversation_id) for name in ("bans", "invites", "uses", "member_count")]
        READS.inc(len(bound))
        bans, invites, uses, (count,) = await self._session.fetch_all(bound)
        used = {row.invite_id: row.uses for row in uses}
        return Admission(
            {UserId(row.user_id): Ban(UserId(row.banned_by), row.banned_ms) for row in bans},
            {InviteId(row.invite_id): _invite(row, used.get(row.invite_id, 0)) for row in invites},
            count.members,
        )

    async def listed(self, prefix: str, after: tuple[str, str], count: int) -> list[Listed]:
        rows = await self._rows("listed", *max(after, (prefix, "")), prefix + LAST, count)
        return [
            Listed(row.title_key, ConversationId(row.conversation_id), row.kind, row.title, row.topic, row.avatar_file_id) for row in rows
        ]

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        ids = await self._rows("id", conversation_id, message_id_hour(message_id), message_id)
        if not ids:
            return None
        seq = ids[0].seq
        rows = await self._rows("entry", conversation_id, bucket_of(seq), seq, message_id)
        return _stored(rows[0]) if rows else None

    async def _rows(self, name: str, *values: object) -> list[Row]:
        READS.inc()
        return await self._session.fetch(self._bind(name, *values))

    def _bind(self, name: str, *values: object) -> Statement:
        return self._statements[name].bind(values)


def _stored(row: Row) -> Stored:
    """Return an entry, with what it has only until it disappears."""
    return Stored(row.seq, row.entry + (row.fading or b""))


def _settings(*rows: Row) -> dict[str, Value]:
    return {name: value for row in rows for name in SETTINGS if (value := getattr(row, name)) is not None}


def _chosen(row: Row) -> dict[str, Chosen]:
    chosen = ((name, getattr(row, f"{name}_seq"), getattr(row, name)) for name in COLUMNS)
    return {name: Chosen(seq, int(value)) for name, seq, value in chosen if value is not None}


def _invite(row: Row, uses: int) -> Invite:
    return Invite(row.expires_ms, row.max_uses, uses, UserId(row.created_by), row.created_ms)


def _member(row: Row) -> Membership:
    return Membership(row.permissions, row.joined_seq, row.joined_ordinal or 0)


def _mark(row: Row) -> Mark:
    # Rows from before shown_read_seq was known have none: others see all of those.
    shown = None if row.shown_read_seq is None else (row.shown_delivered_seq, row.shown_read_seq)
    return Mark(row.delivered_seq, row.read_seq, row.read_ordinal, None if shown == (row.delivered_seq, row.read_seq) else shown)

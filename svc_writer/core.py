"""The rules of writing: which rows an entry makes, and how rows are gathered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from chatkit.core.conversation import bucket_of
from chatkit.core.ids import MessageId, message_id_hour

MAX_ROWS = 20
MAX_BYTES = 32 * 1024
PART = 0
"""What is looked through as a whole is one partition: the directory (100,000 conversations are about 20 MB), and what is to be released."""
KEYS_BYTES = 128
"""About what a row has beside what may be large."""
LARGE = ("entry", "fading", "conversation", "draft", "scheduled")


class Table(StrEnum):
    """The tables, by their names."""

    MESSAGES = "messages"
    BUCKETS = "message_buckets"
    IDS = "message_ids"
    CONVERSATIONS = "conversations"
    MEMBERS = "members"
    BY_USER = "conversations_by_user"
    WATERMARKS = "watermarks"
    CHANGES = "message_changes"
    PINS = "pins"
    MENTIONS = "mentions"
    BANS = "bans"
    INVITES = "invites"
    INVITE_USES = "invite_uses"
    PUBLIC = "public_conversations"
    RELEASES = "file_releases"
    PREFERENCES = "preferences"
    HIDDEN = "hidden_messages"
    STARS = "stars"
    DRAFTS = "drafts"
    SCHEDULED = "scheduled_messages"
    DUE = "due_messages"


PARTITION: Mapping[Table, tuple[str, ...]] = {
    Table.MESSAGES: ("conversation_id", "bucket"),
    Table.BUCKETS: ("conversation_id",),
    Table.IDS: ("conversation_id", "hour"),
    Table.CONVERSATIONS: ("conversation_id",),
    Table.MEMBERS: ("conversation_id",),
    Table.BY_USER: ("user_id",),
    Table.WATERMARKS: ("conversation_id",),
    Table.CHANGES: ("conversation_id", "bucket"),
    Table.PINS: ("conversation_id",),
    Table.MENTIONS: ("owner",),
    Table.BANS: ("conversation_id",),
    Table.INVITES: ("conversation_id",),
    Table.INVITE_USES: ("conversation_id",),
    Table.PUBLIC: ("part",),
    Table.RELEASES: ("part",),
    Table.PREFERENCES: ("user_id",),
    Table.HIDDEN: ("user_id", "conversation_id"),
    Table.STARS: ("user_id",),
    Table.DRAFTS: ("user_id",),
    Table.SCHEDULED: ("user_id",),
    Table.DUE: ("hour",),
}
"""The columns that say on which partition a row lies."""
FOREVER = 2**62
"""The timestamp of what takes out whatever comes, now or later. What is this less a seq is so that of several the first stays."""

KEY: Mapping[Table, tuple[str, ...]] = {
    Table.MESSAGES: ("conversation_id", "bucket", "seq", "message_id"),
    Table.BUCKETS: ("conversation_id", "bucket"),
    Table.IDS: ("conversation_id", "hour", "message_id"),
    Table.CONVERSATIONS: ("conversation_id",),
    Table.MEMBERS: ("conversation_id", "user_id"),
    Table.BY_USER: ("user_id", "conversation_id"),
    Table.WATERMARKS: ("conversation_id", "user_id"),
    Table.BANS: ("conversation_id", "user_id"),
    Table.INVITES: ("conversation_id", "invite_id"),
    Table.INVITE_USES: ("conversation_id", "invite_id", "seq"),
    Table.PUBLIC: ("part", "title_key", "conversation_id"),
    Table.PREFERENCES: ("user_id", "conversation_id"),
    Table.HIDDEN: ("user_id", "conversation_id", "seq"),
    Table.STARS: ("user_id", "conversation_id", "seq"),
    Table.DRAFTS: ("user_id", "conversation_id", "thread"),
    Table.SCHEDULED: ("user_id", "message_id"),
    Table.DUE: ("hour", "deliver_ms", "user_id", "message_id"),
    Table.CHANGES: ("conversation_id", "bucket", "target", "kind", "item"),
    Table.PINS: ("conversation_id", "seq"),
    Table.MENTIONS: ("owner", "conversation_id", "seq"),
    Table.RELEASES: ("part", "conversation_id", "message_id"),
}
"""The columns that tell a row from all others."""


@dataclass(frozen=True, slots=True)
class Write:
    """A row to be put, as of `timestamp`: a later write never loses to an earlier one that comes after it. Or one to be taken out if it
    `deletes`, or a single column of one that is there if it `changes`: other columns stay as they are.

    What is put is there until the Unix second `expires_s`, if there is one: whoever writes it after that writes nothing.
    """

    table: Table
    row: Mapping[str, Any]
    timestamp: int
    deletes: bool = False
    changes: bool = False
    expires_s: int = 0

    @property
    def partition(self) -> tuple[object, ...]:
        """What tells its partition from all others."""
        return (self.table, *(self.row[column] for column in PARTITION[self.table]))

    @property
    def key(self) -> tuple[object, ...]:
        """What tells its row from all others; or its rows, if it takes out several."""
        return (self.table, *(self.row.get(column) for column in KEY[self.table]))

    @property
    def column(self) -> str:
        """The column that it changes."""
        (name,) = self.row.keys() - KEY[self.table]
        return name

    @property
    def size(self) -> int:
        """About how many bytes it has."""
        return KEYS_BYTES + sum(len(self.row.get(column, b"")) for column in LARGE)


def message_writes(conversation_id: str, seq: int, message_id: MessageId, entry: bytes) -> list[Write]:
    """Return the rows that every entry makes."""
    bucket = bucket_of(seq)
    return [
        Write(
            Table.MESSAGES,
            {"conversation_id": conversation_id, "bucket": bucket, "seq": seq, "message_id": message_id, "entry": entry},
            seq,
        ),
        Write(Table.BUCKETS, {"conversation_id": conversation_id, "bucket": bucket}, seq),
        Write(
            Table.IDS,
            {"conversation_id": conversation_id, "hour": message_id_hour(message_id), "message_id": message_id, "seq": seq},
            seq,
        ),
    ]


def fading_write(conversation_id: str, seq: int, message_id: MessageId, fading: bytes, timestamp: int, expires_s: int) -> Write:
    """Return what an entry has in its row until it disappears: a serialised events.v1.LogEntry that goes on where what stays ends."""
    row = {"conversation_id": conversation_id, "bucket": bucket_of(seq), "seq": seq, "message_id": message_id, "fading": fading}
    return Write(Table.MESSAGES, row, timestamp, changes=True, expires_s=expires_s)


def change_write(conversation_id: str, target: int, kind: int, item: str, entry: bytes, seq: int, expires_s: int = 0) -> Write:
    """Return the row that a change of a message makes: of the same kind and item, the newest stays."""
    row = {"conversation_id": conversation_id, "bucket": bucket_of(target), "target": target, "kind": kind, "item": item, "entry": entry}
    return Write(Table.CHANGES, row, seq, expires_s=expires_s)


def deletion_write(conversation_id: str, target: int, kind: int, entry: bytes, seq: int) -> Write:
    """Return the row that a deletion of a message makes: it counts from the first on, and so that one stays, whichever comes last."""
    return replace(change_write(conversation_id, target, kind, "", entry, seq), timestamp=FOREVER - seq)


def erasing_writes(conversation_id: str, target: int, message_id: MessageId, erased: bytes, edit: int, seq: int) -> list[Write]:
    """Return what a deletion does to the message at `target`, its changes of kind `edit` and its pin: whatever it said, or will, goes.

    What is left stays as the first deletion has left it.
    """
    key = {"conversation_id": conversation_id, "bucket": bucket_of(target)}
    return [
        Write(Table.MESSAGES, key | {"seq": target, "message_id": message_id, "entry": erased}, FOREVER - seq),
        Write(Table.CHANGES, key | {"target": target, "kind": edit}, FOREVER, deletes=True),
        Write(Table.PINS, {"conversation_id": conversation_id, "seq": target}, FOREVER, deletes=True),
    ]


@dataclass(frozen=True, slots=True)
class Release:
    """The files of a message are still to be released: because the entry at `seq` has deleted it, or, in the Unix second `due_s`, because
    it disappears, and is that entry itself.
    """

    conversation_id: str
    message_id: MessageId
    seq: int
    due_s: int = 0

    def write(self, *, done: bool) -> Write:
        """Return the row that keeps it in mind, or takes it out: for good, however often the entry is written again."""
        row = {"part": PART, "conversation_id": self.conversation_id, "message_id": self.message_id}
        return Write(Table.RELEASES, row if done else row | {"seq": self.seq, "due_s": self.due_s}, self.seq, deletes=done)


HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Due:
    """A message was to be sent at a time, by the entry at `seq` of its user's notes."""

    deliver_ms: int
    user_id: str
    message_id: MessageId
    seq: int

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands among others of its hour."""
        return self.deliver_ms, self.user_id, self.message_id

    def write(self, *, done: bool) -> Write:
        """Return the row that keeps it in mind, or takes it out: for good, however often the entry is written again."""
        row = {"hour": self.deliver_ms // HOUR_MS, "deliver_ms": self.deliver_ms, "user_id": self.user_id, "message_id": self.message_id}
        return Write(Table.DUE, row if done else row | {"seq": self.seq}, self.seq, deletes=done)


def joining_writes(conversation_id: str, user_id: str, permissions: int, joined_seq: int, joined_ordinal: int, seq: int) -> list[Write]:
    """Return the rows that a new member makes."""
    row = {"conversation_id": conversation_id, "user_id": user_id, "permissions": permissions, "joined_seq": joined_seq}
    return [Write(Table.MEMBERS, row | {"joined_ordinal": joined_ordinal}, seq), Write(Table.BY_USER, row, seq)]


def leaving_writes(conversation_id: str, user_id: str, seq: int) -> list[Write]:
    """Return the rows that go with a member who goes."""
    row = {"conversation_id": conversation_id, "user_id": user_id}
    return [Write(Table.MEMBERS, row, seq, deletes=True), Write(Table.BY_USER, row, seq, deletes=True)]


def granting_writes(conversation_id: str, user_id: str, permissions: int, seq: int) -> list[Write]:
    """Return what a member's new permissions change in their rows."""
    row = {"conversation_id": conversation_id, "user_id": user_id, "permissions": permissions}
    return [Write(Table.MEMBERS, row, seq, changes=True), Write(Table.BY_USER, row, seq, changes=True)]


def heads(writes: Iterable[Write]) -> dict[str, int]:
    """Return the highest seq that is written of each conversation."""
    found: dict[str, int] = {}
    for write in writes:
        if write.table is Table.MESSAGES:
            conversation_id, seq = write.row["conversation_id"], write.row["seq"]
            found[conversation_id] = max(seq, found.get(conversation_id, 0))
    return found


@dataclass(slots=True)
class Group:
    """Writes of one partition that go to the database as one."""

    writes: list[Write] = field(default_factory=list)
    size: int = 0


def grouped(writes: Iterable[Write]) -> list[Sequence[Write]]:
    """Gather writes by partition into groups of at most 20 rows and 32 KB, each row once: what is repeated is written as it was last. So is
    each column of a row that is changed by itself.
    """
    latest: dict[tuple[object, ...], Write] = {}
    for write in writes:
        key = (*write.key, write.column) if write.changes else write.key
        known = latest.get(key)
        if known is None or known.timestamp <= write.timestamp:
            latest[key] = write
    open_groups: dict[tuple[object, ...], Group] = {}
    full: list[Sequence[Write]] = []
    for write in latest.values():
        group = open_groups.setdefault(write.partition, Group())
        if group.writes and (len(group.writes) >= MAX_ROWS or group.size + write.size > MAX_BYTES):
            full.append(group.writes)
            group = open_groups[write.partition] = Group()
        group.writes.append(write)
        group.size += write.size
    return full + [group.writes for group in open_groups.values()]

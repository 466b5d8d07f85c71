"""The readable view in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.core.errors import ChatError, Reason
from svc_writer.core import Table, Write
from svc_writer.store.cassandra import DELETABLE

KEYS: dict[Table, tuple[str, ...]] = {
    Table.MESSAGES: ("conversation_id", "bucket", "seq", "message_id"),
    Table.BUCKETS: ("conversation_id", "bucket"),
    Table.IDS: ("conversation_id", "hour", "message_id"),
    Table.CONVERSATIONS: ("conversation_id",),
    Table.WATERMARKS: ("conversation_id", "user_id"),
    **DELETABLE,
}


class MemoryTimeline:
    """Keeps rows as Cassandra does: of each key the write with the highest timestamp, and of equal ones the delete."""

    def __init__(self) -> None:
        self.available = True
        self._rows: dict[tuple[object, ...], Write] = {}

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        for write in (write for group in groups for write in group):
            key = (write.table, *(write.row[column] for column in KEYS[write.table]))
            known = self._rows.get(key)
            if known is None or (write.timestamp, write.deletes) >= (known.timestamp, known.deletes):
                self._rows[key] = write

    async def rows(self, table: Table) -> list[Mapping[str, Any]]:
        """Return the rows of a table."""
        return [write.row for write in self._rows.values() if write.table is table and not write.deletes]


class MemoryProgress:
    """What the live view was told; it is away while `available` is False."""

    def __init__(self) -> None:
        self.written: dict[str, int] = {}
        self.available = True

    async def note(self, written: Mapping[str, int]) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        self.written |= written

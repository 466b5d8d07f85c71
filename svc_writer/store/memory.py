"""The readable view in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.core.errors import ChatError, Reason
from svc_writer.core import KEY, Table, Write
from svc_writer.store.cassandra import DELETABLE


class MemoryTimeline:
    """Keeps rows as Cassandra does: of each key the write with the highest timestamp, and of equal ones the delete."""

    def __init__(self) -> None:
        self.available = True
        self._rows: dict[tuple[object, ...], Write] = {}
        self._deleted: dict[tuple[object, ...], int] = {}

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        for write in (write for group in groups for write in group):
            if write.deletes:
                key = _key(write, DELETABLE)
                self._deleted[key] = max(write.timestamp, self._deleted.get(key, 0))
            else:
                key = _key(write, KEY)
                self._rows[key] = max(self._rows.get(key, write), write, key=lambda one: one.timestamp)

    async def rows(self, table: Table) -> list[Mapping[str, Any]]:
        """Return the rows of a table."""
        return [write.row for write in self._rows.values() if write.table is table and not self._is_deleted(write)]

    def _is_deleted(self, write: Write) -> bool:
        return write.table in DELETABLE and self._deleted.get(_key(write, DELETABLE), 0) >= write.timestamp


def _key(write: Write, columns: Mapping[Table, tuple[str, ...]]) -> tuple[object, ...]:
    return (write.table, *(write.row[column] for column in columns[write.table]))


class MemoryProgress:
    """What the live view was told; it is away while `available` is False."""

    def __init__(self) -> None:
        self.written: dict[str, int] = {}
        self.available = True

    async def note(self, written: Mapping[str, int]) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        self.written |= written

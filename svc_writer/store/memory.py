"""The readable view in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatkit.core.conversation_settings import LISTED
from chatkit.core.errors import ChatError, Reason
from svc_writer.core import KEY, Due, Release, Table, Write
from svc_writer.store import AT_ONCE, Listing
from svc_writer.store.cassandra import DELETABLE


@dataclass
class _Row:
    """A row: of each column its value and the timestamp of that, and when the row was last put and taken out."""

    columns: dict[str, tuple[int, Any]] = field(default_factory=dict)
    put: int = -1
    deleted: int = -1

    def apply(self, write: Write) -> None:
        if write.deletes:
            self.deleted = max(self.deleted, write.timestamp)
            return
        self.put = max(self.put, write.timestamp)
        for name, value in write.row.items():
            if write.timestamp >= self.columns.get(name, (-1, None))[0]:
                self.columns[name] = (write.timestamp, value)

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, (timestamp, value) in self.columns.items() if timestamp > self.deleted}


class MemoryTimeline:
    """Keeps rows as Cassandra does: of each column the write with the highest timestamp, and of equal ones the delete."""

    def __init__(self) -> None:
        self.available = True
        self._rows: dict[tuple[object, ...], _Row] = {}
        self._ranges: dict[tuple[object, ...], int] = {}

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        for write in (write for group in groups for write in group):
            if write.deletes and len(DELETABLE[write.table]) < len(KEY[write.table]):
                span = (write.table, *(write.row[column] for column in DELETABLE[write.table]))
                self._ranges[span] = max(write.timestamp, self._ranges.get(span, 0))
            else:
                self._rows.setdefault(write.key, _Row()).apply(write)

    async def listing(self, conversation_id: str) -> Listing | None:
        row = self._rows.get((Table.CONVERSATIONS, conversation_id))
        if row is None or "conversation" not in row.values:
            return None
        settings = {name: row.values[name] for name in LISTED if name in row.values}
        changed = max((row.columns[name][0] for name in settings), default=0)
        return Listing(row.values["conversation"], settings, row.values.get("listed_as", ""), changed)

    async def releases(self) -> Sequence[Release]:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        found = [Release(row["conversation_id"], row["message_id"], row["seq"]) for row in await self.rows(Table.RELEASES)]
        return found[:AT_ONCE]

    async def due(self, hour: int, after: tuple[int, str, str], upto_ms: int) -> Sequence[Due]:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        rows = [row for row in await self.rows(Table.DUE) if row["hour"] == hour]
        found = sorted((Due(row["deliver_ms"], row["user_id"], row["message_id"], row["seq"]) for row in rows), key=lambda one: one.place)
        return [one for one in found if one.place > after and one.deliver_ms <= upto_ms][:AT_ONCE]

    async def rows(self, table: Table) -> list[Mapping[str, Any]]:
        """Return the rows of a table."""
        return [row.values for key, row in self._rows.items() if key[0] is table and row.put > max(row.deleted, self._range(table, row))]

    def _range(self, table: Table, row: _Row) -> int:
        """Return when rows were taken out among which a row is."""
        return self._ranges.get((table, *(row.columns.get(column, (0, None))[1] for column in DELETABLE.get(table, ()))), -1)


class MemoryProgress:
    """What the live view was told; it is away while `available` is False."""

    def __init__(self) -> None:
        self.written: dict[str, int] = {}
        self.available = True

    async def note(self, written: Mapping[str, int]) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        self.written |= written

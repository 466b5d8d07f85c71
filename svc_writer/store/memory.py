"""The readable view in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatkit.core.clock import Clock, SystemClock
from chatkit.core.conversation_settings import LISTED
from chatkit.core.errors import ChatError, Reason
from chatkit.core.expiry import remaining_s
from svc_writer.core import KEY, Due, Release, Table, Write
from svc_writer.store import AT_ONCE, Listing
from svc_writer.store.cassandra import DELETABLE


@dataclass
class _Row:
    """A row: of each column its value, the timestamp of that and when it expires, and when the row was last put and taken out."""

    columns: dict[str, tuple[int, Any, int]] = field(default_factory=dict)
    put: dict[int, int] = field(default_factory=lambda: {0: -1})
    deleted: int = -1

    def apply(self, write: Write) -> None:
        if write.deletes:
            self.deleted = max(self.deleted, write.timestamp)
            return
        self.put[write.expires_s] = max(self.put.get(write.expires_s, -1), write.timestamp)
        for name, value in write.row.items():
            if write.timestamp >= self.columns.get(name, (-1, None, 0))[0]:
                is_key = name in KEY[write.table]
                self.columns[name] = (write.timestamp, value, 0 if is_key else write.expires_s)

    def values(self, now_ms: int) -> dict[str, Any]:
        """Return what its columns hold."""
        kept = self.columns.items()
        return {name: value for name, (timestamp, value, until) in kept if timestamp > self.deleted and _is_there(until, now_ms)}

    def written(self, now_ms: int) -> int:
        """Return when it was last put, of what is still there."""
        return max(timestamp for until, timestamp in self.put.items() if _is_there(until, now_ms))


def _is_there(until_s: int, now_ms: int) -> bool:
    return not until_s or remaining_s(until_s, now_ms) > 0


class MemoryTimeline:
    """Keeps rows as Cassandra does: of each column the write with the highest timestamp, and of equal ones the delete. What has expired is
    not there.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.available = True
        self._clock = clock or SystemClock()
        self._rows: dict[tuple[object, ...], _Row] = {}
        self._ranges: dict[tuple[object, ...], int] = {}

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        for write in (write for group in groups for write in group):
            if write.deletes and len(DELETABLE[write.table]) < len(KEY[write.table]):
                span = (write.table, *(write.row[column] for column in DELETABLE[write.table]))
                self._ranges[span] = max(write.timestamp, self._ranges.get(span, 0))
            elif write.deletes or _is_there(write.expires_s, self._clock.now_ms()):
                self._rows.setdefault(write.key, _Row()).apply(write)

    async def listing(self, conversation_id: str) -> Listing | None:
        row = self._rows.get((Table.CONVERSATIONS, conversation_id))
        values = row.values(self._clock.now_ms()) if row else {}
        if row is None or "conversation" not in values:
            return None
        settings = {name: values[name] for name in LISTED if name in values}
        changed = max((row.columns[name][0] for name in settings), default=0)
        return Listing(values["conversation"], settings, values.get("listed_as", ""), changed)

    async def releases(self) -> Sequence[Release]:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        rows = await self.rows(Table.RELEASES)
        found = [Release(row["conversation_id"], row["message_id"], row["seq"], row["due_s"]) for row in rows]
        return found[:AT_ONCE]

    async def due(self, hour: int, after: tuple[int, str, str], upto_ms: int) -> Sequence[Due]:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        rows = [row for row in await self.rows(Table.DUE) if row["hour"] == hour]
        found = sorted((Due(row["deliver_ms"], row["user_id"], row["message_id"], row["seq"]) for row in rows), key=lambda one: one.place)
        return [one for one in found if one.place > after and one.deliver_ms <= upto_ms][:AT_ONCE]

    async def rows(self, table: Table) -> list[Mapping[str, Any]]:
        """Return the rows of a table."""
        now_ms = self._clock.now_ms()
        rows = (row for key, row in self._rows.items() if key[0] is table)
        return [row.values(now_ms) for row in rows if row.written(now_ms) > max(row.deleted, self._range(table, row))]

    def _range(self, table: Table, row: _Row) -> int:
        """Return when rows were taken out among which a row is."""
        return self._ranges.get((table, *(row.columns.get(column, (0, None, 0))[1] for column in DELETABLE.get(table, ()))), -1)


class MemoryProgress:
    """What the live view was told; it is away while `available` is False."""

    def __init__(self) -> None:
        self.written: dict[str, int] = {}
        self.available = True

    async def note(self, written: Mapping[str, int]) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        self.written |= written

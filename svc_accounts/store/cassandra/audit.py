"""The audit log in Cassandra, a partition a day."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from chatkit.core.ids import is_uuid
from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements, milliseconds
from svc_accounts.core.audit import AuditEntry, Place

COLUMNS = "called_at, entry_id, caller_id, method, subject, details, address, request_id, outcome"
ADD_CALL = f"INSERT INTO elastic_chat_accounts.audit_log (day, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?"  # noqa: S608
CALLS = f"SELECT {COLUMNS} FROM elastic_chat_accounts.audit_log WHERE day = ? AND (called_at, entry_id) < (?, ?) LIMIT ?"  # noqa: S608

QUERIES = (ADD_CALL, CALLS)
FIRST = UUID(int=0)


class CassandraAuditStore:
    """An AuditStore. What came of a call is written over it: the columns that were there already get the same values."""

    def __init__(self, statements: Statements, kept: timedelta) -> None:
        self._run = statements
        self._ttl_s = int(kept.total_seconds())

    async def add_call(self, entry: AuditEntry) -> None:
        await self._run.rows(
            ADD_CALL,
            *(entry.day, entry.called_ms, UUID(entry.entry_id), entry.caller_id, entry.method, entry.subject, entry.details),
            *(entry.address, entry.request_id, entry.outcome, self._ttl_s),
        )

    async def calls(self, day: int, before: Place, limit: int) -> list[AuditEntry]:
        entry_id = UUID(before.entry_id) if is_uuid(before.entry_id) else FIRST
        return [_entry(row) for row in await self._run.rows(CALLS, day, before.called_ms, entry_id, limit)]


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        *(str(row.entry_id), milliseconds(row.called_at), row.caller_id, row.method, row.subject, row.details),
        *(row.address, row.request_id, row.outcome),
    )

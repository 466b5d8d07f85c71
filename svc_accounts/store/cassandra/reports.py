"""Reports in Cassandra: the report itself says its state, and a queue for each state where to look."""

from __future__ import annotations

from uuid import UUID

from chatkit.core.ids import UserId, is_uuid
from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements
from svc_accounts.core.reports import DAY_S, Kept, Reported, State

ADD_REPORT = "INSERT INTO elastic_chat_accounts.reports (report_id, version, state, report) VALUES (?, ?, ?, ?) IF NOT EXISTS"
REPORT = "SELECT report_id, version, state, report FROM elastic_chat_accounts.reports WHERE report_id = ?"
REPLACE_REPORT = "UPDATE elastic_chat_accounts.reports SET version = ?, state = ?, report = ? WHERE report_id = ? IF version = ?"
ENQUEUE = "INSERT INTO elastic_chat_accounts.report_queue (state, report_id) VALUES (?, ?)"
DEQUEUE = "DELETE FROM elastic_chat_accounts.report_queue WHERE state = ? AND report_id = ?"
NEWEST = "SELECT report_id FROM elastic_chat_accounts.report_queue WHERE state = ? LIMIT ?"
OLDER = "SELECT report_id FROM elastic_chat_accounts.report_queue WHERE state = ? AND report_id < ? LIMIT ?"
ADD_REPORTED = "INSERT INTO elastic_chat_accounts.reported (reporter_id, report_id, subject) VALUES (?, ?, ?) USING TTL ?"
REPORTED = "SELECT report_id, subject FROM elastic_chat_accounts.reported WHERE reporter_id = ?"

QUERIES = (ADD_REPORT, REPORT, REPLACE_REPORT, ENQUEUE, DEQUEUE, NEWEST, OLDER, ADD_REPORTED, REPORTED)


class CassandraReportStore:
    """A ReportStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_report(self, report: Kept, reporter_id: UserId, subject: str) -> None:
        report_id = UUID(report.report_id)
        # The queue first: what is in no queue would be looked at by nobody.
        await self._run.rows(ENQUEUE, report.state, report_id)
        await self._run.applied(ADD_REPORT, report_id, report.version, report.state, report.value)
        await self._run.rows(ADD_REPORTED, UUID(reporter_id), report_id, subject, DAY_S)

    async def reported(self, reporter_id: UserId) -> list[Reported]:
        return [Reported(str(row.report_id), row.subject) for row in await self._run.rows(REPORTED, UUID(reporter_id))]

    async def report(self, report_id: str) -> Kept | None:
        rows = await self._run.rows(REPORT, UUID(report_id)) if is_uuid(report_id) else []
        return _kept(rows[0]) if rows else None

    async def replace_report(self, report: Kept, before: State) -> bool:
        report_id = UUID(report.report_id)
        await self._run.rows(ENQUEUE, report.state, report_id)
        replaced = await self._run.applied(REPLACE_REPORT, report.version, report.state, report.value, report_id, report.version - 1)
        if replaced and before is not report.state:
            await self._run.rows(DEQUEUE, before, report_id)
        return replaced

    async def reports(self, state: State, before_id: str, limit: int) -> list[Kept]:
        found: list[Kept] = []
        while len(found) < limit:
            wanted = limit - len(found)
            query, place = (OLDER, [UUID(before_id)]) if before_id else (NEWEST, [])
            report_ids = [row.report_id for row in await self._run.rows(query, state, *place, wanted)]
            if not report_ids:
                break
            # In the queue may be what a change that failed has left there: the report knows.
            rows = await self._run.rows_of_each(REPORT, [(report_id,) for report_id in report_ids])
            found += [_kept(row) for each in rows for row in each if row.state == state]
            before_id = str(report_ids[-1])
        return found


def _kept(row: Row) -> Kept:
    return Kept(str(row.report_id), row.version, State(row.state), row.report)

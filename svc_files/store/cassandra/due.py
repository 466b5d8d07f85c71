"""What is to be looked at when, in Cassandra."""

from __future__ import annotations

from collections.abc import Sequence

from chatkit.edges.statements import Statements
from svc_files.store import Kind, Task

ADD = "INSERT INTO elastic_chat_files.due (minute, kind, name) VALUES (?, ?, ?)"
TASKS = "SELECT kind, name FROM elastic_chat_files.due WHERE minute = ?"
REMOVE = "DELETE FROM elastic_chat_files.due WHERE minute = ?"
SET_PROGRESS = "INSERT INTO elastic_chat_files.progress (id, minute) VALUES (0, ?)"
PROGRESS = "SELECT minute FROM elastic_chat_files.progress WHERE id = 0"

QUERIES = (ADD, TASKS, REMOVE, SET_PROGRESS, PROGRESS)


class CassandraDueStore:
    """A DueStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_task(self, minute: int, task: Task) -> None:
        await self._run.rows(ADD, minute, task.kind.value, task.name)

    async def tasks(self, minutes: Sequence[int]) -> list[list[Task]]:
        found = await self._run.rows_of_each(TASKS, [(minute,) for minute in minutes])
        return [[Task(Kind(row.kind), row.name) for row in rows] for rows in found]

    async def strike_out(self, minute: int) -> None:
        await self._run.rows(REMOVE, minute)

    async def finish(self, minute: int) -> None:
        await self._run.rows(SET_PROGRESS, minute)

    async def finished(self) -> int | None:
        rows = await self._run.rows(PROGRESS)
        return rows[0].minute if rows else None

"""Statements of a keyspace in Cassandra: prepared once, then run by their text."""

from __future__ import annotations

import asyncio
import calendar
from collections.abc import Iterable, Sequence
from datetime import datetime

from cassandra.query import PreparedStatement

from chatkit.edges.cassandra import CassandraSession, Row


class Statements:
    """Runs the queries of a store."""

    def __init__(self, cassandra: CassandraSession) -> None:
        self._cassandra = cassandra
        self._prepared: dict[str, PreparedStatement] = {}

    async def prepare(self, queries: Iterable[str]) -> None:
        """Prepare queries. Raises the driver's error if Cassandra does not do it."""
        wanted = list(queries)
        self._prepared |= zip(wanted, await asyncio.gather(*map(self._cassandra.prepare, wanted)), strict=True)

    async def rows(self, query: str, *values: object) -> list[Row]:
        """Return the rows of a query."""
        return await self._cassandra.fetch(self._prepared[query].bind(values))

    async def rows_of_each(self, query: str, keys: Iterable[Sequence[object]]) -> list[list[Row]]:
        """Return the rows of a query for each of `keys`, asked for at the same time."""
        return await self._cassandra.fetch_all([self._prepared[query].bind(key) for key in keys])

    async def applied(self, query: str, *values: object) -> bool:
        """Run a lightweight transaction, and tell whether its condition held."""
        (row,) = await self.rows(query, *values)
        return bool(row.applied)


def milliseconds(moment: datetime) -> int:
    """Return a timestamp of the database as Unix milliseconds."""
    return calendar.timegm(moment.utctimetuple()) * 1000 + moment.microsecond // 1000

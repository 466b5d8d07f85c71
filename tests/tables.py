"""The tables of the log for tests: as the writer writes them and history reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatkit.core.clock import SystemClock
from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.settings import CassandraOwnerSettings
from svc_history.store.cassandra import CassandraTimeline
from svc_writer.app import MIGRATIONS
from svc_writer.store.cassandra import KEYSPACE
from svc_writer.store.cassandra import CassandraTimeline as CassandraWriting


@asynccontextmanager
async def tables(settings: CassandraOwnerSettings) -> AsyncIterator[tuple[CassandraWriting, CassandraTimeline]]:
    """Give both sides of a real database, whose tables are up to date."""
    session = await CassandraSession.connect(settings)
    try:
        await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
        writing, reading = CassandraWriting(session, SystemClock()), CassandraTimeline(session)
        await writing.prepare()
        await reading.prepare()
        yield writing, reading
    finally:
        await session.close()

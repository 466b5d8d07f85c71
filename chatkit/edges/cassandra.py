"""Cassandra: a session for asyncio, and versioned migrations.

The driver calls back on a thread of its own. Waking the event loop costs more than a row, so a group of statements wakes it once, when its
last one has ended.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import structlog
from cassandra import ConsistencyLevel, DriverException, InvalidRequest
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, ResponseFuture, ResultSet
from cassandra.cluster import Session as DriverSession
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy, TokenAwarePolicy
from cassandra.query import BatchStatement, BoundStatement, PreparedStatement, named_tuple_factory

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.engine_metrics import CASSANDRA, FAILED, TOOK
from chatkit.edges.wait import wait_for_engine
from chatkit.settings import CassandraSettings

log = structlog.get_logger()

TIMEOUT_S = 5
RECONNECT_S = 1.0
NO_DELAY = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""The driver writes 4 KB at a time. Unless it is told, the kernel keeps what comes after the first of them until it is confirmed: 40 ms."""
Statement: TypeAlias = BoundStatement | BatchStatement
Row = Any
"""A named tuple with the columns of the query."""

FAILURES: tuple[type[Exception], ...] = (DriverException, NoHostAvailable, OSError)


def access(settings: CassandraSettings) -> dict[str, Any]:
    """Return what the driver is given to get to Cassandra as these settings say: over TLS, and with a password, or without."""
    options: dict[str, Any] = {}
    if settings.cassandra_tls:
        options["ssl_context"] = ssl.create_default_context()
    if settings.cassandra_username:
        options["auth_provider"] = PlainTextAuthProvider(settings.cassandra_username, settings.cassandra_password)
    return options


class CassandraSession:
    """Prepared statements at LOCAL_QUORUM, awaited. Every call has a deadline of 5 s and raises UNAVAILABLE if the database can't serve
    it, and the driver's InvalidRequest if it never will.
    """

    def __init__(self, cluster: Cluster, session: DriverSession) -> None:
        self._cluster = cluster
        self._session = session

    @classmethod
    async def connect(cls, settings: CassandraSettings) -> CassandraSession:
        """Connect to the contact points. Raises ConnectionError if none comes up within a minute."""
        profile = ExecutionProfile(
            load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(settings.cassandra_datacenter)),
            consistency_level=ConsistencyLevel.LOCAL_QUORUM,
            serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
            request_timeout=TIMEOUT_S,
            row_factory=_named,
        )

        async def attempt() -> CassandraSession:
            cluster = Cluster(
                settings.cassandra_contact_points.split(","),
                port=settings.cassandra_port,
                execution_profiles={EXEC_PROFILE_DEFAULT: profile},
                protocol_version=5,
                connect_timeout=TIMEOUT_S,
                compression=False,
                sockopts=NO_DELAY,
                **access(settings),
                # The driver's own doubles its pauses up to ten minutes: a database that was away would stay away for as long again.
                reconnection_policy=ConstantReconnectionPolicy(RECONNECT_S, max_attempts=None),  # pyright: ignore[reportArgumentType]
            )
            try:
                return cls(cluster, await asyncio.to_thread(cluster.connect))
            except BaseException:
                cluster.shutdown()
                raise

        return await wait_for_engine("Cassandra", attempt, FAILURES)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._cluster.shutdown)

    async def prepare(self, query: str) -> PreparedStatement:
        """Prepare a query, once for the life of the process."""
        return await asyncio.to_thread(self._session.prepare, query)

    async def run(self, query: str) -> list[Row]:
        """Run a query that is not worth preparing: schema, and reads at start."""
        return list(await asyncio.to_thread(self._session.execute, query))

    def replicas(self, statement: BoundStatement) -> frozenset[object]:
        """Return the hosts that have the partition of a statement, as far as the driver knows."""
        metadata = self._cluster.metadata
        return frozenset(metadata.get_replicas(statement.keyspace, statement.routing_key)) if metadata else frozenset()

    async def fetch(self, statement: Statement) -> list[Row]:
        """Return the rows of one statement, all pages of them: the caller bounds them by LIMIT or by the partition."""
        (result,) = await self.fetch_all([statement])
        return result

    async def fetch_all(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Run statements at the same time and return the rows of each. The first failure is raised, after all have ended."""
        if not statements:
            return []
        return [await self._rows(result) for result in await self._together(statements)]

    async def execute_all(self, statements: Sequence[Statement]) -> None:
        """Run writes at the same time; the loop is woken once for all. The first failure is raised, after all have ended."""
        if statements:
            await self._together(statements)

    async def _rows(self, result: ResultSet) -> list[Row]:
        rows = list(result.current_rows)
        while result.has_more_pages:
            await asyncio.to_thread(result.fetch_next_page)
            rows.extend(result.current_rows)
        return rows

    async def _together(self, statements: Sequence[Statement]) -> list[ResultSet]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        done: asyncio.Future[None] = loop.create_future()
        futures = [self._session.execute_async(statement) for statement in statements]
        _Countdown(futures, lambda: loop.call_soon_threadsafe(_finish, done))
        await done
        TOOK[CASSANDRA].observe(loop.time() - began)
        try:
            return [future.result() for future in futures]
        except InvalidRequest:
            raise  # trying again would not help
        except FAILURES as error:
            FAILED[CASSANDRA].inc()
            log.warning("database_failed", error=str(error))
            raise ChatError(Reason.UNAVAILABLE, "the database can't serve this now") from error


@lru_cache
def _row_maker(columns: tuple[str, ...]) -> Callable[[Iterable[object]], Row]:
    (row,) = named_tuple_factory(columns, [[None] * len(columns)])
    maker: Callable[[Iterable[object]], Row] = type(row)._make
    return maker


def _named(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> list[Row]:
    """Make rows of the class that the driver makes for each answer anew: that takes longer than making the rows."""
    return list(map(_row_maker(tuple(columns)), rows))


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


class _Countdown:
    """Call `finished` once, when every future has ended either way. Called on the driver's thread, hence the lock."""

    def __init__(self, futures: Sequence[ResponseFuture], finished: Any) -> None:  # noqa: ANN401 - a callable
        self._left = len(futures)
        self._finished = finished
        self._lock = threading.Lock()
        for future in futures:
            future.add_callbacks(self._one, self._one)

    def _one(self, _: object) -> None:
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._finished()


async def migrate(session: CassandraSession, keyspace: str, folder: Path, replication_factor: int, datacenter: str) -> None:
    """Bring `keyspace` to the newest version: files `NNNN_name.cql` of `folder`, each applied once, in order; statements end in ";".

    Statements are written so that they can be repeated (IF NOT EXISTS), because a crash may come between a statement and its version.
    """
    strategy = f"{{'class': 'NetworkTopologyStrategy', '{datacenter}': {replication_factor}}}"
    await session.run(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {strategy}")
    await session.run(f"CREATE TABLE IF NOT EXISTS {keyspace}.schema_version (id int PRIMARY KEY, version int)")
    current = await schema_version(session, keyspace)
    for path in _files(folder):
        version = int(path.name.split("_")[0])
        if version <= current:
            continue
        for statement in _statements(path):
            await session.run(statement.replace("${keyspace}", keyspace))
        await session.run(f"INSERT INTO {keyspace}.schema_version (id, version) VALUES (0, {version})")  # noqa: S608 - our own names and numbers
        log.info("schema_migrated", keyspace=keyspace, version=version)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.cql"))


def _statements(path: Path) -> list[str]:
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("--"))
    return [statement for statement in "\n".join(lines).split(";") if statement.strip()]


async def schema_version(session: CassandraSession, keyspace: str) -> int:
    """Return the version that `keyspace` is at, 0 if it has none."""
    rows = await session.run(f"SELECT version FROM {keyspace}.schema_version WHERE id = 0")  # noqa: S608 - our own names
    return int(rows[0].version) if rows else 0


async def await_schema(session: CassandraSession, keyspace: str, version: int) -> None:
    """Wait until another service has brought `keyspace` to `version`. Raises ConnectionError if it does not, or if the schema is newer
    than we are.
    """

    async def check() -> None:
        found = await schema_version(session, keyspace)
        if found < version:
            raise LookupError(f"{keyspace} is at schema version {found}, {version} is needed")
        if found > version:
            raise ConnectionError(f"{keyspace} is at schema version {found}, this program knows {version}: start a newer one")

    await wait_for_engine(f"schema of {keyspace}", check, (LookupError, InvalidRequest, *FAILURES))

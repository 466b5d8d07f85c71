"""Cassandra: whether its tables are those that this code knows, and whether its nodes agree on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cassandra import DriverException, InvalidRequest
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import RoundRobinPolicy

from launcher.doctor.finding import Finding, well, wrong
from launcher.topology import HOST
from svc_accounts.store import cassandra as accounts_store
from svc_files.store import cassandra as files_store
from svc_writer.app import MIGRATIONS
from svc_writer.store.cassandra import KEYSPACE

TIMEOUT_S = 10
OWNERS = {
    KEYSPACE: ("writer", MIGRATIONS),
    accounts_store.KEYSPACE: ("accounts", accounts_store.MIGRATIONS),
    files_store.KEYSPACE: ("files", files_store.MIGRATIONS),
}
"""Keyspace to the service that makes its tables, and the files that it makes them by."""


def cassandra(port: int) -> Iterator[Finding]:
    """Ask it."""
    profile = ExecutionProfile(load_balancing_policy=RoundRobinPolicy(), request_timeout=TIMEOUT_S)
    cluster = Cluster([HOST], port=port, execution_profiles={EXEC_PROFILE_DEFAULT: profile}, protocol_version=5, connect_timeout=TIMEOUT_S)
    try:
        session = cluster.connect()
        for keyspace, (service, migrations) in OWNERS.items():
            yield schema(keyspace, service, newest(migrations), _version(session, keyspace))
        versions = _schemas(session)
        yield nodes(len(set(versions)), len(versions))
    except (DriverException, NoHostAvailable, OSError) as error:
        yield wrong("cassandra", f"it does not tell how it is ({type(error).__name__})", "Read `elastic-chat logs cassandra`")
    finally:
        cluster.shutdown()


def newest(migrations: Path) -> int:
    """Return the version that the migrations in a folder lead to."""
    return max(int(path.name.split("_")[0]) for path in migrations.glob("[0-9]*.cql"))


def schema(keyspace: str, service: str, wanted: int, found: int) -> Finding:
    """Compare the version of a keyspace with the one that this code makes."""
    if found < wanted:
        seen = f"the tables of {keyspace} are of version {found}, and this code needs {wanted}"
        return wrong("cassandra", seen, f"The newer {service} makes them: `elastic-chat restart {service}`")
    if found > wanted:
        seen = f"the tables of {keyspace} are of version {found}, and this code knows {wanted}"
        return wrong("cassandra", seen, "Newer code has been here: go on with that")
    return well("cassandra", f"the tables of {keyspace} are of version {found}, which this code knows")


def nodes(versions: int, count: int) -> Finding:
    """Look whether all nodes have the same tables."""
    if versions > 1:
        return wrong(
            "cassandra", f"{count} nodes have {versions} different schemas", "Read `elastic-chat logs cassandra`, and restart the node"
        )
    return well("cassandra", f"{count} {'node has' if count == 1 else 'nodes have'} one schema")


def _schemas(session: Session) -> list[object]:
    """Return the schema of every node, as the one that we ask knows."""
    queries = ("SELECT schema_version FROM system.local", "SELECT schema_version FROM system.peers_v2")
    return [row.schema_version for query in queries for row in session.execute(query)]


def _version(session: Session, keyspace: str) -> int:
    try:
        rows = list(session.execute(f"SELECT version FROM {keyspace}.schema_version WHERE id = 0"))  # noqa: S608 - our own names
    except InvalidRequest:  # there is no such keyspace yet
        return 0
    return int(rows[0].version) if rows else 0

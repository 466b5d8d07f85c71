"""Files in Cassandra: the keyspace, and a store for each port."""

from __future__ import annotations

from pathlib import Path

from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.edges.statements import Statements
from chatkit.settings import CassandraOwnerSettings
from svc_files.store.cassandra import avatars, contents, due, files, postings, rooms, uploads

KEYSPACE = "elastic_chat_files"
MIGRATIONS = Path(__file__).parents[2] / "migrations"


class CassandraStores:
    """Every store, over one session."""

    def __init__(self, statements: Statements) -> None:
        self.uploads = uploads.CassandraUploadStore(statements)
        self.rooms = rooms.CassandraRoomStore(statements)
        self.contents = contents.CassandraContentStore(statements)
        self.files = files.CassandraFileStore(statements, self.contents)
        self.postings = postings.CassandraPostingStore(statements)
        self.avatars = avatars.CassandraAvatarStore(statements)
        self.due = due.CassandraDueStore(statements)

    @classmethod
    async def open(cls, cassandra: CassandraSession, settings: CassandraOwnerSettings) -> CassandraStores:
        """Bring the keyspace to the newest version, and return the stores. Raises the driver's error if Cassandra does not do it."""
        await migrate(cassandra, KEYSPACE, MIGRATIONS, settings.cassandra_replication_factor, settings.cassandra_datacenter)
        statements = Statements(cassandra)
        for store in (uploads, rooms, contents, files, postings, avatars, due):
            await statements.prepare(store.QUERIES)
        return cls(statements)

"""Accounts in Cassandra: the keyspace, and a store for each port."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.edges.statements import Statements
from chatkit.settings import CassandraOwnerSettings
from svc_accounts.store.cassandra import (
    audit,
    endings,
    erasures,
    invites,
    oidc,
    preferences,
    reports,
    service_tokens,
    sessions,
    tries,
    users,
)

__all__ = ["KEYSPACE", "MIGRATIONS", "CassandraStores"]

KEYSPACE = "elastic_chat_accounts"
AUDIT_KEPT = timedelta(days=365)
MIGRATIONS = Path(__file__).parents[2] / "migrations"


class CassandraStores:
    """Every store, over one session."""

    def __init__(self, statements: Statements, audit_kept: timedelta) -> None:
        self.users = users.CassandraUserStore(statements)
        self.sessions = sessions.CassandraSessionStore(statements)
        self.tries = tries.CassandraTryStore(statements)
        self.invites = invites.CassandraInviteStore(statements)
        self.service_tokens = service_tokens.CassandraServiceTokenStore(statements)
        self.attempts = oidc.CassandraAttemptStore(statements)
        self.identities = oidc.CassandraIdentityStore(statements)
        self.erasures = erasures.CassandraErasureStore(statements)
        self.endings = endings.CassandraEndingStore(statements)
        self.audit = audit.CassandraAuditStore(statements, audit_kept)
        self.reports = reports.CassandraReportStore(statements)
        self.preferences = preferences.CassandraPreferenceStore(statements)

    @classmethod
    async def open(
        cls, cassandra: CassandraSession, settings: CassandraOwnerSettings, audit_kept: timedelta = AUDIT_KEPT
    ) -> CassandraStores:
        """Bring the keyspace to the newest version, and return the stores. Raises the driver's error if Cassandra does not do it."""
        await migrate(cassandra, KEYSPACE, MIGRATIONS, settings.cassandra_replication_factor, settings.cassandra_datacenter)
        statements = Statements(cassandra)
        for store in (users, sessions, tries, invites, service_tokens, oidc, erasures, endings, preferences, audit, reports):
            await statements.prepare(store.QUERIES)
        return cls(statements, audit_kept)

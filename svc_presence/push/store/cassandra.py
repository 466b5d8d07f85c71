"""Devices in Cassandra, and the keyspace of presence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from chatkit.core.ids import SessionId, UserId
from chatkit.edges.cassandra import CassandraSession, Row, migrate
from chatkit.edges.statements import Statements, milliseconds
from chatkit.settings import CassandraOwnerSettings
from svc_presence.push.port import Target
from svc_presence.push.store import Subscription

KEYSPACE = "elastic_chat_presence"
MIGRATIONS = Path(__file__).parents[2] / "migrations"
PUT = (
    "INSERT INTO elastic_chat_presence.push_subscriptions"
    " (user_id, subscription_id, session_id, endpoint, public_key, secret, shows_text, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
ALL = (
    "SELECT user_id, session_id, endpoint, public_key, secret, shows_text, created_at"
    " FROM elastic_chat_presence.push_subscriptions WHERE user_id = ?"
)
REMOVE = "DELETE FROM elastic_chat_presence.push_subscriptions WHERE user_id = ? AND subscription_id = ?"
QUERIES = (PUT, ALL, REMOVE)


class CassandraSubscriptionStore:
    """A SubscriptionStore. No row is read before it is written, so that writes need no transaction: the last one counts."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    @classmethod
    async def open(cls, cassandra: CassandraSession, settings: CassandraOwnerSettings) -> CassandraSubscriptionStore:
        """Bring the keyspace to the newest version, and return the store. Raises the driver's error if Cassandra does not do it."""
        await migrate(cassandra, KEYSPACE, MIGRATIONS, settings.cassandra_replication_factor, settings.cassandra_datacenter)
        statements = Statements(cassandra)
        await statements.prepare(QUERIES)
        return cls(statements)

    async def put(self, subscription: Subscription) -> None:
        target = subscription.target
        ids = (UUID(subscription.user_id), UUID(subscription.subscription_id), UUID(subscription.session_id))
        await self._run.rows(PUT, *ids, target.endpoint, target.public_key, target.secret, subscription.shows_text, subscription.created_ms)

    async def of_each(self, users: Sequence[UserId]) -> list[list[Subscription]]:
        found = await self._run.rows_of_each(ALL, [(UUID(user_id),) for user_id in users])
        # Uuids are in an order of the database's own.
        return [sorted(map(_subscription, rows), key=lambda one: one.subscription_id) for rows in found]

    async def remove(self, user_id: UserId, subscription_ids: Sequence[str]) -> None:
        await self._run.rows_of_each(REMOVE, [(UUID(user_id), UUID(one)) for one in subscription_ids])


def _subscription(row: Row) -> Subscription:
    target = Target(row.endpoint, row.public_key, row.secret)
    return Subscription(UserId(str(row.user_id)), SessionId(str(row.session_id)), target, row.shows_text, milliseconds(row.created_at))

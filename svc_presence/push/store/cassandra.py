"""Devices in Cassandra, and the keyspace of presence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from chatkit.core.ids import ConversationId, SessionId, UserId
from chatkit.edges.cassandra import CassandraSession, Row, migrate
from chatkit.edges.statements import Statements, milliseconds
from chatkit.settings import CassandraOwnerSettings
from svc_presence.push.port import Target
from svc_presence.push.store import Listening, Subscription

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
LISTEN = "INSERT INTO elastic_chat_presence.listeners (conversation_id, user_id) VALUES (?, ?) USING TIMESTAMP ?"
LISTEN_NO_MORE = "DELETE FROM elastic_chat_presence.listeners USING TIMESTAMP ? WHERE conversation_id = ? AND user_id = ?"
LISTENERS = "SELECT user_id FROM elastic_chat_presence.listeners WHERE conversation_id = ?"
QUERIES = (PUT, ALL, REMOVE, LISTEN, LISTEN_NO_MORE, LISTENERS)


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

    async def listen(self, choices: Sequence[Listening]) -> None:
        named = [(UUID(one.conversation_id), UUID(one.user_id), one) for one in choices]
        await self._run.rows_of_each(LISTEN, [(room, user_id, one.seq) for room, user_id, one in named if one.is_on])
        await self._run.rows_of_each(LISTEN_NO_MORE, [(one.seq, room, user_id) for room, user_id, one in named if not one.is_on])

    async def listeners(self, conversation_id: ConversationId) -> list[UserId]:
        return [UserId(str(row.user_id)) for row in await self._run.rows(LISTENERS, UUID(conversation_id))]


def _subscription(row: Row) -> Subscription:
    target = Target(row.endpoint, row.public_key, row.secret)
    return Subscription(UserId(str(row.user_id)), SessionId(str(row.session_id)), target, row.shows_text, milliseconds(row.created_at))

"""Accounts in Cassandra."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cassandra.query import PreparedStatement

from chatkit.core.ids import SessionId, UserId, is_uuid
from chatkit.edges.cassandra import CassandraSession, Row, migrate
from chatkit.settings import CassandraOwnerSettings
from svc_accounts.core import Credentials, Session, User

KEYSPACE = "elastic_chat_accounts"
MIGRATIONS = Path(__file__).parent.parent / "migrations"


ADD_USER = "INSERT INTO elastic_chat_accounts.users (user_id, username, display_name, created_at) VALUES (?, ?, ?, ?)"
REMOVE_USER = "DELETE FROM elastic_chat_accounts.users WHERE user_id = ?"
USER = "SELECT user_id, username, display_name, created_at FROM elastic_chat_accounts.users WHERE user_id = ?"
CLAIM_USERNAME = "INSERT INTO elastic_chat_accounts.credentials (username, user_id, password_hash) VALUES (?, ?, ?) IF NOT EXISTS"
CREDENTIALS = "SELECT user_id, password_hash FROM elastic_chat_accounts.credentials WHERE username = ?"
ADD_SESSION = (
    "INSERT INTO elastic_chat_accounts.sessions (user_id, session_id, family_hash, token_hash, previous_hash, created_at, rotated_at,"
    " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?"
)
SESSION = (
    "SELECT user_id, session_id, family_hash, token_hash, previous_hash, created_at, rotated_at, expires_at"
    " FROM elastic_chat_accounts.sessions WHERE user_id = ? AND session_id = ?"
)
# every column is written again, because each has a TTL of its own
REPLACE_SESSION = (
    "UPDATE elastic_chat_accounts.sessions USING TTL ? SET family_hash = ?, token_hash = ?, previous_hash = ?, created_at = ?,"
    " rotated_at = ?, expires_at = ? WHERE user_id = ? AND session_id = ? IF token_hash = ?"
)
END_SESSION = "DELETE FROM elastic_chat_accounts.sessions WHERE user_id = ? AND session_id = ? IF EXISTS"

QUERIES = (
    ADD_USER,
    REMOVE_USER,
    USER,
    CLAIM_USERNAME,
    CREDENTIALS,
    ADD_SESSION,
    SESSION,
    REPLACE_SESSION,
    END_SESSION,
)


class CassandraAccountStore:
    """An AccountStore whose user names and sessions are decided by lightweight transactions."""

    def __init__(self, cassandra: CassandraSession, prepared: Mapping[str, PreparedStatement]) -> None:
        self._cassandra = cassandra
        self._prepared = prepared

    @classmethod
    async def open(cls, cassandra: CassandraSession, settings: CassandraOwnerSettings) -> CassandraAccountStore:
        """Bring the keyspace to the newest version, and return the store. Raises the driver's error if Cassandra does not do it."""
        await migrate(cassandra, KEYSPACE, MIGRATIONS, settings.cassandra_replication_factor, settings.cassandra_datacenter)
        return cls(cassandra, {query: await cassandra.prepare(query) for query in QUERIES})

    async def add_user(self, user: User, password_hash: str) -> bool:
        # The profile comes first: a name without a profile could never be used again, a profile without a name is found by nobody.
        user_id = UUID(user.user_id)
        await self._cassandra.fetch(self._prepared[ADD_USER].bind((user_id, user.username, user.display_name, user.created_at_ms)))
        claimed = await self._applied(CLAIM_USERNAME, user.username, user_id, password_hash)
        if not claimed:
            await self._cassandra.fetch(self._prepared[REMOVE_USER].bind((user_id,)))
        return claimed

    async def credentials(self, username: str) -> Credentials | None:
        rows = await self._cassandra.fetch(self._prepared[CREDENTIALS].bind((username,)))
        return Credentials(UserId(str(rows[0].user_id)), rows[0].password_hash) if rows else None

    async def users(self, user_ids: Sequence[UserId]) -> list[User]:
        found = await self._cassandra.fetch_all([self._prepared[USER].bind((UUID(user_id),)) for user_id in user_ids if is_uuid(user_id)])
        return [_user(row) for rows in found for row in rows]

    async def add_session(self, session: Session) -> None:
        await self._applied(
            ADD_SESSION,
            UUID(session.user_id),
            UUID(session.session_id),
            session.family_hash,
            session.token_hash,
            session.previous_hash,
            session.created_at_ms,
            session.rotated_at_ms,
            session.expires_at_ms,
            _ttl(session),
        )

    async def session(self, user_id: UserId, session_id: SessionId) -> Session | None:
        rows = await self._cassandra.fetch(self._prepared[SESSION].bind((UUID(user_id), UUID(session_id))))
        return _session(rows[0]) if rows else None

    async def replace_session(self, old: Session, new: Session) -> bool:
        return await self._applied(
            REPLACE_SESSION,
            _ttl(new),
            new.family_hash,
            new.token_hash,
            new.previous_hash,
            new.created_at_ms,
            new.rotated_at_ms,
            new.expires_at_ms,
            UUID(old.user_id),
            UUID(old.session_id),
            old.token_hash,
        )

    async def end_session(self, user_id: UserId, session_id: SessionId) -> bool:
        return await self._applied(END_SESSION, UUID(user_id), UUID(session_id))

    async def _applied(self, query: str, *values: object) -> bool:
        """Run a lightweight transaction, and tell whether its condition held."""
        (row,) = await self._cassandra.fetch(self._prepared[query].bind(values))
        return bool(row.applied)


def _ttl(session: Session) -> int:
    """Return for how many seconds, counted from its last rotation, a session is kept."""
    return -(-(session.expires_at_ms - session.rotated_at_ms) // 1000)


def _ms(moment: datetime) -> int:
    return calendar.timegm(moment.utctimetuple()) * 1000 + moment.microsecond // 1000


def _user(row: Row) -> User:
    return User(UserId(str(row.user_id)), row.username, row.display_name, _ms(row.created_at))


def _session(row: Row) -> Session:
    return Session(
        UserId(str(row.user_id)),
        SessionId(str(row.session_id)),
        row.family_hash,
        row.token_hash,
        row.previous_hash,
        _ms(row.created_at),
        _ms(row.rotated_at),
        _ms(row.expires_at),
    )

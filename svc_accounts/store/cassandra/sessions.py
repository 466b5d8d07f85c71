"""Login sessions in Cassandra. Every write is a lightweight transaction, so that their order is Paxos's and no clock's."""

from __future__ import annotations

from uuid import UUID

from chatkit.core.ids import SessionId, UserId
from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements, milliseconds
from svc_accounts.core.sessions import Session

ADD_SESSION = (
    "INSERT INTO elastic_chat_accounts.sessions (user_id, session_id, family_hash, token_hash, previous_hash, created_at, rotated_at,"
    " expires_at, device) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?"
)
SESSIONS = (
    "SELECT user_id, session_id, family_hash, token_hash, previous_hash, created_at, rotated_at, expires_at, device"
    " FROM elastic_chat_accounts.sessions WHERE user_id = ?"
)
SESSION = (
    "SELECT user_id, session_id, family_hash, token_hash, previous_hash, created_at, rotated_at, expires_at, device"
    " FROM elastic_chat_accounts.sessions WHERE user_id = ? AND session_id = ?"
)
# every column is written again, because each has a TTL of its own
REPLACE_SESSION = (
    "UPDATE elastic_chat_accounts.sessions USING TTL ? SET family_hash = ?, token_hash = ?, previous_hash = ?, created_at = ?,"
    " rotated_at = ?, expires_at = ?, device = ? WHERE user_id = ? AND session_id = ? IF token_hash = ?"
)
END_SESSION = "DELETE FROM elastic_chat_accounts.sessions WHERE user_id = ? AND session_id = ? IF EXISTS"

QUERIES = (ADD_SESSION, SESSION, SESSIONS, REPLACE_SESSION, END_SESSION)


class CassandraSessionStore:
    """A SessionStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_session(self, session: Session) -> None:
        await self._run.applied(ADD_SESSION, UUID(session.user_id), UUID(session.session_id), *_columns(session), _ttl(session))

    async def session(self, user_id: UserId, session_id: SessionId) -> Session | None:
        rows = await self._run.rows(SESSION, UUID(user_id), UUID(session_id))
        return _session(rows[0]) if rows else None

    async def sessions(self, user_id: UserId) -> list[Session]:
        return [_session(row) for row in await self._run.rows(SESSIONS, UUID(user_id))]

    async def replace_session(self, old: Session, new: Session) -> bool:
        key = (UUID(old.user_id), UUID(old.session_id), old.token_hash)
        return await self._run.applied(REPLACE_SESSION, _ttl(new), *_columns(new), *key)

    async def end_session(self, user_id: UserId, session_id: SessionId) -> bool:
        return await self._run.applied(END_SESSION, UUID(user_id), UUID(session_id))


def _columns(session: Session) -> tuple[object, ...]:
    return (
        *(session.family_hash, session.token_hash, session.previous_hash),
        *(session.created_at_ms, session.rotated_at_ms, session.expires_at_ms, session.device),
    )


def _ttl(session: Session) -> int:
    """Return for how many seconds, counted from its last rotation, a session is kept."""
    return -(-(session.expires_at_ms - session.rotated_at_ms) // 1000)


def _session(row: Row) -> Session:
    return Session(
        UserId(str(row.user_id)),
        SessionId(str(row.session_id)),
        row.family_hash,
        row.token_hash,
        row.previous_hash,
        milliseconds(row.created_at),
        milliseconds(row.rotated_at),
        milliseconds(row.expires_at),
        row.device or "",
    )

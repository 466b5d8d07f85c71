"""Service tokens in Cassandra. Changes are lightweight transactions, so that none brings back what was withdrawn."""

from __future__ import annotations

from uuid import UUID

from chatkit.core.ids import SessionId, UserId
from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements, milliseconds
from svc_accounts.core.service_tokens import ServiceToken

ADD = (
    "INSERT INTO elastic_chat_accounts.service_tokens (user_id, token_id, secret_hash, session_id, name, created_by, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS"
)
ALL = (
    "SELECT user_id, token_id, secret_hash, session_id, name, created_by, created_at, used_at"
    " FROM elastic_chat_accounts.service_tokens WHERE user_id = ?"
)
ONE = (
    "SELECT user_id, token_id, secret_hash, session_id, name, created_by, created_at, used_at"
    " FROM elastic_chat_accounts.service_tokens WHERE user_id = ? AND token_id = ?"
)
USE = "UPDATE elastic_chat_accounts.service_tokens SET used_at = ? WHERE user_id = ? AND token_id = ? IF EXISTS"
RENAME = "UPDATE elastic_chat_accounts.service_tokens SET session_id = ? WHERE user_id = ? AND token_id = ? IF EXISTS"
REMOVE = "DELETE FROM elastic_chat_accounts.service_tokens WHERE user_id = ? AND token_id = ? IF EXISTS"

QUERIES = (ADD, ALL, ONE, USE, RENAME, REMOVE)


class CassandraServiceTokenStore:
    """A ServiceTokenStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_token(self, token: ServiceToken) -> None:
        created_by = UUID(token.created_by) if token.created_by else None
        ids = (UUID(token.user_id), UUID(token.token_id), token.secret_hash, UUID(token.session_id))
        await self._run.applied(ADD, *ids, token.name, created_by, token.created_at_ms)

    async def token(self, user_id: UserId, token_id: str) -> ServiceToken | None:
        rows = await self._run.rows(ONE, UUID(user_id), UUID(token_id))
        return _token(rows[0]) if rows else None

    async def tokens(self, user_id: UserId) -> list[ServiceToken]:
        return [_token(row) for row in await self._run.rows(ALL, UUID(user_id))]

    async def use_token(self, token: ServiceToken, used_at_ms: int) -> bool:
        return await self._run.applied(USE, used_at_ms, UUID(token.user_id), UUID(token.token_id))

    async def rename_token(self, token: ServiceToken, session_id: SessionId) -> bool:
        return await self._run.applied(RENAME, UUID(session_id), UUID(token.user_id), UUID(token.token_id))

    async def remove_token(self, user_id: UserId, token_id: str) -> None:
        await self._run.applied(REMOVE, UUID(user_id), UUID(token_id))


def _token(row: Row) -> ServiceToken:
    return ServiceToken(
        UserId(str(row.user_id)),
        str(row.token_id),
        row.secret_hash,
        SessionId(str(row.session_id)),
        row.name,
        str(row.created_by) if row.created_by else "",
        milliseconds(row.created_at),
        milliseconds(row.used_at) if row.used_at else None,
    )

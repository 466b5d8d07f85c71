"""Users who are being deleted, in Cassandra."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from chatkit.core.ids import UserId
from chatkit.edges.statements import Statements
from svc_accounts.core.users import User, tombstone

ADD_ERASURE = "INSERT INTO elastic_chat_accounts.erasures (part, user_id, username) VALUES (0, ?, ?)"
ERASURES = "SELECT user_id, username FROM elastic_chat_accounts.erasures WHERE part = 0 LIMIT 100"
REMOVE_ERASURE = "DELETE FROM elastic_chat_accounts.erasures WHERE part = 0 AND user_id = ?"

QUERIES = (ADD_ERASURE, ERASURES, REMOVE_ERASURE)


class CassandraErasureStore:
    """An ErasureStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_erasure(self, user: User) -> None:
        await self._run.rows(ADD_ERASURE, UUID(user.user_id), user.username)

    async def erasures(self) -> list[User]:
        return [replace(tombstone(UserId(str(row.user_id))), username=row.username) for row in await self._run.rows(ERASURES)]

    async def remove_erasure(self, user_id: UserId) -> None:
        await self._run.rows(REMOVE_ERASURE, UUID(user_id))

"""Sessions that presence is still to be told of, in Cassandra."""

from __future__ import annotations

from uuid import UUID

from chatkit.core.ids import SessionId, UserId
from chatkit.edges.statements import Statements

ADD_ENDING = "INSERT INTO elastic_chat_accounts.endings (part, user_id, session_id) VALUES (0, ?, ?)"
ENDINGS = "SELECT user_id, session_id FROM elastic_chat_accounts.endings WHERE part = 0 LIMIT 100"
REMOVE_ENDING = "DELETE FROM elastic_chat_accounts.endings WHERE part = 0 AND user_id = ? AND session_id = ?"

QUERIES = (ADD_ENDING, ENDINGS, REMOVE_ENDING)


class CassandraEndingStore:
    """An EndingStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_ending(self, user_id: UserId, session_id: SessionId) -> None:
        await self._run.rows(ADD_ENDING, UUID(user_id), UUID(session_id))

    async def endings(self) -> list[tuple[UserId, SessionId]]:
        return [(UserId(str(row.user_id)), SessionId(str(row.session_id))) for row in await self._run.rows(ENDINGS)]

    async def remove_ending(self, user_id: UserId, session_id: SessionId) -> None:
        await self._run.rows(REMOVE_ENDING, UUID(user_id), UUID(session_id))

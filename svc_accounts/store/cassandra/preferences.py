"""What users have decided about how they are seen, in Cassandra: of two changes at once a lightweight transaction lets one be first."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chatkit.core.ids import UserId, is_uuid
from chatkit.edges.statements import Statements
from svc_accounts.store import Untold

PREFERENCES = "SELECT version, preferences FROM elastic_chat_accounts.preferences WHERE user_id = ?"
ADD_PREFERENCES = "INSERT INTO elastic_chat_accounts.preferences (user_id, version, preferences) VALUES (?, ?, ?) IF NOT EXISTS"
REPLACE_PREFERENCES = "UPDATE elastic_chat_accounts.preferences SET version = ?, preferences = ? WHERE user_id = ? IF version = ?"
ADD_UNTOLD = "INSERT INTO elastic_chat_accounts.untold_preferences (part, user_id, version) VALUES (0, ?, ?)"
UNTOLD = "SELECT user_id, version FROM elastic_chat_accounts.untold_preferences WHERE part = 0 LIMIT 100"
REMOVE_UNTOLD = "DELETE FROM elastic_chat_accounts.untold_preferences WHERE part = 0 AND user_id = ? AND version = ?"
ADD_BLOCK = "INSERT INTO elastic_chat_accounts.untold_blocks (part, user_id, version, other_id) VALUES (0, ?, ?, ?)"
BLOCKS = "SELECT user_id, version, other_id FROM elastic_chat_accounts.untold_blocks WHERE part = 0 LIMIT 100"
REMOVE_BLOCK = "DELETE FROM elastic_chat_accounts.untold_blocks WHERE part = 0 AND user_id = ? AND version = ? AND other_id = ?"

QUERIES = (PREFERENCES, ADD_PREFERENCES, REPLACE_PREFERENCES, ADD_UNTOLD, UNTOLD, REMOVE_UNTOLD, ADD_BLOCK, BLOCKS, REMOVE_BLOCK)


class CassandraPreferenceStore:
    """A PreferenceStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def preferences(self, user_ids: Sequence[UserId]) -> list[bytes | None]:
        known = [user_id for user_id in user_ids if is_uuid(user_id)]
        rows = dict(zip(known, await self._run.rows_of_each(PREFERENCES, [(UUID(user_id),) for user_id in known]), strict=True))
        return [found[0].preferences if (found := rows.get(user_id)) else None for user_id in user_ids]

    async def replace_preferences(self, user_id: UserId, version: int, preferences: bytes) -> bool:
        if version == 1:
            return await self._run.applied(ADD_PREFERENCES, UUID(user_id), version, preferences)
        return await self._run.applied(REPLACE_PREFERENCES, version, preferences, UUID(user_id), version - 1)

    async def add_untold(self, untold: Untold) -> None:
        await self._run.rows(ADD_UNTOLD if untold.other_id is None else ADD_BLOCK, *_key(untold))

    async def untold(self) -> list[Untold]:
        rows = [*await self._run.rows(UNTOLD), *await self._run.rows(BLOCKS)]
        others = [getattr(row, "other_id", None) for row in rows]
        return [
            Untold(UserId(str(row.user_id)), row.version, UserId(str(other)) if other else None)
            for row, other in zip(rows, others, strict=True)
        ]

    async def remove_untold(self, untold: Untold) -> None:
        await self._run.rows(REMOVE_UNTOLD if untold.other_id is None else REMOVE_BLOCK, *_key(untold))


def _key(untold: Untold) -> tuple[object, ...]:
    key = (UUID(untold.user_id), untold.version)
    return key if untold.other_id is None else (*key, UUID(untold.other_id))

"""Which of their files users were about to have as their pictures, in Cassandra."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chatkit.core.ids import UserId
from chatkit.edges.statements import Statements, milliseconds
from svc_files.core.files import Avatar, FileId

ADD = "INSERT INTO elastic_chat_files.avatars (owner_id, file_id, noted_at) VALUES (?, ?, ?)"
OF_OWNER = "SELECT file_id, noted_at FROM elastic_chat_files.avatars WHERE owner_id = ?"
OF_FILE = "SELECT file_id, noted_at FROM elastic_chat_files.avatars WHERE owner_id = ? AND file_id = ?"
REMOVE = "DELETE FROM elastic_chat_files.avatars WHERE owner_id = ? AND file_id = ? AND noted_at = ?"

QUERIES = (ADD, OF_OWNER, OF_FILE, REMOVE)


class CassandraAvatarStore:
    """An AvatarStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_avatar(self, avatar: Avatar) -> None:
        await self._run.rows(ADD, *_key(avatar))

    async def avatars(self, owner_id: UserId, file_id: FileId | None = None) -> list[Avatar]:
        found = self._run.rows(OF_OWNER, UUID(owner_id)) if file_id is None else self._run.rows(OF_FILE, UUID(owner_id), UUID(file_id))
        return [Avatar(owner_id, FileId(str(row.file_id)), milliseconds(row.noted_at)) for row in await found]

    async def remove_avatars(self, avatars: Sequence[Avatar]) -> None:
        await self._run.rows_of_each(REMOVE, [_key(one) for one in avatars])


def _key(avatar: Avatar) -> tuple[UUID, UUID, int]:
    return UUID(avatar.owner_id), UUID(avatar.file_id), avatar.noted_at_ms

"""Who has which files, in Cassandra."""

from __future__ import annotations

from uuid import UUID

from chatkit.core.ids import UserId
from chatkit.edges.statements import Statements
from svc_files.core.files import FileId
from svc_files.store import Room

TAKE = "INSERT INTO elastic_chat_files.files_by_owner (owner_id, file_id, size, unfinished) VALUES (?, ?, ?, ?)"
GIVE_BACK = "DELETE FROM elastic_chat_files.files_by_owner WHERE owner_id = ? AND file_id = ?"
ROOM = "SELECT size, unfinished FROM elastic_chat_files.files_by_owner WHERE owner_id = ?"
NEWEST = "SELECT file_id, unfinished FROM elastic_chat_files.files_by_owner WHERE owner_id = ? AND file_id < ? LIMIT ?"

QUERIES = (TAKE, GIVE_BACK, ROOM, NEWEST)

LAST = UUID(int=2**128 - 1)
"""An id after all others."""


class CassandraRoomStore:
    """A RoomStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def take(self, owner_id: UserId, file_id: FileId, size: int, *, unfinished: bool) -> None:
        await self._run.rows(TAKE, UUID(owner_id), UUID(file_id), size, unfinished)

    async def give_back(self, owner_id: UserId, file_id: FileId) -> None:
        await self._run.rows(GIVE_BACK, UUID(owner_id), UUID(file_id))

    async def room(self, owner_id: UserId) -> Room:
        rows = await self._run.rows(ROOM, UUID(owner_id))
        return Room(sum(row.size for row in rows), sum(row.unfinished for row in rows))

    async def newest(self, owner_id: UserId, before: FileId | None, count: int) -> list[FileId]:
        found: list[FileId] = []
        last = UUID(before) if before else LAST
        while len(found) < count:
            rows = await self._run.rows(NEWEST, UUID(owner_id), last, count)
            found += [FileId(str(row.file_id)) for row in rows if not row.unfinished]
            if len(rows) < count:
                break
            last = rows[-1].file_id
        return found[:count]

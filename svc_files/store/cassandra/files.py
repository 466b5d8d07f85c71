"""Files in Cassandra."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chatkit.core.ids import UserId
from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements, milliseconds
from svc_files.core.files import Content, File, FileId, Life
from svc_files.store.cassandra.contents import CassandraContentStore

ADD = (
    "INSERT INTO elastic_chat_files.files (file_id, owner_id, name, length, created_at, sha256, life)"
    " VALUES (?, ?, ?, ?, ?, ?, '') IF NOT EXISTS"
)
FILE = "SELECT file_id, owner_id, name, length, created_at, sha256, life FROM elastic_chat_files.files WHERE file_id = ?"
MOVE = "UPDATE elastic_chat_files.files SET life = ? WHERE file_id = ? IF life = ?"
REMOVE = "DELETE FROM elastic_chat_files.files WHERE file_id = ? IF EXISTS"

QUERIES = (ADD, FILE, MOVE, REMOVE)


class CassandraFileStore:
    """A FileStore."""

    def __init__(self, statements: Statements, contents: CassandraContentStore) -> None:
        self._run = statements
        self._contents = contents

    async def add_file(self, file: File) -> None:
        who = (UUID(file.file_id), UUID(file.owner_id))
        await self._run.applied(ADD, *who, file.name, file.length, file.created_at_ms, file.content.sha256)

    async def files(self, file_ids: Sequence[FileId]) -> list[File | None]:
        found = await self._run.rows_of_each(FILE, [(UUID(file_id),) for file_id in file_ids])
        rows = {str(row.file_id): row for some in found for row in some}
        contents = dict(zip(rows, await self._contents.contents([row.sha256 for row in rows.values()]), strict=True))
        return [self._file(rows[one], contents[one]) if one in rows else None for one in file_ids]

    async def move_file(self, file_id: FileId, old: Life, new: Life) -> bool:
        return await self._run.applied(MOVE, new.value, UUID(file_id), old.value)

    async def remove_file(self, file_id: FileId) -> None:
        await self._run.applied(REMOVE, UUID(file_id))

    @staticmethod
    def _file(row: Row, content: Content | None) -> File | None:
        if content is None:
            return None
        names = (FileId(str(row.file_id)), UserId(str(row.owner_id)), row.name)
        return File(*names, row.length, milliseconds(row.created_at), content, Life(row.life or ""))

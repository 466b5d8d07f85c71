"""What files hold, in Cassandra."""

from __future__ import annotations

from uuid import UUID

from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements
from svc_files.core.files import Content, FileId, Life, Picture, Variant

ADD = (
    "INSERT INTO elastic_chat_files.contents (sha256, object_key, size, media_type, width, height, duration_ms, pictures, life)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '') IF NOT EXISTS"
)
CONTENT = (
    "SELECT sha256, object_key, size, media_type, width, height, duration_ms, pictures, life FROM elastic_chat_files.contents"
    " WHERE sha256 = ?"
)
MOVE = "UPDATE elastic_chat_files.contents SET life = ? WHERE sha256 = ? IF life = ?"
# A lightweight transaction, too: what is written by such is not to be passed over by a clock.
REMOVE = "DELETE FROM elastic_chat_files.contents WHERE sha256 = ? IF life = ?"
CLAIM = "INSERT INTO elastic_chat_files.files_by_content (sha256, file_id) VALUES (?, ?)"
UNCLAIM = "DELETE FROM elastic_chat_files.files_by_content WHERE sha256 = ? AND file_id = ?"
CLAIMS = "SELECT file_id FROM elastic_chat_files.files_by_content WHERE sha256 = ?"

QUERIES = (ADD, CONTENT, MOVE, REMOVE, CLAIM, UNCLAIM, CLAIMS)


class CassandraContentStore:
    """A ContentStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_content(self, content: Content) -> bool:
        pictures = {name.value: (one.key, one.size, one.width, one.height) for name, one in content.pictures.items()}
        return await self._run.applied(
            ADD,
            *(content.sha256, content.key, content.size, content.media_type),
            *(content.width, content.height, content.duration_ms, pictures),
        )

    async def content(self, sha256: bytes) -> Content | None:
        return (await self.contents([sha256]))[0]

    async def contents(self, hashes: list[bytes]) -> list[Content | None]:
        """Return contents, in the order of their hashes."""
        found = await self._run.rows_of_each(CONTENT, [(sha256,) for sha256 in hashes])
        return [_content(rows[0]) if rows else None for rows in found]

    async def move_content(self, sha256: bytes, old: Life, new: Life) -> bool:
        return await self._run.applied(MOVE, new.value, sha256, old.value)

    async def remove_content(self, sha256: bytes) -> None:
        await self._run.applied(REMOVE, sha256, Life.DOOMED.value)

    async def claim(self, sha256: bytes, file_id: FileId) -> None:
        await self._run.rows(CLAIM, sha256, UUID(file_id))

    async def unclaim(self, sha256: bytes, file_id: FileId) -> None:
        await self._run.rows(UNCLAIM, sha256, UUID(file_id))

    async def claims(self, sha256: bytes) -> list[FileId]:
        return [FileId(str(row.file_id)) for row in await self._run.rows(CLAIMS, sha256)]


def _content(row: Row) -> Content:
    pictures = {Variant(name): Picture(*values) for name, values in (row.pictures or {}).items()}
    return Content(
        *(row.sha256, row.object_key, row.size, row.media_type, row.width, row.height, row.duration_ms),
        pictures,
        Life(row.life or ""),
    )

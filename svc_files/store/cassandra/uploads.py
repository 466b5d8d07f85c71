"""Uploads in Cassandra."""

from __future__ import annotations

from uuid import UUID

from chatkit.core.ids import UserId
from chatkit.edges.statements import Statements, milliseconds
from svc_files.core.files import FileId
from svc_files.core.tus import Piece, Upload

ADD = "INSERT INTO elastic_chat_files.uploads (upload_id, owner_id, length, name, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)"
UPLOAD = "SELECT owner_id, length, name, created_at, expires_at FROM elastic_chat_files.uploads WHERE upload_id = ?"
REMOVE = "DELETE FROM elastic_chat_files.uploads WHERE upload_id = ?"
ADD_PIECE = "INSERT INTO elastic_chat_files.pieces (upload_id, start, size, object_key) VALUES (?, ?, ?, ?) IF NOT EXISTS"
PIECES = "SELECT start, size, object_key FROM elastic_chat_files.pieces WHERE upload_id = ?"
REMOVE_PIECES = "DELETE FROM elastic_chat_files.pieces WHERE upload_id = ?"

QUERIES = (ADD, UPLOAD, REMOVE, ADD_PIECE, PIECES, REMOVE_PIECES)


class CassandraUploadStore:
    """An UploadStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_upload(self, upload: Upload) -> None:
        times = (upload.created_at_ms, upload.expires_at_ms)
        await self._run.rows(ADD, UUID(upload.upload_id), UUID(upload.owner_id), upload.length, upload.name, *times)

    async def upload(self, upload_id: FileId) -> Upload | None:
        rows = await self._run.rows(UPLOAD, UUID(upload_id))
        if not rows:
            return None
        (row,) = rows
        times = (milliseconds(row.created_at), milliseconds(row.expires_at))
        return Upload(upload_id, UserId(str(row.owner_id)), row.length, row.name, *times)

    async def remove_upload(self, upload_id: FileId) -> None:
        await self._run.rows(REMOVE, UUID(upload_id))

    async def remove_pieces(self, upload_id: FileId) -> None:
        await self._run.rows(REMOVE_PIECES, UUID(upload_id))

    async def add_piece(self, upload_id: FileId, piece: Piece) -> bool:
        return await self._run.applied(ADD_PIECE, UUID(upload_id), piece.offset, piece.size, piece.key)

    async def pieces(self, upload_id: FileId) -> list[Piece]:
        return [Piece(row.start, row.size, row.object_key) for row in await self._run.rows(PIECES, UUID(upload_id))]

"""Uploads: begun once, gone on with as often as it takes, through any instance.

What has come is kept in pieces, each an object and a row. A request that goes on from an offset adds a row under that offset unless there
is one: so of two that go on from the same place, as a client that came back and its request that was believed lost, one gets on and the
other ends, and what is kept has no hole.

An upload may end while a request still brings something. Whoever ends it removes the upload first, and clears away its pieces then; whoever
brings a piece enters it first, and looks for the upload then. So at least one of the two sees the other, and no piece is left of which
nobody knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from svc_files.agenda import MARGIN, Agenda
from svc_files.blobs import BlobStore
from svc_files.core.files import FileId
from svc_files.core.tus import MAX_PIECES, PIECE_BYTES, Checksum, Piece, Upload, offset_of
from svc_files.store import Room, Stores, UploadStore


@dataclass(frozen=True, slots=True)
class Limits:
    """What a user may upload."""

    max_bytes: int
    quota_bytes: int
    unfinished: int
    lifetime: timedelta


class Uploads:
    """Takes in what is uploaded."""

    def __init__(self, stores: Stores, blobs: BlobStore, agenda: Agenda, clock: Clock, limits: Limits) -> None:
        self._store = stores.uploads
        self._rooms = stores.rooms
        self._files = stores.files
        self._blobs = blobs
        self._agenda = agenda
        self._clock = clock
        self.limits = limits

    async def begin(self, owner_id: UserId, length: int, name: str) -> Upload:
        """Begin an upload. Raises QUOTA_REACHED or LIMIT_REACHED."""
        now_ms = self._clock.now_ms()
        expires_at_ms = now_ms + round(self.limits.lifetime.total_seconds() * 1000)
        upload = Upload(FileId(new_id()), owner_id, length, name, now_ms, expires_at_ms)
        # Whatever fails from here on is cleared away then.
        await self._agenda.upload(upload.upload_id, self.limits.lifetime + MARGIN)
        await self._store.add_upload(upload)
        # Taken first, and looked at then: of many at the same time none gets past the limit.
        await self._rooms.take(owner_id, upload.upload_id, length, unfinished=True)
        room = await self._rooms.room(owner_id)
        if room.used > self.limits.quota_bytes or room.unfinished > self.limits.unfinished:
            await self.abandon(upload)
            self._check_quota(room)
            raise ChatError(Reason.LIMIT_REACHED, f"{self.limits.unfinished} of your uploads are not finished: finish or end them first")
        return upload

    async def upload(self, owner_id: UserId, upload_id: FileId) -> Upload | None:
        """Return an upload of a user that is not finished, nor over."""
        upload = await self._store.upload(upload_id)
        return upload if upload and upload.owner_id == owner_id and self._clock.now_ms() < upload.expires_at_ms else None

    async def offset(self, upload: Upload) -> int:
        """Return how much of an upload is there."""
        return offset_of(await self._store.pieces(upload.upload_id))

    async def append(self, upload: Upload, offset: int, body: AsyncIterator[bytes], checksum: Checksum | None = None) -> int:
        """Keep what comes, from an offset on, and return the offset after it.

        What has come is kept also if `body` fails, and the failure passed on; with a checksum, only what is whole is kept. Raises
        UPLOAD_CONFLICT if the upload is at another offset, FILE_TOO_LARGE if more comes than was said, and CHECKSUM_MISMATCH.
        """
        pieces = await self._store.pieces(upload.upload_id)
        if offset_of(pieces) != offset:
            raise ChatError(Reason.UPLOAD_CONFLICT, f"the upload is at {offset_of(pieces)}, not at {offset}")
        appending = _Appending(self._store, self._blobs, upload, offset, len(pieces), checksum)
        try:
            async for block in body:
                self._check_time(upload)
                await appending.add(block)
        except BaseException:
            await appending.give_up()
            raise
        return await appending.finish()

    def _check_time(self, upload: Upload) -> None:
        if self._clock.now_ms() >= upload.expires_at_ms:
            raise ChatError(Reason.UNKNOWN_FILE, "the upload has taken too long")

    async def abandon(self, upload: Upload) -> None:
        """End an upload, and forget what was kept of it. Idempotent, also if it was begun. A file that it has become meanwhile stays."""
        await self._rooms.give_back(upload.owner_id, upload.upload_id)
        (file,) = await self._files.files([upload.upload_id])
        if file is not None:
            await self._rooms.take(file.owner_id, file.file_id, file.size, unfinished=False)
        await self._store.remove_upload(upload.upload_id)
        await self.clear_away(upload.upload_id)

    async def take(self, upload: Upload, size: int) -> None:
        """Count what is kept of an upload, which may be more than was uploaded, as of an image that is drawn anew. Raises QUOTA_REACHED."""
        if size > upload.length:
            await self._rooms.take(upload.owner_id, upload.upload_id, size, unfinished=True)
            self._check_quota(await self._rooms.room(upload.owner_id))

    def _check_quota(self, room: Room) -> None:
        if room.used > self.limits.quota_bytes:
            raise ChatError(Reason.QUOTA_REACHED, f"your files may take {self.limits.quota_bytes} bytes: delete some first")

    async def become(self, upload: Upload, size: int) -> None:
        """End an upload that has become a file of this size, and forget what was kept of it. Idempotent, also if it was begun."""
        await self._rooms.take(upload.owner_id, upload.upload_id, size, unfinished=False)
        await self._store.remove_upload(upload.upload_id)
        await self.clear_away(upload.upload_id)

    async def clear_away(self, upload_id: FileId) -> None:
        """Forget whatever is kept of an upload that has ended. Idempotent."""
        await _clear_away(self._store, self._blobs, upload_id)


async def _clear_away(store: UploadStore, blobs: BlobStore, upload_id: FileId) -> None:
    await blobs.delete(await blobs.keys(folder_of(upload_id)))
    await store.remove_pieces(upload_id)


def folder_of(upload_id: FileId) -> str:
    """Return what the keys of an upload's pieces begin with."""
    return f"uploads/{upload_id}/"


class _Appending:
    """One request's part of an upload."""

    def __init__(self, store: UploadStore, blobs: BlobStore, upload: Upload, offset: int, pieces: int, checksum: Checksum | None) -> None:
        self._store = store
        self._blobs = blobs
        self._upload = upload
        self._kept = offset
        self._pieces = pieces
        self._checksum = checksum
        self._hash = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        self._waiting = bytearray()
        self._doubtful: list[Piece] = []

    async def add(self, block: bytes) -> None:
        self._waiting += block
        if self._kept + len(self._waiting) > self._upload.length:
            raise ChatError(Reason.FILE_TOO_LARGE, f"the upload was said to have {self._upload.length} bytes")
        if self._hash:
            self._hash.update(block)
        if len(self._waiting) >= PIECE_BYTES:
            await self._keep()

    async def finish(self) -> int:
        """Keep the rest, and return the offset after it."""
        await self._keep()
        if self._checksum and self._hash:
            try:
                self._checksum.check(self._hash.digest())
                while self._doubtful:
                    await self._enter(self._doubtful[0])
                    del self._doubtful[0]
            except ChatError:
                await self._forget_doubtful()
                raise
        return self._kept

    async def give_up(self) -> None:
        """Keep what has come, if it need not be whole."""
        if self._checksum:
            await self._forget_doubtful()
        elif self._kept + len(self._waiting) <= self._upload.length:
            await self._keep()

    async def _keep(self) -> None:
        if not self._waiting:
            return
        if self._pieces >= MAX_PIECES:
            raise ChatError(Reason.LIMIT_REACHED, f"an upload comes in at most {MAX_PIECES} pieces: send more at a time")
        piece = Piece(self._kept, len(self._waiting), f"{folder_of(self._upload.upload_id)}{self._kept:020d}-{new_id()}")
        await self._blobs.put(piece.key, bytes(self._waiting))
        self._waiting.clear()
        self._kept += piece.size
        self._pieces += 1
        if self._checksum:
            self._doubtful.append(piece)
        else:
            await self._enter(piece)

    async def _enter(self, piece: Piece) -> None:
        upload_id = self._upload.upload_id
        if not await self._store.add_piece(upload_id, piece):
            await self._blobs.delete([piece.key])
            raise ChatError(Reason.UPLOAD_CONFLICT, "another request goes on with this upload")
        if await self._store.upload(upload_id) is None:
            await _clear_away(self._store, self._blobs, upload_id)
            raise ChatError(Reason.UNKNOWN_FILE, "the upload has ended")

    async def _forget_doubtful(self) -> None:
        await self._blobs.delete([piece.key for piece in self._doubtful])

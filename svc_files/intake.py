"""An upload that is complete becomes a file: put together, hashed, looked into, kept once.

Whoever finds such an upload finishes it: the request that sent its last bytes, a later one of the client, a message that has it, or the
collector. Every step may be repeated, and two may be at it at the same time.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from chatkit.metrics import counter
from svc_files.agenda import MARGIN, Agenda
from svc_files.blobs import BlobStore
from svc_files.core.files import Content, File, FileId, Life, Picture, Variant
from svc_files.core.tus import Piece, Upload, offset_of
from svc_files.looks import Looker
from svc_files.store import Stores
from svc_files.uploads import Uploads
from svc_files.workshop import Found

log = structlog.get_logger()

REFUSALS = (Reason.FILE_TYPE_REFUSED, Reason.FILE_BROKEN, Reason.QUOTA_REACHED)
"""What ends an upload: it would be refused again."""

TAKEN_IN = counter(
    "chat_files_taken_in_total", "Files that were taken in, by whether their content was there before.", content=("known", "new")
)


class Digest(Protocol):
    """A hash that is being computed."""

    def update(self, data: bytes, /) -> None:
        """Go on with more."""
        ...


class Intake:
    """Makes files of uploads."""

    def __init__(
        self,
        stores: Stores,
        uploads: Uploads,
        blobs: BlobStore,
        looker: Looker,
        agenda: Agenda,
        types: tuple[str, ...],
        keep_unposted: timedelta,
        at_once: int,
    ) -> None:
        self._stores = stores
        self._uploads = uploads
        self._blobs = blobs
        self._looker = looker
        self._agenda = agenda
        self._types = types
        self._keep_unposted = keep_unposted
        self._at_once = at_once
        self._under_way: WeakValueDictionary[FileId, asyncio.Lock] = WeakValueDictionary()

    async def finish(self, upload: Upload) -> File | None:
        """Return the file of an upload, or None if the upload is not complete. Raises FILE_TYPE_REFUSED, FILE_BROKEN or
        QUOTA_REACHED, and the upload is gone; or OVERLOADED or UNAVAILABLE, and it may be tried again.
        """
        # Each takes room on the disk until it is done.
        if upload.upload_id not in self._under_way and len(self._under_way) >= self._at_once:
            raise ChatError(Reason.OVERLOADED, "too many files are being taken in", retry_after=timedelta(seconds=2))
        lock = self._under_way.setdefault(upload.upload_id, asyncio.Lock())
        async with lock:
            (file,) = await self._stores.files.files([upload.upload_id])
            if file is None:
                pieces = await self._stores.uploads.pieces(upload.upload_id)
                if offset_of(pieces) != upload.length:
                    return None
                try:
                    file = await self._make(upload, pieces)
                except ChatError as error:
                    if error.reason in REFUSALS:
                        await self._uploads.abandon(upload)
                    raise
            await self._uploads.become(upload, file.size)
            return file

    async def _make(self, upload: Upload, pieces: list[Piece]) -> File:
        with tempfile.TemporaryDirectory(prefix="elastic-chat-file-") as folder:
            source = Path(folder) / "source"
            sha256 = await self._put_together(pieces, source)
            # From here on there may be a claim without a file, and objects without a content: then they are found.
            await self._agenda.content(sha256, self._uploads.limits.lifetime + 2 * MARGIN)
            await self._stores.contents.claim(sha256, upload.upload_id)
            content = await self._content(sha256, source, Path(folder))
        await self._uploads.take(upload, content.size)
        file = File(upload.upload_id, upload.owner_id, upload.name, upload.length, upload.created_at_ms, content)
        await self._agenda.file(file.file_id, self._keep_unposted)
        await self._stores.files.add_file(file)
        log.info("file_taken_in", file_id=file.file_id, media_type=content.media_type, size=content.size)
        return file

    async def _put_together(self, pieces: list[Piece], target: Path) -> bytes:
        """Write the pieces of an upload into one file, and return the SHA-256 of all."""
        digest = hashlib.sha256()
        for piece in pieces:
            block = await self._blobs.read(piece.key, 0, piece.size)
            await asyncio.to_thread(_append, target, block, digest)
        return digest.digest()

    async def _content(self, sha256: bytes, source: Path, folder: Path) -> Content:
        """Return the content of a file, new or not.

        One that is known is looked into and kept like a new one, and only then let go: how long it takes must not tell whoever uploads it
        that somebody has it.
        """
        new = await self._new_content(sha256, source, await self._looker.look(source, folder), folder)
        is_new = await self._stores.contents.add_content(new)
        TAKEN_IN["new" if is_new else "known"].inc()
        if is_new:
            return new
        await self._blobs.delete(new.keys)
        known = await self._stores.contents.content(sha256)
        if known is None or known.life is not Life.ALIVE:
            raise ChatError(Reason.UNAVAILABLE, "the file can't be taken in just now: try again", retry_after=timedelta(seconds=2))
        return known

    async def _new_content(self, sha256: bytes, source: Path, found: Found, folder: Path) -> Content:
        """Keep what was found, and return it as a content."""
        kept = folder / found.redrawn if found.redrawn else source
        content = Content(
            sha256,
            new_key(sha256),
            kept.stat().st_size,
            found.media_type,
            found.width,
            found.height,
            found.duration_ms,
            {
                Variant(name): Picture(new_key(sha256), (folder / made.file).stat().st_size, made.width, made.height)
                for name, made in found.pictures.items()
            },
        )
        await self._blobs.put(content.key, kept)
        for variant, picture in content.pictures.items():
            await self._blobs.put(picture.key, folder / found.pictures[variant.value].file)
        return content


def content_folder(sha256: bytes) -> str:
    """Return what the keys of everything of a content begin with."""
    return f"files/{sha256.hex()}/"


def new_key(sha256: bytes) -> str:
    """Return a key for something of a content, which nobody else has."""
    return f"{content_folder(sha256)}{new_id()}"


def _append(target: Path, block: bytes, digest: Digest) -> None:
    with target.open("ab") as file:
        file.write(block)
    digest.update(block)

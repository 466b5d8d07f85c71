"""The door for bytes: uploads by the tus protocol, downloads in whole or in part."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import structlog
from aiohttp import web
from google.protobuf.json_format import MessageToDict

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, is_uuid
from chatkit.metrics import counter
from chatkit.rpc.caller import REQUEST_ID, USER_ID, bind_request_id
from chatkit.rpc.errors import status_of
from svc_files.blobs import BlobStore, stream
from svc_files.core import tus
from svc_files.core.files import File, FileId, Served, Variant, file_id_of
from svc_files.core.kinds import INLINE, TEXT
from svc_files.core.links import LinkSigner
from svc_files.core.ranges import NotSatisfiable, Range, range_of
from svc_files.core.tus import Upload
from svc_files.intake import Intake
from svc_files.library import Library
from svc_files.uploads import Uploads

log = structlog.get_logger()

BYTES = counter("chat_files_bytes_total", "Bytes that came in by uploads and went out by downloads.", direction=("in", "out"))

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATUS = {
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
}
"""HTTP's statuses, as google.rpc.Code has them; 500 for the others."""
OF_TUS = {Reason.CHECKSUM_MISMATCH: 460, Reason.FILE_TOO_LARGE: 413, Reason.OVERLOADED: 503}
"""Those of the tus protocol, and what makes its clients try again."""

RESUMABLE = {"Tus-Resumable": tus.VERSION}
NO_STORE = {"Cache-Control": "no-store"}
SERVED = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""What is said of every file: it runs nothing, whatever a browser takes it for."""

UPLOADS = "/v1/files/uploads"


class FilesDoor:
    """`/v1/files`, as far as it is bytes."""

    def __init__(
        self,
        uploads: Uploads,
        intake: Intake,
        library: Library,
        blobs: BlobStore,
        links: LinkSigner,
        clock: Clock,
        transfers: int,
        user_transfers: int,
    ) -> None:
        self._uploads = uploads
        self._intake = intake
        self._library = library
        self._blobs = blobs
        self._links = links
        self._clock = clock
        self._transfers = transfers
        self._user_transfers = user_transfers
        self._under_way = Counter[UserId]()
        self._draining = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered here."""
        one = f"{UPLOADS}/{{upload_id}}"
        return [
            web.options("/v1/files", self.tell),
            web.post("/v1/files", _tus(self.create)),
            web.head(one, _tus(self.offset)),
            web.patch(one, _tus(self.append)),
            web.delete(one, _tus(self.end)),
            web.get("/v1/files/{file_id}/content", _answered(self.content)),
        ]

    async def drain(self) -> None:
        """Cut off whoever uploads or downloads: they go on where they were, through another instance."""
        self._draining.set()

    # --- uploads

    async def tell(self, _: web.Request) -> web.Response:
        """Tell what is spoken here."""
        return web.Response(
            status=204,
            headers={
                **RESUMABLE,
                "Tus-Version": tus.VERSION,
                "Tus-Extension": tus.EXTENSIONS,
                "Tus-Max-Size": str(self._uploads.limits.max_bytes),
                "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
            },
        )

    async def create(self, request: web.Request) -> web.Response:
        """Begin an upload, and take in what comes with it."""
        owner_id = _caller(request)
        length = tus.length_of(request.headers.get("Upload-Length"), self._uploads.limits.max_bytes)
        name = tus.name_of(request.headers.get("Upload-Metadata"))
        checksum = tus.checksum_of(request.headers.get("Upload-Checksum"))
        if request.headers.get("Content-Type") == tus.BODY_TYPE:
            with self._transfer(owner_id):
                upload = await self._uploads.begin(owner_id, length, name)
                try:
                    offset = await self._take(request, upload, 0, checksum)
                except BaseException:
                    # Where it is was told to nobody, so nobody can go on with it.
                    await self._uploads.abandon(upload)
                    raise
        else:
            upload, offset = await self._uploads.begin(owner_id, length, name), 0
        headers = {"Location": f"{UPLOADS}/{upload.upload_id}", "Upload-Offset": str(offset)}
        return web.Response(status=201, headers={**headers, **_expiry(upload, offset)})

    async def offset(self, request: web.Request) -> web.Response:
        """Tell how far an upload is; if it is complete, what is left to do with it is done first."""
        owner_id, upload_id = _caller(request), file_id_of(request.match_info["upload_id"])
        upload = await self._uploads.upload(owner_id, upload_id)
        if upload is not None:
            offset = await self._uploads.offset(upload)
            if offset == upload.length:
                await self._intake.finish(upload)
            headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.length), **_expiry(upload, offset)}
        else:
            length = str((await self._own(owner_id, upload_id)).length)
            headers = {"Upload-Offset": length, "Upload-Length": length}
        return web.Response(headers={**NO_STORE, **headers})

    async def append(self, request: web.Request) -> web.Response:
        """Go on with an upload."""
        owner_id, upload_id = _caller(request), file_id_of(request.match_info["upload_id"])
        offset = tus.offset_header(request.headers.get("Upload-Offset"))
        checksum = tus.checksum_of(request.headers.get("Upload-Checksum"))
        if request.headers.get("Content-Type") != tus.BODY_TYPE:
            raise web.HTTPUnsupportedMediaType(text=f"Send Content-Type: {tus.BODY_TYPE}.\n")
        upload = await self._uploads.upload(owner_id, upload_id)
        if upload is None:
            raise ChatError(Reason.UNKNOWN_FILE)
        with self._transfer(owner_id):
            offset = await self._take(request, upload, offset, checksum)
        return web.Response(status=204, headers={"Upload-Offset": str(offset), **_expiry(upload, offset)})

    async def end(self, request: web.Request) -> web.Response:
        """End an upload that is not finished."""
        upload = await self._uploads.upload(_caller(request), file_id_of(request.match_info["upload_id"]))
        if upload is None:
            raise ChatError(Reason.UNKNOWN_FILE)
        await self._uploads.abandon(upload)
        return web.Response(status=204)

    async def _take(self, request: web.Request, upload: Upload, offset: int, checksum: tus.Checksum | None) -> int:
        """Take in what comes and return the offset after it; if the upload is complete with that, it has become a file."""
        offset = await self._uploads.append(upload, offset, self._body(request), checksum)
        if offset == upload.length:
            await self._intake.finish(upload)
        return offset

    @contextmanager
    def _transfer(self, user_id: UserId) -> Iterator[None]:
        """Count an upload or a download that is under way. Raises OVERLOADED if there are too many, of this user or of all."""
        if self._under_way.total() >= self._transfers or self._under_way[user_id] >= self._user_transfers:
            raise ChatError(Reason.OVERLOADED, "too much is being uploaded and downloaded", retry_after=timedelta(seconds=2))
        self._under_way[user_id] += 1
        try:
            yield
        finally:
            self._under_way[user_id] -= 1
            if not self._under_way[user_id]:
                del self._under_way[user_id]

    async def _body(self, request: web.Request) -> AsyncIterator[bytes]:
        async for block in request.content.iter_any():
            if self._draining.is_set():
                raise ChatError(Reason.GOING_AWAY, "this instance is being stopped: go on through another")
            BYTES["in"].inc(len(block))
            yield block

    async def _own(self, owner_id: UserId, file_id: FileId) -> File:
        file = await self._library.file(owner_id, file_id)
        if file.owner_id != owner_id:
            raise ChatError(Reason.UNKNOWN_FILE)
        return file

    # --- downloads

    async def content(self, request: web.Request) -> web.StreamResponse:
        """Send a file, or a part of it, to whom the access token or the link names."""
        file_id = file_id_of(request.match_info["file_id"])
        user_id, variant = self._asker(request, file_id)
        file = await self._library.file(user_id, file_id, variant)
        served = file.served(variant)
        headers = {**SERVED, **_described(file, served), "ETag": served.etag}
        if served.etag in _tags(request.headers.get("If-None-Match")):
            return web.Response(status=304, headers=headers)
        is_same = request.headers.get("If-Range", served.etag) == served.etag
        try:
            part = range_of(request.headers.get("Range") if is_same else None, served.size)
        except NotSatisfiable:
            return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{served.size}"})
        if part is not None:
            headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{served.size}"
        with self._transfer(user_id):
            return await self._send(request, served, part or Range(0, served.size), headers, 200 if part is None else 206)

    def _asker(self, request: web.Request, file_id: FileId) -> tuple[UserId, Variant]:
        query = request.query
        if "signature" in query:
            link = self._links.read(file_id, query, self._clock.now_ms())
            return link.user_id, link.variant
        if query.get("variant", "") not in set(Variant):
            raise ChatError(Reason.INVALID_ARGUMENT, f"variant is {Variant.SMALL} or {Variant.LARGE}")
        return _caller(request), Variant(query.get("variant", ""))

    async def _send(self, request: web.Request, served: Served, part: Range, headers: Mapping[str, str], status: int) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = part.size
        blocks = stream(self._blobs, served.key, part.start, part.end)
        # The first one before it is said that there is something.
        first = await anext(blocks) if request.method == "GET" else b""
        await response.prepare(request)
        if request.method == "GET":
            await response.write(first)
            async for block in blocks:
                if self._draining.is_set():
                    raise ConnectionResetError("this instance is being stopped")
                await response.write(block)
            BYTES["out"].inc(part.size)
        await response.write_eof()
        return response


def _caller(request: web.Request) -> UserId:
    user_id = request.headers.get(USER_ID, "")
    if not is_uuid(user_id):
        raise ChatError(Reason.UNAUTHENTICATED, "this takes an access token: log in and send `authorization: Bearer TOKEN`")
    return UserId(user_id)


def _described(file: File, served: Served) -> dict[str, str]:
    """Return what a browser needs to know to show a file, or to keep it under its name."""
    kind = "inline" if served.media_type in INLINE else "attachment"
    plain = "".join(character if character.isascii() and character not in '"\\' else "_" for character in file.name)
    return {
        "Content-Type": f"{TEXT}; charset=utf-8" if served.media_type == TEXT else served.media_type,
        "Content-Disposition": f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
    }


def _tags(header: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in (header or "").split(",")}


def _expiry(upload: Upload, offset: int) -> dict[str, str]:
    """Tell until when an upload can be gone on with, if there is anything left."""
    if offset == upload.length:
        return {}
    return {"Upload-Expires": format_datetime(datetime.fromtimestamp(upload.expires_at_ms / 1000, UTC), usegmt=True)}


def _tus(handler: Handler) -> Handler:
    """Return a handler that speaks the one version of the protocol that there is."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Tus-Resumable") != tus.VERSION:
            return web.Response(status=412, headers={**RESUMABLE, "Tus-Version": tus.VERSION})
        try:
            response = await answer(request)
        except web.HTTPException as refusal:
            refusal.headers.update(RESUMABLE)
            raise
        response.headers.update(RESUMABLE)
        return response

    answer = _answered(handler)
    return handle


def _answered(handler: Handler) -> Handler:
    """Return a handler that answers also when it is refused, or when something fails. Whoever has begun to be answered is cut off then:
    what came after that would be taken for a part of the file.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        bind_request_id(request.headers.get(REQUEST_ID, ""))
        try:
            return await handler(request)
        except ChatError as error:
            return _refusal(request, error)
        except (web.HTTPException, ConnectionError, web.RequestPayloadError):
            raise  # the client has gone, or is told by aiohttp
        except Exception:
            log.exception("request_failed", path=request.path)
            return _refusal(request, ChatError(Reason.INTERNAL))

    return handle


def _refusal(request: web.Request, error: ChatError) -> web.Response:
    if request.writer.output_size:
        raise ConnectionResetError(f"the answer was begun, and can't be gone on with: {error.reason}")
    status = OF_TUS.get(error.reason) or STATUS.get(error.row.status, 500)
    headers = {**NO_STORE} if error.retry_after is None else {**NO_STORE, "Retry-After": str(round(error.retry_after.total_seconds()) or 1)}
    return web.json_response(MessageToDict(status_of(error)), status=status, headers=headers)

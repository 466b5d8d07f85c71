"""The door for bytes by itself: what becomes of connections that break, of an instance that is stopped, and of too many at once."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from chatkit.rpc.caller import USER_ID
from launcher.topology import HOST
from svc_files.blobs import STEP_BYTES
from svc_files.core.files import File, FileId, Variant
from svc_files.core.links import Link, LinkSigner
from svc_files.core.tus import PIECE_BYTES
from svc_files.web import FilesDoor
from tests.files import Service

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
TRANSFERS, USER_TRANSFERS = 3, 2


@dataclass
class Open:
    """A door that is open, and who goes through it."""

    service: Service
    door: FilesDoor
    port: int
    http: aiohttp.ClientSession
    anna: UserId

    @property
    def who(self) -> dict[str, str]:
        return {USER_ID: self.anna}

    async def reason(self, method: str, path: str, status: int, **options: Any) -> str:
        headers = self.who | options.pop("headers", {})
        async with self.http.request(method, f"http://{HOST}:{self.port}{path}", headers=headers, **options) as response:
            assert response.status == status, await response.text()
            return str((await response.json())["details"][0]["reason"])

    async def begin_patch(self, path: str, length: int, data: bytes) -> asyncio.StreamWriter:
        """Send a part of a request, and keep the connection."""
        _, writer = await asyncio.open_connection(HOST, self.port)
        lines = [f"PATCH {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {length}", "Upload-Offset: 0"]
        lines += [f"{name}: {value}" for name, value in (TUS | self.who).items()]
        writer.write("\r\n".join((*lines, "", "")).encode() + data)
        await writer.drain()
        return writer

    async def until_offset(self, upload_id: FileId, wanted: int) -> None:
        async with asyncio.timeout(30):
            upload = await self.service.uploads.upload(self.anna, upload_id)
            assert upload
            while await self.service.uploads.offset(upload) != wanted:
                await asyncio.sleep(0.01)


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    service = Service()
    links = LinkSigner(b"k" * 32)
    door = FilesDoor(service.uploads, service.intake, service.library, service.blobs, links, service.clock, TRANSFERS, USER_TRANSFERS)
    app = web.Application()
    app.add_routes(door.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    async with aiohttp.ClientSession() as http:
        yield Open(service, door, runner.addresses[0][1], http, UserId(new_id()))
    await runner.cleanup()


async def test_what_came_before_a_client_went_is_kept(opened: Open) -> None:
    data = secrets.token_bytes(PIECE_BYTES + 300_000)
    upload = await opened.service.uploads.begin(opened.anna, len(data) + 1000, "x")
    writer = await opened.begin_patch(f"/v1/files/uploads/{upload.upload_id}", len(data) + 1000, data)
    await _some(opened, upload.upload_id)
    writer.close()
    await opened.until_offset(upload.upload_id, len(data))


async def _some(opened: Open, upload_id: FileId) -> int:
    """Return how much of an upload is kept once that is anything."""
    async with asyncio.timeout(30):
        while True:
            upload = await opened.service.uploads.upload(opened.anna, upload_id)
            assert upload
            if offset := await opened.service.uploads.offset(upload):
                return offset
            await asyncio.sleep(0.01)


async def test_whoever_uploads_while_the_instance_is_stopped_is_sent_on_and_loses_nothing(opened: Open) -> None:
    upload = await opened.service.uploads.begin(opened.anna, 1000, "x")
    reader, writer = await asyncio.open_connection(HOST, opened.port)
    lines = [f"PATCH /v1/files/uploads/{upload.upload_id} HTTP/1.1", f"Host: {HOST}", "Content-Length: 1000", "Upload-Offset: 0"]
    lines += [f"{name}: {value}" for name, value in (TUS | opened.who).items()]
    writer.write("\r\n".join((*lines, "", "")).encode() + b"a" * 400)
    await writer.drain()
    await _under_way(opened, 1)
    await opened.door.drain()
    writer.write(b"a" * 100)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert b"GOING_AWAY" in await reader.read(2000)
    writer.close()
    await opened.until_offset(upload.upload_id, 400)


async def _under_way(opened: Open, wanted: int) -> None:
    async with asyncio.timeout(30):
        while opened.door._under_way.total() != wanted:
            await asyncio.sleep(0.01)


async def _half(opened: Open, count: int) -> list[asyncio.StreamWriter]:
    """Begin so many uploads."""
    uploads = [await opened.service.uploads.begin(opened.anna, 1000, "x") for _ in range(count)]
    return [await opened.begin_patch(f"/v1/files/uploads/{one.upload_id}", 1000, b"half") for one in uploads]


async def test_more_transfers_than_may_be_are_refused_until_others_have_ended(opened: Open) -> None:
    file = await opened.service.upload(UserId(new_id()), b"data")
    writers = await _half(opened, USER_TRANSFERS)
    other = Open(opened.service, opened.door, opened.port, opened.http, UserId(new_id()))
    writers += await _half(other, TRANSFERS - USER_TRANSFERS)
    await _under_way(opened, TRANSFERS)
    async with opened.http.get(f"http://{HOST}:{opened.port}{link_to(file)}") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "2")
        assert (await response.json())["details"][0]["reason"] == "OVERLOADED"
    for writer in writers:
        writer.close()
    await _under_way(opened, 0)
    async with opened.http.get(f"http://{HOST}:{opened.port}{link_to(file)}") as response:
        assert await response.read() == b"data"


async def test_nobody_keeps_the_others_out(opened: Open) -> None:
    own, other = await opened.service.upload(opened.anna, b"own"), await opened.service.upload(UserId(new_id()), b"another's")
    writers = await _half(opened, USER_TRANSFERS)
    await _under_way(opened, USER_TRANSFERS)
    assert await opened.reason("GET", link_to(own), 503) == Reason.OVERLOADED
    async with opened.http.get(f"http://{HOST}:{opened.port}{link_to(other)}") as response:
        assert await response.read() == b"another's"
    for writer in writers:
        writer.close()
    await _under_way(opened, 0)


async def test_what_fails_in_the_midst_of_a_file_is_no_part_of_it(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    data = secrets.token_bytes(STEP_BYTES + 1000)
    file = await opened.service.upload(opened.anna, data)
    read = opened.service.blobs.read
    for error in (ChatError(Reason.UNAVAILABLE), RuntimeError("a fault of ours")):

        async def fail_later(key: str, start: int, end: int, error: Exception = error) -> bytes:
            if start:
                raise error
            return await read(key, start, end)

        with monkeypatch.context() as patch:
            patch.setattr(opened.service.blobs, "read", fail_later)
            reader, writer = await asyncio.open_connection(HOST, opened.port)
            writer.write(f"GET {link_to(file)} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            async with asyncio.timeout(10):
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
        assert head.startswith(b"HTTP/1.1 200")
        assert body == data[:STEP_BYTES]


def link_to(file: File) -> str:
    expires_at_s = file.created_at_ms // 1000 + 300
    return LinkSigner(b"k" * 32).url(Link(file.file_id, Variant.ORIGINAL, file.owner_id, expires_at_s))


async def test_a_link_ends_when_its_time_is_over(opened: Open) -> None:
    file = await opened.service.upload(opened.anna, b"data")
    opened.service.clock.advance(299)
    async with opened.http.get(f"http://{HOST}:{opened.port}{link_to(file)}") as response:
        assert response.status == 200
    opened.service.clock.advance(1)
    assert await opened.reason("GET", link_to(file), 403) == Reason.BAD_LINK


async def test_what_fails_is_told_and_tells_nothing_more(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    file = await opened.service.upload(opened.anna, b"data")
    path = f"/v1/files/{file.file_id}/content"
    for error, status, reason in (
        (RuntimeError("a secret"), 500, Reason.INTERNAL),
        (ChatError(Reason.UNAVAILABLE), 503, Reason.UNAVAILABLE),
    ):

        async def fail(*_: object, error: Exception = error) -> bytes:
            raise error

        monkeypatch.setattr(opened.service.blobs, "read", fail)
        assert await opened.reason("GET", path, status) == reason


async def test_an_upload_that_is_complete_is_finished_by_asking_for_its_offset(opened: Open) -> None:
    upload = await opened.service.begin(opened.anna, b"data")
    url = f"http://{HOST}:{opened.port}/v1/files/uploads/{upload.upload_id}"
    for _ in range(2):
        async with opened.http.head(url, headers=TUS | opened.who) as response:
            assert (response.status, response.headers["Upload-Offset"], response.headers["Upload-Length"]) == (200, "4", "4")
        assert await opened.service.reads(opened.anna, upload.upload_id)


async def test_an_upload_can_begin_with_its_bytes(opened: Open) -> None:
    url = f"http://{HOST}:{opened.port}/v1/files"
    async with opened.http.post(url, data=b"data", headers=TUS | opened.who | {"Upload-Length": "4"}) as response:
        assert (response.status, response.headers["Upload-Offset"]) == (201, "4")
        file_id = FileId(response.headers["Location"].rpartition("/")[2])
    assert await opened.service.reads(opened.anna, file_id)


async def test_an_upload_of_which_nobody_was_told_where_it_is_is_not_kept(opened: Open) -> None:
    url, headers = "/v1/files", TUS | {"Upload-Length": "1000"}
    wrong = {"Upload-Checksum": f"sha1 {base64.b64encode(bytes(20)).decode()}"}
    assert await opened.reason("POST", url, 460, headers=headers | wrong, data=b"data") == Reason.CHECKSUM_MISMATCH
    assert await opened.reason("POST", url, 413, headers=headers, data=b"x" * 1001) == Reason.FILE_TOO_LARGE
    writers = await _half(opened, USER_TRANSFERS)
    await _under_way(opened, USER_TRANSFERS)
    assert await opened.reason("POST", url, 503, headers=headers, data=b"data") == Reason.OVERLOADED
    for writer in writers:
        writer.close()
    await _under_way(opened, 0)
    assert (await opened.service.stores.rooms.room(opened.anna)).unfinished == USER_TRANSFERS


async def test_nobody_in_particular_is_let_in(opened: Open) -> None:
    file = await opened.service.upload(opened.anna, b"data")
    for value in ("", "anna", "../x"):
        assert await opened.reason("GET", f"/v1/files/{file.file_id}/content", 401, headers={USER_ID: value}) == Reason.UNAUTHENTICATED
    assert await opened.reason("GET", f"/v1/files/{file.file_id}/content?variant=huge", 400) == Reason.INVALID_ARGUMENT

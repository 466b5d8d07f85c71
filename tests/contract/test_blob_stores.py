"""The suite of the stores of bytes: memory, a folder, and a real S3 server."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import aiohttp
import obstore
import pytest
from obstore.store import S3Store

from chatkit.core.clock import ManualClock, SystemClock
from chatkit.core.errors import ChatError, Reason
from svc_files.blobs import STEP_BYTES, stream
from svc_files.blobs.folder import PART, WRITING, FolderBlobStore
from svc_files.blobs.memory import MemoryBlobStore
from svc_files.blobs.s3 import S3BlobStore
from tests.s3 import REGION, S3

Blobs: TypeAlias = MemoryBlobStore | FolderBlobStore | S3BlobStore


def over(s3: S3, bucket: str) -> S3BlobStore:
    return S3BlobStore(bucket, s3.endpoint, REGION, s3.access_key_id, s3.secret_access_key)


@pytest.fixture(params=["memory", "folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    match request.param:
        case "memory":
            return MemoryBlobStore()
        case "folder":
            return FolderBlobStore(tmp_path, SystemClock())
        case _:
            s3: S3 = request.getfixturevalue("s3")
            return over(s3, s3.bucket())


def key(name: str = "") -> str:
    return f"{secrets.token_hex(8)}/{name or secrets.token_hex(8)}"


@pytest.mark.parametrize("size", [1, STEP_BYTES, 12_000_000])
async def test_what_was_put_is_read_in_whole_and_in_part(blobs: Blobs, tmp_path: Path, size: int) -> None:
    data, one, two = secrets.token_bytes(size), key(), key()
    (tmp_path / "source").write_bytes(data)
    await blobs.put(one, data)
    await blobs.put(two, tmp_path / "source")
    for each in (one, two):
        assert b"".join([block async for block in stream(blobs, each, 0, size)]) == data
        assert await blobs.read(each, size // 3, size) == data[size // 3 :]
        assert await blobs.read(each, 0, size // 2 + 1) == data[: size // 2 + 1]
    assert (tmp_path / "source").exists()


async def test_what_is_put_again_is_replaced(blobs: Blobs) -> None:
    one = key()
    await blobs.put(one, b"before")
    await blobs.put(one, b"after!")
    assert await blobs.read(one, 0, 6) == b"after!"


async def test_what_is_not_there_is_told_and_deleting_it_is_harmless(blobs: Blobs) -> None:
    one, other = key(), key()
    await blobs.put(one, b"x")
    for _ in range(2):
        await blobs.delete([one, other])
    await blobs.delete([])
    for missing in (one, other):
        with pytest.raises(ChatError) as refusal:
            await blobs.read(missing, 0, 1)
        assert refusal.value.reason is Reason.NOT_FOUND


async def test_the_keys_below_a_folder_are_those_and_no_others(blobs: Blobs) -> None:
    folder = secrets.token_hex(8)
    names = [f"{folder}/{name}" for name in ("a", "b", "c/d")]
    await asyncio.gather(*(blobs.put(name, b"x") for name in (*names, f"{folder}x/e")))
    assert await blobs.keys(f"{folder}/") == names
    await blobs.delete(names)
    assert await blobs.keys(f"{folder}/") == []
    await blobs.put(names[0], b"x")
    assert await blobs.keys(f"{folder}/") == names[:1]


async def test_many_keys_are_all_told_and_deleted(blobs: Blobs) -> None:
    folder = secrets.token_hex(8)
    names = [f"{folder}/{n:04}" for n in range(1_050)]
    for start in range(0, len(names), 50):
        await asyncio.gather(*(blobs.put(name, b"x") for name in names[start : start + 50]))
    assert await blobs.keys(f"{folder}/") == names
    await blobs.delete(names)
    assert await blobs.keys(f"{folder}/") == []


async def test_what_is_being_written_to_a_folder_is_no_object_yet_and_what_was_left_is_found(tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now_ms())
    blobs = FolderBlobStore(tmp_path, clock)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / f"{PART}1").write_bytes(b"half")
    assert await blobs.keys("a/") == []
    clock.advance(2 * WRITING.total_seconds())
    await blobs.delete(await blobs.keys("a/"))
    assert await blobs.keys("") == []
    assert not (tmp_path / "a").exists()


async def test_what_was_put_into_a_folder_is_on_disk_with_every_name_that_leads_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.add(os.fstat(descriptor).st_ino))
    await FolderBlobStore(tmp_path, SystemClock()).put("a/b/c", b"x")
    assert synced == {path.stat().st_ino for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c")}


async def test_a_folder_that_can_not_be_written_to_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ChatError) as refusal:
        await FolderBlobStore(tmp_path / "file", SystemClock()).put(key(), b"x")
    assert refusal.value.reason is Reason.UNAVAILABLE


# --- the S3 server is a real one: it lets in nobody who does not know the secret


async def test_s3_refuses_whoever_does_not_know_the_secret(s3: S3) -> None:
    one, bucket = key(), s3.bucket()
    await over(s3, bucket).put(one, b"x")
    stranger = S3BlobStore(bucket, s3.endpoint, REGION, s3.access_key_id, "a guess")
    for attempt in (stranger.read(one, 0, 1), stranger.put(key(), b"x"), stranger.delete([one]), stranger.keys("")):
        with pytest.raises(ChatError) as refusal:
            await attempt
        assert refusal.value.reason is Reason.UNAVAILABLE
    assert await over(s3, bucket).read(one, 0, 1) == b"x"


async def test_s3_refuses_urls_without_a_signature_forged_ones_and_those_past_their_time(s3: S3) -> None:
    one, other, bucket = key(), key(), s3.bucket()
    await over(s3, bucket).put(one, b"x")
    await over(s3, bucket).put(other, b"y")
    config = {"region": REGION, "endpoint": s3.endpoint, "access_key_id": s3.access_key_id, "secret_access_key": s3.secret_access_key}
    store = S3Store(bucket, config=config, client_options={"allow_http": True})  # type: ignore[arg-type]
    good = await obstore.sign_async(store, "GET", one, timedelta(minutes=5))
    brief = await obstore.sign_async(store, "GET", one, timedelta(seconds=1))
    async with aiohttp.ClientSession() as http:

        async def status(url: str) -> int:
            async with http.get(url) as response:
                return response.status

        assert await status(good) == 200
        for bad in (good.partition("?")[0], good.replace(one, other), good[:-4] + "0000"):
            assert await status(bad) in {401, 403}, bad
        async with asyncio.timeout(30):
            while await status(brief) == 200:
                await asyncio.sleep(0.2)
        assert await status(brief) == 403


async def test_s3_that_is_away_is_unavailable() -> None:
    away = S3BlobStore("files", "http://127.0.0.1:9", REGION, "a", "b")
    with pytest.raises(ChatError) as refusal:
        await away.read(key(), 0, 1)
    assert refusal.value.reason is Reason.UNAVAILABLE

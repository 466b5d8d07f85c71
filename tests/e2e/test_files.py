"""Files on the running stack: who gets what, what becomes of what is uploaded, and uploads that are interrupted."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import os
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bench.client import PASSWORD, Account, Api, ApiError, Socket
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from launcher import engines
from launcher.display import Display
from launcher.settings import Settings
from tests.e2e.pictures import SECRET, bomb, photo
from tests.e2e.stack import ROOT, Stack
from tests.e2e.uploads import Files

SAMPLES = ROOT / "tests" / "samples"
CLIENT = ROOT / "tests" / "e2e" / "tus"


def text_of(size: int) -> bytes:
    """Return a text that nobody has uploaded before."""
    return secrets.token_hex(size // 2 + 1).encode()[:size]


@pytest.fixture
async def eve(api: Api) -> Account:
    return await api.register("eve")


async def test_a_file_is_for_who_uploaded_it_and_for_those_of_the_conversation_that_it_was_posted_in(
    api: Api, anna: Account, bob: Account, eve: Account
) -> None:
    hers, his, evil = (Files(api, one) for one in (anna, bob, eve))
    conversation_id = await api.direct(anna, bob)
    data = text_of(1000)
    file_id = await hers.upload(data, "Grüße.txt")
    assert (await hers.get(file_id)).body == data
    assert (await his.get(file_id)).status == 404
    posted = await hers.post(conversation_id, file_id)
    assert (await his.get(file_id)).body == data
    assert (await his.told(file_id))["name"] == "Grüße.txt"
    assert (await evil.get(file_id)).status == 404
    with pytest.raises(ApiError) as refusal:
        await evil.told(file_id)
    assert refusal.value.reason == "UNKNOWN_FILE"
    # Bob may pass it on, and Eve, who may not have it, can't post it to have it.
    with pytest.raises(ApiError) as refusal:
        await evil.post(await api.group(eve, "mine", []), file_id)
    assert refusal.value.reason == "UNKNOWN_FILE"
    carla = await api.register("carla")
    await his.post(await api.direct(bob, carla), file_id)
    assert (await Files(api, carla).get(file_id)).body == data
    dora = await api.register("dora")
    copy = {"fromConversationId": conversation_id, "seq": posted["seq"], "messageId": new_id()}
    await api.call("POST", f"/v1/conversations/{await api.direct(bob, dora)}/forward", copy, bob.token)
    assert (await Files(api, dora).get(file_id)).body == data


async def test_a_message_that_is_refused_shows_nobody_its_files(api: Api, anna: Account, bob: Account, eve: Account) -> None:
    hers, data = Files(api, eve), text_of(100)
    file_id = await hers.upload(data)
    conversation_id = await api.direct(anna, bob)
    with pytest.raises(ApiError) as refusal:
        await hers.post(conversation_id, file_id)
    assert refusal.value.reason == "UNKNOWN_CONVERSATION"
    assert (await Files(api, bob).get(file_id)).status == 404
    # Nor does the id of somebody's message, if the message has no such file.
    message_id = new_id()
    await Files(api, anna).post(conversation_id, text="hello", message_id=message_id)
    with pytest.raises(ApiError):
        await hers.post(conversation_id, file_id, message_id=message_id)
    assert (await Files(api, bob).get(file_id)).status == 404


async def test_who_comes_later_or_goes_does_not_get_it(api: Api, anna: Account, bob: Account, eve: Account) -> None:
    group = await api.group(anna, "friends", [bob])
    file_id = await Files(api, anna).upload(text_of(100))
    await Files(api, anna).post(group, file_id)
    his = Files(api, bob)
    link = await his.link(file_id)
    assert (await his.ask("GET", link, bare=True)).status == 200
    await api.call("POST", f"/v1/conversations/{group}/members", {"userId": eve.user_id}, anna.token)
    assert (await Files(api, eve).get(file_id)).status == 404
    await Files(api, anna).post(group, file_id)
    assert (await Files(api, eve).get(file_id)).status == 200
    await api.call("DELETE", f"/v1/conversations/{group}/members/{bob.user_id}", token=anna.token)
    assert (await his.get(file_id)).status == 404
    assert (await his.ask("GET", link, bare=True)).status == 404


async def profile(api: Api, of: Account, **changed: Any) -> dict[str, Any]:
    answer = await api.call("PATCH", "/v1/account/profile", changed, of.token)
    return dict(answer["user"])


async def test_a_picture_of_a_user_is_as_public_as_their_name(api: Api, anna: Account, bob: Account, eve: Account) -> None:
    """Nobody of them shares a conversation with another."""
    hers, his, evil = (Files(api, one) for one in (anna, bob, eve))
    file_id = await hers.upload(photo(), "me.jpg")
    with pytest.raises(ApiError) as refusal:
        await profile(api, bob, avatarFileId=file_id)
    assert refusal.value.reason == "UNKNOWN_FILE"
    with pytest.raises(ApiError) as refusal:
        await profile(api, anna, avatarFileId=await hers.upload(b"words"))
    assert refusal.value.reason == "INVALID_ARGUMENT"
    assert (await his.get(file_id, "?variant=small")).status == 404
    changed = await profile(api, anna, displayName="Anna of the sea", avatarFileId=file_id)
    (seen,) = (await api.call("GET", f"/v1/users?userIds={anna.user_id}", token=bob.token))["users"]
    assert changed == seen
    assert (seen["displayName"], seen["avatarFileId"]) == ("Anna of the sea", file_id)
    small = await his.get(file_id, "?variant=small")
    with Image.open(io.BytesIO(small.body)) as image:
        assert (image.format, image.size) == ("WEBP", (213, 320))
    link = await evil.link(file_id, "?variant=VARIANT_SMALL")
    assert (await evil.ask("GET", link, bare=True)).body == small.body
    assert [(await his.get(file_id, query)).status for query in ("", "?variant=large")] == [404, 404]
    with pytest.raises(ApiError):
        await his.told(file_id)
    assert (await hers.get(file_id)).status == 200
    new = await hers.upload(photo(400, 400))
    await profile(api, anna, avatarFileId=new)
    assert [(await his.get(one, "?variant=small")).status for one in (file_id, new)] == [404, 200]
    assert (await evil.ask("GET", link, bare=True)).status == 404
    await api.call("POST", "/v1/auth/delete-account", {"password": PASSWORD}, anna.token)
    assert (await his.get(new, "?variant=small")).status == 404


async def test_a_picture_of_a_conversation_is_for_its_members_whenever_they_came(
    api: Api, anna: Account, bob: Account, eve: Account
) -> None:
    group = await api.group(anna, "friends", [])
    file_id = await Files(api, anna).upload(photo())
    await api.call("PATCH", f"/v1/conversations/{group}", {"avatarFileId": file_id}, anna.token)
    his = Files(api, bob)
    assert (await his.get(file_id)).status == 404
    await api.call("POST", f"/v1/conversations/{group}/members", {"userId": bob.user_id}, anna.token)
    shown = (await api.call("GET", f"/v1/conversations/{group}", token=bob.token))["conversation"]["conversation"]
    assert shown["avatarFileId"] == file_id
    assert (await his.get(file_id)).status == 200
    assert (await his.ask("GET", await his.link(file_id, "?variant=VARIANT_SMALL"), bare=True)).status == 200
    assert (await Files(api, eve).get(file_id)).status == 404
    # What could not be set is shown to nobody.
    other = await his.upload(photo(400, 400))
    with pytest.raises(ApiError) as refusal:
        await api.call("PATCH", f"/v1/conversations/{group}", {"avatarFileId": other}, bob.token)
    assert refusal.value.reason == "PERMISSION_DENIED"
    assert (await Files(api, anna).get(other)).status == 404
    await api.call("DELETE", f"/v1/conversations/{group}/members/{bob.user_id}", token=anna.token)
    assert (await his.get(file_id)).status == 404


async def test_readers_are_told_what_is_true_of_a_file(api: Api, anna: Account, bob: Account) -> None:
    conversation_id = await api.direct(anna, bob)
    file_id = await Files(api, anna).upload((SAMPLES / "film.mp4").read_bytes(), "film.exe")
    socket = await Socket.open(api, anna)
    frame = pb.ClientFrame()
    frame.send.message_id, frame.send.conversation_id = new_id(), conversation_id
    frame.send.body.attachments.add(file_id=file_id, name="Urlaub", media_type="image/png", size=1, width=9)
    await socket.send_frame(frame)
    assert (await socket.until("ack")).seq
    await socket.close()
    (entry,) = [entry for entry in await api.messages(bob, conversation_id) if entry["kind"] == "MESSAGE"]
    (attachment,) = entry["body"]["attachments"]
    size = str((SAMPLES / "film.mp4").stat().st_size)
    assert attachment == {
        "fileId": file_id,
        "name": "Urlaub",
        "mediaType": "video/mp4",
        "size": size,
        "width": 160,
        "height": 96,
        "durationMs": "1500",
    }


async def test_an_edit_leaves_the_files_of_a_message_and_a_deletion_does_not(api: Api, anna: Account, bob: Account) -> None:
    conversation_id = await api.direct(anna, bob)
    file_id = await Files(api, anna).upload(b"a list", "list.txt")
    posted = await Files(api, anna).post(conversation_id, file_id, text="what I sayed")
    message = f"/v1/conversations/{conversation_id}/messages/{posted['seq']}"
    await api.call("PATCH", message, {"messageId": new_id(), "body": {"text": "what I said"}}, anna.token)
    entry = (await api.call("GET", message, token=bob.token))["entry"]
    assert (entry["body"]["text"], [one["fileId"] for one in entry["body"]["attachments"]]) == ("what I said", [file_id])
    assert (await Files(api, bob).get(file_id)).status == 200
    await api.call("DELETE", message, token=anna.token)
    assert "body" not in (await api.call("GET", message, token=bob.token))["entry"]
    async with asyncio.timeout(60):
        while (await Files(api, bob).get(file_id)).status == 200:
            await asyncio.sleep(0.2)
    assert (await Files(api, bob).get(file_id)).status == 404
    assert (await Files(api, anna).get(file_id)).status == 200


async def test_an_image_is_drawn_anew_upright_and_without_what_it_tells_and_has_smaller_ones(api: Api, anna: Account) -> None:
    files, data = Files(api, anna), photo()
    assert SECRET in data
    file_id = await files.upload(data, "photo.jpg")
    told = await files.told(file_id)
    assert (told["mediaType"], told["width"], told["height"], told["variants"]) == (
        "image/jpeg",
        1000,
        1500,
        ["VARIANT_SMALL", "VARIANT_LARGE"],
    )
    sizes = {}
    for query in ("", "?variant=small", "?variant=large"):
        answer = await files.get(file_id, query)
        assert SECRET not in answer.body
        assert answer.headers["Content-Disposition"].startswith("inline")
        with Image.open(io.BytesIO(answer.body)) as image:
            assert not image.getexif()
            assert answer.headers["Content-Type"] == Image.MIME[image.format or ""]
            sizes[query] = image.size
    assert sizes == {"": (1000, 1500), "?variant=small": (213, 320), "?variant=large": (853, 1280)}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(2000), "FILE_TYPE_REFUSED"),
        (b"MZ\x90\x00" + bytes(2000), "FILE_TYPE_REFUSED"),
        (bomb(), "FILE_BROKEN"),
        (photo(100, 100)[:900], "FILE_BROKEN"),
    ],
    ids=["elf", "exe", "bomb", "torn"],
)
async def test_what_may_not_be_or_can_not_be_read_is_refused_and_gone(api: Api, anna: Account, data: bytes, reason: str) -> None:
    files = Files(api, anna)
    path = (await files.begin(len(data), "holiday.jpg")).headers["Location"]
    answer = await files.append(path, 0, data)
    assert answer.status == 400
    assert json.loads(answer.body)["details"][0]["reason"] == reason
    assert (await files.offset(path)).status == 404
    assert (await api.call("GET", "/v1/files", token=anna.token))["usedBytes"] == "0"


async def test_what_could_run_is_a_download_that_runs_nothing(api: Api, anna: Account) -> None:
    files = Files(api, anna)
    for name, data in (("x.html", b"<!DOCTYPE html><script>alert(1)</script>"), ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")):
        answer = await files.get(await files.upload(data + text_of(20), name))
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_is_had_in_parts(api: Api, anna: Account) -> None:
    files, data = Files(api, anna), text_of(3_000_000)
    file_id = await files.upload(data)
    whole = await files.get(file_id)
    assert (whole.status, whole.body, whole.headers["Accept-Ranges"]) == (200, data, "bytes")
    for asked, start, end in (
        ("bytes=0-9", 0, 10),
        ("bytes=2999990-", 2_999_990, 3_000_000),
        ("bytes=-5", 2_999_995, 3_000_000),
        ("bytes=1000000-2500000", 1_000_000, 2_500_001),
    ):
        answer = await files.get(file_id, range=asked)
        assert (answer.status, answer.body) == (206, data[start:end])
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(data)}"
    beyond = await files.get(file_id, range="bytes=3000000-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */3000000")
    etag = whole.headers["ETag"]
    assert (await files.get(file_id, if_none_match=etag)).status == 304
    assert (await files.get(file_id, range="bytes=0-9", if_range=etag)).status == 206
    assert (await files.get(file_id, range="bytes=0-9", if_range='"another"')).body == data
    head = await files.ask("HEAD", f"/v1/files/{file_id}/content")
    assert (head.status, head.headers["Content-Length"]) == (200, "3000000")


async def test_a_link_is_good_without_a_token_and_only_as_it_was_given_out(api: Api, anna: Account, eve: Account) -> None:
    files = Files(api, anna)
    one, other = await files.upload(photo(700, 500)), await files.upload(text_of(100))
    link = await files.link(one, "?variant=VARIANT_SMALL")
    good = await files.ask("GET", link, bare=True)
    assert (good.status, good.headers["Content-Type"]) == (200, "image/webp")
    expires = link.partition("expires=")[2].partition("&")[0]
    forged = (
        link.replace(one, other),
        link.replace("variant=small", "variant="),
        link.replace(anna.user_id, eve.user_id),
        link.replace(expires, str(int(expires) + 3600)),
        link.replace(expires, "1"),
        link.replace(expires, ""),
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        link.partition("&signature=")[0] + "&signature=",
    )
    for bad in forged:
        answer = await files.ask("GET", bad, bare=True)
        assert (answer.status, json.loads(answer.body)["details"][0]["reason"]) == (403, "BAD_LINK"), bad
    assert (await files.ask("GET", link.partition("&signature=")[0], bare=True)).status == 401
    with pytest.raises(ApiError) as refusal:
        await files.link(other, "?variant=VARIANT_SMALL")
    assert refusal.value.reason == "UNKNOWN_FILE"


async def test_the_same_content_is_kept_once_and_until_nobody_has_it(stack: Stack, api: Api, anna: Account, bob: Account) -> None:
    data = text_of(5000)
    hers, his = Files(api, anna), Files(api, bob)
    one, two, three = await hers.upload(data), await hers.upload(data), await his.upload(data)
    kept = stack.home / "data" / "files" / "files" / hashlib.sha256(data).hexdigest()
    assert len(list(kept.iterdir())) == 1
    assert (await api.call("GET", "/v1/files", token=anna.token))["usedBytes"] == "10000"
    for _ in range(2):
        await api.call("DELETE", f"/v1/files/{one}", token=anna.token)
    assert (await hers.get(one)).status == 404
    assert ((await hers.get(two)).body, (await his.get(three)).body) == (data, data)
    with pytest.raises(ApiError) as refusal:
        await api.call("DELETE", f"/v1/files/{two}", token=bob.token)
    assert refusal.value.reason == "UNKNOWN_FILE"
    listed = await api.call("GET", "/v1/files", token=anna.token)
    assert ([file["fileId"] for file in listed["files"]], listed["usedBytes"]) == ([two], "5000")


async def test_a_user_s_files_take_no_more_than_they_may_with_what_is_not_finished(api: Api, anna: Account, bob: Account) -> None:
    files, most = Files(api, anna), 100 * 1024 * 1024
    assert (await files.begin(most + 1)).status == 413
    begun = await asyncio.gather(*(files.begin(most) for _ in range(10)))
    assert {answer.status for answer in begun} == {201}
    full = await files.begin(most)
    assert (full.status, json.loads(full.body)["details"][0]["reason"]) == (429, "QUOTA_REACHED")
    assert (await Files(api, bob).begin(most)).status == 201
    assert (await files.ask("DELETE", begun[0].headers["Location"], tus_resumable="1.0.0")).status == 204
    assert (await files.begin(most)).status == 201


async def test_only_so_many_uploads_are_unfinished(api: Api, anna: Account) -> None:
    files = Files(api, anna)
    begun = [await files.begin(10) for _ in range(21)]
    assert [answer.status for answer in begun] == [201] * 20 + [429]
    assert json.loads(begun[-1].body)["details"][0]["reason"] == "LIMIT_REACHED"


async def test_the_rules_of_the_protocol_are_kept(api: Api, anna: Account, eve: Account) -> None:
    files, data = Files(api, anna), text_of(1000)
    options = await files.ask("OPTIONS", "/v1/files", bare=True)
    assert (options.status, options.headers["Tus-Version"], options.headers["Tus-Max-Size"]) == (204, "1.0.0", str(100 * 1024 * 1024))
    assert {"creation", "expiration", "checksum", "termination"} <= set(options.headers["Tus-Extension"].split(","))
    assert (await files.ask("POST", "/v1/files", upload_length="5")).status == 412
    assert (await files.ask("POST", "/v1/files", tus_resumable="1.0.0")).status == 400
    assert (await files.ask("POST", "/v1/files", bare=True, tus_resumable="1.0.0", upload_length="5")).status == 401
    begun = await files.begin(len(data))
    path = begun.headers["Location"]
    assert begun.headers["Tus-Resumable"] == "1.0.0"
    assert begun.headers["Upload-Expires"].endswith("GMT")
    assert (await files.ask("PATCH", path, data, tus_resumable="1.0.0", upload_offset="0", Content_Type="text/plain")).status == 415
    assert (await Files(api, eve).append(path, 0, data)).status == 404
    assert (await Files(api, eve).offset(path)).status == 404
    assert (await files.append(path, 5, data)).status == 409
    digest = base64.b64encode(hashlib.sha1(data[:400]).digest()).decode()  # noqa: S324 - the protocol's own
    assert (await files.append(path, 0, data[1:401], upload_checksum=f"sha1 {digest}")).status == 460
    assert (await files.offset(path)).headers["Upload-Offset"] == "0"
    assert (await files.append(path, 0, data[:400], upload_checksum=f"sha1 {digest}")).headers["Upload-Offset"] == "400"
    assert (await files.append(path, 400, data)).status == 413
    both = await asyncio.gather(*(files.append(path, 400, data[400:700]) for _ in range(2)))
    assert sorted(answer.status for answer in both) == [204, 409]
    head = await files.offset(path)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"], head.headers["Cache-Control"]) == ("700", "1000", "no-store")
    assert (await files.append(path, 700, data[700:])).headers["Upload-Offset"] == "1000"
    assert (await files.offset(path)).headers["Upload-Offset"] == "1000"
    assert (await files.get(path.rpartition("/")[2])).body == data


async def test_a_page_of_another_origin_that_is_allowed_may_upload(stack: Stack, api: Api, anna: Account) -> None:
    origin = f"http://localhost:{stack.topology.edge_port}"
    asked: dict[str, Any] = {
        "Origin": origin,
        "Access_Control_Request_Method": "PATCH",
        "Access_Control_Request_Headers": "tus-resumable,upload-offset",
    }
    answer = await Files(api, anna).ask("OPTIONS", f"/v1/files/uploads/{new_id()}", bare=True, **asked)
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert {"tus-resumable", "upload-offset"} <= {one.strip() for one in answer.headers["Access-Control-Allow-Headers"].split(",")}


# --- a public client of the protocol


@asynccontextmanager
async def client(stack: Stack, account: Account, path: Path, chunk: int, **more: object) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run tus-js-client."""
    node = engines.provide_program("node", Settings.from_environment(os.environ).cache, Display())
    job = {"path": str(path), "endpoint": f"{stack.edge}/v1/files", "token": account.token, "chunk": chunk, **more}
    arguments = (str(node), str(CLIENT / "upload.mjs"), json.dumps(job))
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE, cwd=CLIENT)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(process: asyncio.subprocess.Process, word: str) -> str:
    """Return what a client says after a word, passing over what it says before."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while line := (await process.stdout.readline()).decode().strip():
            if line.startswith(word):
                return line.partition(" ")[2]
    raise AssertionError(f"the client ended without {word}")


@pytest.fixture(scope="module")
def tus_client() -> None:
    assert (CLIENT / "node_modules" / "tus-js-client").is_dir(), f"run `npm ci` in {CLIENT}, as `make test` does"


@pytest.mark.usefixtures("tus_client")
async def test_an_upload_that_was_interrupted_goes_on_through_another_instance(
    stack: Stack, api: Api, anna: Account, tmp_path: Path
) -> None:
    data = text_of(6_000_000)
    (tmp_path / "long.txt").write_bytes(data)
    stack.run("scale", "files", "2")
    try:
        async with client(stack, anna, tmp_path / "long.txt", 1_000_000, stopAt=3_000_000) as begun:
            url = await said(begun, "stopped")
        stack.run("drain", "files-1")
        async with client(stack, anna, tmp_path / "long.txt", 1_000_000, url=url) as resumed:
            assert int(await said(resumed, "at")) > 3_000_000
            assert await said(resumed, "done") == url
        assert (await Files(api, anna).get(url.rpartition("/")[2])).body == data
    finally:
        stack.run("restart", "files-1")
        stack.run("scale", "files", "1")


@pytest.mark.usefixtures("tus_client")
async def test_an_upload_survives_that_the_service_is_killed(stack: Stack, api: Api, anna: Account, tmp_path: Path) -> None:
    data = text_of(40_000_000)
    (tmp_path / "long.txt").write_bytes(data)
    before = stack.status()["files-1"]["pid"]
    async with client(stack, anna, tmp_path / "long.txt", 2_000_000) as uploading:
        for _ in range(3):
            await said(uploading, "at")
        os.kill(before, signal.SIGKILL)
        url = await said(uploading, "done")
    assert stack.status()["files-1"]["pid"] != before
    assert (await Files(api, anna).get(url.rpartition("/")[2])).body == data

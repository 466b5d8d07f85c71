"""The bytes of files at the edge: as many as come, from whom a token names, and downloads by a link from anyone."""

from __future__ import annotations

import io
from datetime import timedelta

import aiohttp
import pytest

from chatkit.core.ids import new_id
from tests.integration.envoy.stand import SigningKey, Stand

UPLOAD = f"/v1/files/uploads/{new_id()}"
CONTENT = f"/v1/files/{new_id()}/content"
MORE_THAN_A_CALL_MAY_HAVE = 3 * 1024 * 1024


async def test_an_upload_is_as_large_as_it_is_and_says_who_it_is_of(stand: Stand, http: aiohttp.ClientSession) -> None:
    headers = {"authorization": f"Bearer {stand.key.token(sub='anna')}", "x-user-id": "victim"}
    for method, path in (("POST", "/v1/files"), ("PATCH", UPLOAD)):
        data = io.BytesIO(bytes(MORE_THAN_A_CALL_MAY_HAVE))
        async with http.request(method, path, data=data, headers=headers) as response:
            assert (response.status, await response.text()) == (200, str(MORE_THAN_A_CALL_MAY_HAVE))
        (call,) = stand.calls_of(f"{method} {path}")
        assert (call.instance, call.metadata["x-user-id"]) == ("files-1", "anna")
        assert "authorization" not in call.metadata


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/files"), ("HEAD", UPLOAD), ("PATCH", UPLOAD), ("DELETE", UPLOAD)])
async def test_nobody_uploads_without_a_good_token(stand: Stand, http: aiohttp.ClientSession, method: str, path: str) -> None:
    for headers in ({}, {"authorization": f"Bearer {SigningKey().token()}"}, {"x-user-id": "victim"}):
        async with http.request(method, path, headers=headers) as response:
            assert response.status == 401
    assert not stand.calls_of(f"{method} {path}")


async def test_a_download_needs_no_token_and_takes_no_bad_one(stand: Stand, http: aiohttp.ClientSession) -> None:
    async with http.get(CONTENT, headers={"x-user-id": "victim"}) as response:
        assert response.status == 200
    (call,) = stand.calls_of(f"GET {CONTENT}")
    assert "x-user-id" not in call.metadata  # so files must see a link
    async with http.get(CONTENT, headers={"authorization": f"Bearer {stand.key.token(sub='anna')}"}) as response:
        assert response.status == 200
    assert [each.metadata.get("x-user-id") for each in stand.calls_of(f"GET {CONTENT}")] == [None, "anna"]
    for token in (SigningKey().token(), stand.key.token(lasts=timedelta(minutes=-1))):
        async with http.get(CONTENT, headers={"authorization": f"Bearer {token}"}) as response:
            assert response.status == 401
    assert len(stand.calls_of(f"GET {CONTENT}")) == 2


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/files"),
        ("GET", UPLOAD),
        ("POST", CONTENT),
        ("GET", f"/v1/files/{new_id()}/other/content"),
    ],
)
async def test_there_is_no_other_way_to_the_bytes(stand: Stand, http: aiohttp.ClientSession, method: str, path: str) -> None:
    async with http.request(method, path, headers=stand.user) as response:
        assert response.status in {404, 405}
    assert not stand.calls_of(f"{method} {path}")


async def test_what_of_the_protocol_is_spoken_is_told_to_anyone(stand: Stand, http: aiohttp.ClientSession) -> None:
    async with http.options("/v1/files") as response:
        assert response.status == 200
    assert stand.calls_of("OPTIONS /v1/files")

"""Who gets through the edge to the console: whoever has an administrator's token, and nobody else in any way."""

from __future__ import annotations

import aiohttp
import pytest

from chatkit.core.ids import new_id
from launcher.mesh.calls import OPS_PATH, TRACES_PATH
from tests.forgeries import FORGERIES, Mint, expired
from tests.integration.envoy.stand import Stand

TRACE_PATH = f"{TRACES_PATH}/{new_id()}"
PATHS = pytest.mark.parametrize("asked", [OPS_PATH, TRACE_PATH])
NOBODY = {"no sub", "sub is no user"}
"""Tokens that are good but for whom they are of: the role is what is asked for here."""


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def reason(response: aiohttp.ClientResponse) -> tuple[int, str]:
    error = await response.json()
    assert set(error) == {"code", "message", "details"}
    return response.status, error["details"][0]["reason"]


@PATHS
async def test_an_administrator_gets_through_again_and_again_and_the_token_does_not(
    asked: str, stand: Stand, http: aiohttp.ClientSession
) -> None:
    headers = bearer(stand.key.token(role="admin")) | {"x-user-id": "somebody"}
    for _ in range(2):  # the second time the token is one that the edge remembers
        async with http.get(asked, headers=headers) as response:
            assert response.status == 200
            assert await response.json() == {"at": "now"}
            assert response.headers["x-content-type-options"] == "nosniff"
    for call in stand.calls:
        assert (call.instance, call.method) == ("console", asked)
        assert (call.metadata["x-role"], call.metadata["x-user-id"]) == ("admin", "u-1")
        assert "authorization" not in call.metadata
    assert len(stand.calls) == 2


@PATHS
@pytest.mark.parametrize("role", ["user", "operator", "ADMIN", "admin ", "", ["admin"], True, {"role": "admin"}, None])
async def test_every_other_role_is_refused(asked: str, stand: Stand, http: aiohttp.ClientSession, role: object) -> None:
    async with http.get(asked, headers=bearer(stand.key.token(role=role)) | {"x-role": "admin"}) as response:
        assert await reason(response) == (403, "PERMISSION_DENIED")
    assert stand.calls == []


@PATHS
async def test_a_token_without_a_role_is_refused(asked: str, stand: Stand, http: aiohttp.ClientSession, mint: Mint) -> None:
    async with http.get(asked, headers=bearer(mint.token(without="role"))) as response:
        assert await reason(response) == (403, "PERMISSION_DENIED")
    assert stand.calls == []


@PATHS
async def test_nobody_is_told_to_log_in(asked: str, stand: Stand, http: aiohttp.ClientSession) -> None:
    async with http.get(asked, headers={"x-role": "admin", "x-user-id": "root"}) as response:
        assert await reason(response) == (401, "UNAUTHENTICATED")
    assert stand.calls == []


@PATHS
@pytest.mark.parametrize("forgery", [name for name in FORGERIES if name not in NOBODY])
async def test_a_forged_administrator_is_none(asked: str, stand: Stand, http: aiohttp.ClientSession, mint: Mint, forgery: str) -> None:
    class OfAdministrators(Mint):
        def token(self, claims: dict[str, object] | None = None, *arguments: object, **options: object) -> str:
            return Mint.token(self, {"role": "admin", **(claims or {})}, *arguments, **options)  # type: ignore[arg-type]

    admins = OfAdministrators(mint.key, mint.kid, mint.user_id, mint.session_id, mint.now_s)
    async with http.get(asked, headers=bearer(FORGERIES[forgery](admins))) as response:
        assert await reason(response) == (401, "UNAUTHENTICATED")
    async with http.get(asked, headers=bearer(expired(admins))) as response:
        assert await reason(response) == (401, "TOKEN_EXPIRED")
    assert stand.calls == []


@pytest.mark.parametrize(
    "path",
    [
        *("/readyz", f"{OPS_PATH}/", f"{OPS_PATH}/x", "/v1/ops", "/v1/ops/", "/v1/ops/readyz", "/v1//ops//mesh/x"),
        *(TRACES_PATH, f"{TRACES_PATH}/", f"{TRACES_PATH}/x", f"{TRACE_PATH}/", f"{TRACE_PATH}x", f"{TRACES_PATH}/{new_id().upper()}"),
    ],
)
async def test_the_console_has_two_paths_and_no_other(stand: Stand, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path, headers=bearer(stand.key.token(role="admin"))) as response:
        assert response.status == (200 if path == "/readyz" else 404)  # the page of that name
    assert stand.calls == []


@PATHS
@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_the_console_is_looked_at_and_nothing_else(asked: str, stand: Stand, http: aiohttp.ClientSession, verb: str) -> None:
    async with http.request(verb, asked, headers=bearer(stand.key.token(role="admin"))) as response:
        assert response.status == 404
    assert stand.calls == []


async def test_a_method_for_users_asks_for_no_role(stand: Stand, http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/conversations", headers=stand.user) as response:
        assert response.status == 200

"""Access tokens at the edge: what is no token of ours, made for us and for now, opens nothing."""

from __future__ import annotations

import aiohttp
import pytest

from tests.forgeries import FORGERIES, Mint, expired
from tests.integration.envoy.stand import Stand

BY_SERVICES = {"no sub", "sub is no user"}
"""What the edge passes on, and every service refuses: there is nobody in whose name it would be done."""


async def answer(http: aiohttp.ClientSession, token: str) -> tuple[int, str]:
    async with http.get("/v1/conversations", headers={"authorization": f"Bearer {token}"}) as response:
        body = await response.json()
        return response.status, body["details"][0]["reason"] if response.status != 200 else ""


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_that_is_none_is_refused(stand: Stand, http: aiohttp.ClientSession, mint: Mint, forgery: str) -> None:
    answered = await answer(http, FORGERIES[forgery](mint))
    if forgery in BY_SERVICES:
        assert all(call.metadata.get("x-user-id") in {None, "root"} for call in stand.calls)
        return
    assert answered == (401, "UNAUTHENTICATED")
    assert stand.calls == []


async def test_a_good_token_passes_and_one_that_was_good_is_told_apart(stand: Stand, http: aiohttp.ClientSession, mint: Mint) -> None:
    assert await answer(http, mint.token()) == (200, "")
    assert await answer(http, expired(mint)) == (401, "TOKEN_EXPIRED")
    assert [call.metadata["x-user-id"] for call in stand.calls] == [mint.user_id]

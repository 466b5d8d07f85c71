"""The browser's doors at the edge: the page, and the WebSocket."""

from __future__ import annotations

import aiohttp
import pytest

from tests.integration.envoy.stand import Stand


@pytest.mark.parametrize("path", ["/", "/index.html", "/assets/app.js", "/c/some-conversation", "/v1x"])
async def test_pages_come_from_the_web_server(stand: Stand, path: str) -> None:
    async with aiohttp.ClientSession(stand.edge) as http, http.get(path) as response:
        assert await response.text() == f"page {path}"


async def test_what_only_a_service_has_is_no_page(stand: Stand) -> None:
    async with aiohttp.ClientSession(stand.edge) as http:
        for path in ("/v1/connecting", "/v1/"):
            async with http.get(path) as response:
                assert response.status == 404
        for path in ("/jwks.json", "/readyz", "/metrics"):
            async with http.get(path) as response:
                assert await response.text() == f"page {path}"
    assert not stand.calls


async def test_a_websocket_carries_frames_both_ways_and_keeps_its_protocol(stand: Stand) -> None:
    async with (
        aiohttp.ClientSession(stand.edge) as http,
        http.ws_connect("/v1/connect", protocols=("elastic-chat.v1.json",), origin=stand.edge) as socket,
    ):
        assert socket.protocol == "elastic-chat.v1.json"
        for text in ("one", "two"):
            await socket.send_str(text)
            assert (await socket.receive_str()).endswith(text)
    (call,) = stand.calls
    assert call.metadata["origin"] == stand.edge
    assert call.metadata["x-request-id"]


async def test_a_websocket_says_nothing_of_who_is_calling(stand: Stand) -> None:
    headers = {"x-user-id": "victim", "x-session-id": "theirs", "authorization": "Bearer nonsense"}
    async with aiohttp.ClientSession(stand.edge) as http, http.ws_connect("/v1/connect", headers=headers):
        pass
    (call,) = stand.calls
    assert not set(call.metadata) & set(headers)


async def test_websockets_spread_over_the_gateways(stand: Stand) -> None:
    async with aiohttp.ClientSession(stand.edge) as http:
        sockets = [await http.ws_connect("/v1/connect") for _ in range(10)]
        for socket in sockets:
            await socket.close()
    assert {call.instance for call in stand.calls} == {"gateway-1", "gateway-2"}

"""How a connection ends."""

from __future__ import annotations

import asyncio

import aiohttp

from bench.client import PATIENCE_S, Api, hello_frame


async def close_code(ws: aiohttp.ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(PATIENCE_S):
        while not ws.closed:
            await ws.receive()
    return ws.close_code


async def answer_to_hello(api: Api, token: str) -> int | None:
    """Say hello, and return the close code that it gets."""
    async with api.http.ws_connect(api.edge.replace("http", "ws", 1) + "/v1/connect", protocols=("elastic-chat.v1.proto",)) as ws:
        await ws.send_bytes(hello_frame(token, {}).SerializeToString())
        return await close_code(ws)

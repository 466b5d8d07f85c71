"""Thousands of frames that are almost right, over real sockets to one running gateway: it is the same process afterwards, and nobody else
has noticed.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
from google.protobuf import json_format

from bench.client import PATIENCE_S, Account, Api, hello_frame, send_frame
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from launcher.topology import HOST
from tests.e2e.stack import Stack
from tests.mutations import mutate

FRAMES = 1500
"""Frames at each door; a connection that was closed for them is followed by another."""

AT_ONCE = 4
GATEWAY = "gateway-1"
CONNECT = "/elastic_chat.gateway.v1.GatewayService/Connect"
SUBPROTOCOLS = {"json": "elastic-chat.v1.json", "protobuf": "elastic-chat.v1.proto"}


@pytest.fixture
async def conversation_id(api: Api, anna: Account) -> str:
    return await api.direct(anna, await api.register("bob"))


@pytest.fixture
async def bystander(stack: Stack, api: Api) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Somebody else on the same gateway, who has said hello."""
    account = await api.register("bystander")
    async with api.http.ws_connect(door(stack), protocols=(SUBPROTOCOLS["json"],)) as ws:
        await ws.send_json({"hello": {"accessToken": account.token}})
        assert "welcome" in await ws.receive_json(timeout=PATIENCE_S)
        yield ws


def door(stack: Stack) -> str:
    """Return where the gateway itself takes connections, so that all of them are its own."""
    return f"http://{HOST}:{stack.instance(GATEWAY).http_port}/v1/connect"


def valid(anna: Account, conversation_id: str, chance: random.Random) -> pb.ClientFrame:
    """Return a frame that would be carried out."""
    match chance.randrange(5):
        case 0:
            return send_frame(new_id(), conversation_id, "tea?")
        case 1:
            return pb.ClientFrame(typing=pb.Typing(conversation_id=conversation_id))
        case 2:
            return pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=conversation_id, delivered_seq=1, read_seq=1))
        case 3:
            return pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=[anna.user_id]))
        case _:
            return pb.ClientFrame(ping=pb.Ping())


def log_since(path: Path, start: int) -> list[str]:
    with path.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace").splitlines()


async def over_websockets(stack: Stack, api: Api, anna: Account, conversation_id: str, kind: str, chance: random.Random) -> int:
    """Send frames, and return how many connections that took."""
    left, connections = FRAMES // AT_ONCE, 0
    while left:
        connections += 1
        async with api.http.ws_connect(door(stack), protocols=(SUBPROTOCOLS[kind],), max_msg_size=0) as ws:
            hello = hello_frame(anna.token, {conversation_id: 1})
            says_hello = chance.random() < 0.8
            for n in range(20):
                if ws.closed or not left:
                    break
                frame = hello if n == 0 and says_hello else valid(anna, conversation_id, chance)
                raw = json_format.MessageToJson(frame, indent=None).encode() if kind == "json" else frame.SerializeToString()
                data = raw if n == 0 and says_hello else mutate(raw, chance, chance.randrange(1, 5))
                if kind == "json" and chance.random() < 0.9:
                    await ws.send_str(data.decode(errors="replace"))
                else:
                    await ws.send_bytes(data)
                left -= 1
            # Whatever is answered is taken, and the connection ended by whoever has enough of it.
            await ws.close()
    return connections


async def over_grpc(stack: Stack, anna: Account, conversation_id: str, chance: random.Random) -> int:
    """Do the same over streams of gRPC."""
    left, streams = FRAMES // AT_ONCE, 0
    async with grpc.aio.insecure_channel(f"{HOST}:{stack.instance(GATEWAY).grpc_port}") as channel:
        while left:
            streams += 1
            call: Any = channel.stream_stream(CONNECT)(timeout=PATIENCE_S)
            # The gateway ends a stream when it has enough of it, and what was being written then fails in whatever way gRPC finds.
            with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                await call.write(hello_frame(anna.token, {}).SerializeToString())
                for _ in range(min(20, left)):
                    left -= 1
                    await call.write(mutate(valid(anna, conversation_id, chance).SerializeToString(), chance, chance.randrange(1, 5)))
                await call.done_writing()
                while await call.read() is not grpc.aio.EOF:
                    pass
            call.cancel()
    return streams


@pytest.mark.parametrize("kind", [*SUBPROTOCOLS, "grpc"])
async def test_a_gateway_outlives_frames_that_are_almost_right(
    stack: Stack, api: Api, anna: Account, conversation_id: str, bystander: aiohttp.ClientWebSocketResponse, kind: str
) -> None:
    log = stack.logs / f"{GATEWAY}.log"
    start, before = log.stat().st_size, stack.status()[GATEWAY]
    async with asyncio.TaskGroup() as group:
        for number in range(AT_ONCE):
            chance = random.Random(f"{kind} {number}")
            if kind == "grpc":
                group.create_task(over_grpc(stack, anna, conversation_id, chance))
            else:
                group.create_task(over_websockets(stack, api, anna, conversation_id, kind, chance))
        for _ in range(20):
            await answered(bystander)
    await answered(bystander)
    after = stack.status()[GATEWAY]
    assert (after["pid"], after["crashes"]) == (before["pid"], before["crashes"])
    lines = log_since(log, start)
    assert not [line for line in lines if "Traceback" in line or '"exception"' in line or '"level":"error"' in line.replace(" ", "")]


async def answered(bystander: aiohttp.ClientWebSocketResponse) -> None:
    """Somebody else asks, and is answered."""
    await bystander.send_json({"ping": {}})
    async with asyncio.timeout(PATIENCE_S):
        while "pong" not in json.loads((await bystander.receive()).data):
            pass

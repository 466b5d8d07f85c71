"""How connections to the gateway end: a WebSocket byte by byte, and a gRPC stream that nobody reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
from aiohttp import web
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.typing import Subprotocol

from chatkit.core.clock import ManualClock
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.gateway.v1 import gateway_service_pb2_grpc
from svc_gateway.connection import Connection, Flusher
from svc_gateway.core import Wheel
from svc_gateway.frames import Outgoing
from svc_gateway.service import GatewayServicer
from svc_gateway.session import Session
from svc_gateway.surroundings import Surroundings
from svc_gateway.web import WebDoor

ANY: Any = None


class Gate:
    """A gateway that lets nobody in: enough for a connection's beginning and end."""

    is_draining = False

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.forgotten: list[Session] = []
        self.wheel = Wheel()

    def open(self, pipe: Any) -> Session:
        around = Surroundings(
            "gateway-1", ANY, ANY, ANY, ANY, ANY, ANY, ManualClock(), self.wheel, asyncio.Event(), timedelta(seconds=25), 10
        )
        session = Session(around, Connection(pipe, Flusher(), 10_000))
        self.sessions.append(session)
        return session

    def forget(self, session: Session) -> None:
        self.forgotten.append(session)


@pytest.fixture
async def gate() -> AsyncIterator[tuple[Gate, str]]:
    gate = Gate()
    app = web.Application()
    app.add_routes([web.get("/v1/connect", WebDoor(gate, ()).connect)])  # type: ignore[arg-type]
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (_, port) = runner.addresses[0][:2]
    yield gate, f"ws://127.0.0.1:{port}/v1/connect"
    await runner.cleanup()


def subprotocols() -> list[Subprotocol]:
    return [Subprotocol("elastic-chat.v1.json")]


HANDSHAKE = (
    "GET /v1/connect HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: elastic-chat.v1.json\r\n\r\n"
)


async def test_the_gateway_says_once_that_it_closes_and_why_and_nothing_after_it(gate: tuple[Gate, str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gate[1].split(":")[2].split("/")[0]))
    writer.write(HANDSHAKE.encode() + Frame(Opcode.TEXT, b'{"ping": {}}').serialize(mask=True))
    await reader.readuntil(b"\r\n\r\n")
    head = await reader.readexactly(2)
    closing = Close.parse(await reader.readexactly(head[1]))
    assert head[0] == 0x80 | Opcode.CLOSE
    assert closing.code == 4501
    assert closing.reason.startswith("HELLO_EXPECTED: ")
    writer.write(Frame(Opcode.CLOSE, Close(4501, "").serialize()).serialize(mask=True))
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
    assert gate[0].forgotten == gate[0].sessions


async def test_who_still_sends_what_is_too_large_is_told_so_before_the_connection_ends(gate: tuple[Gate, str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gate[1].split(":")[2].split("/")[0]))
    writer.write(HANDSHAKE.encode())
    await reader.readuntil(b"\r\n\r\n")
    whole = Frame(Opcode.TEXT, b"x" * 4_000_000).serialize(mask=True)
    for start in range(0, len(whole), 100_000):
        writer.write(whole[start : start + 100_000])
        await writer.drain()
        await asyncio.sleep(0.001)
    head = await reader.readexactly(2)
    closing = Close.parse(await reader.readexactly(head[1]))
    assert closing.code == 1009
    assert closing.reason.startswith("FRAME_TOO_LARGE: ")
    writer.write(Frame(Opcode.CLOSE, Close(1009, "").serialize()).serialize(mask=True))
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_a_client_that_closes_is_answered(gate: tuple[Gate, str]) -> None:
    async with connect(gate[1], subprotocols=subprotocols()) as socket:
        pass
    assert socket.close_code == 1000
    async with asyncio.timeout(10):
        while not gate[0].forgotten:
            await asyncio.sleep(0.01)


async def test_a_client_that_never_says_hello_is_closed_when_the_wheel_has_turned(gate: tuple[Gate, str]) -> None:
    async with connect(gate[1], subprotocols=subprotocols()) as socket:
        while not gate[0].sessions:
            await asyncio.sleep(0.01)
        due = [item for _ in range(10) for item in gate[0].wheel.turn()]
        assert due == gate[0].sessions
        gate[0].sessions[0].due()
        with pytest.raises(ConnectionClosed) as closing:
            await socket.recv()
    assert closing.value.rcvd is not None
    assert closing.value.rcvd.code == 4501


async def test_a_grpc_client_that_does_not_read_is_cut_off_and_forgotten() -> None:
    gate = Gate()
    server = grpc.aio.server()
    gateway_service_pb2_grpc.add_GatewayServiceServicer_to_server(GatewayServicer(gate), server)  # type: ignore[arg-type]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = gateway_service_pb2_grpc.GatewayServiceStub(channel)
        call = stub.Connect()
        async with asyncio.timeout(30):
            while not gate.sessions:
                await asyncio.sleep(0.01)
            (session,) = gate.sessions
            connection = vars(Session)["_connection"].__get__(session)
            while not session.is_over:
                # Slowly: what ends it is the window of the stream, and not the speed of this loop.
                connection.send(Outgoing.of(pb.ServerFrame(left=pb.Left(conversation_id="x" * 100_000))))
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.1)
            assert not gate.forgotten
            session.due()
            while not gate.forgotten:
                await asyncio.sleep(0.01)
        call.cancel()
    await server.stop(None)

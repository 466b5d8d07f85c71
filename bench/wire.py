"""Connections that cost the bench little: it shares its cores with what it measures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.client import Account, hello_frame
from bench.people import in_turn
from elastic_chat.gateway.v1 import frames_pb2 as pb

LIVE_S = 20.0
HEARTBEAT_S = 20.0
"""How often a connection that says nothing must ping."""
PING = pb.ClientFrame(ping=pb.Ping()).SerializeToString()


def ignore(wire: Wire, frame: pb.ServerFrame) -> None:
    """Take a frame, and do nothing with it."""


class Wire(WSListener):
    """A connection that has said hello, or will have when `live` is set; `take` gets every frame that comes after that."""

    def __init__(self, account: Account, take: Callable[[Wire, pb.ServerFrame], None], resume: Mapping[str, int] | None = None) -> None:
        self.account = account
        self.live = asyncio.get_running_loop().create_future()
        self._take = take
        self._resume = resume or {}
        self._transport: WSTransport | None = None
        self._door = ""

    @classmethod
    async def open(
        cls,
        edge: str,
        account: Account,
        take: Callable[[Wire, pb.ServerFrame], None],
        resume: Mapping[str, int] | None = None,
    ) -> Wire:
        """Return a connection that is live."""
        wire = cls(account, take, resume)
        await wire.connect(edge)
        return wire

    async def connect(self, edge: str) -> None:
        """Connect, say hello, and return when everything has come that was missed."""
        self._door = edge
        url = edge.replace("http", "ws", 1) + "/v1/connect"
        await ws_connect(lambda: self, url, extra_headers={"Sec-WebSocket-Protocol": "elastic-chat.v1.proto"})
        async with asyncio.timeout(LIVE_S):
            await self.live

    async def come_back(self) -> None:
        """Connect again, if the connection was lost."""
        if self._transport is None:
            self.live = asyncio.get_running_loop().create_future()
            await self.connect(self._door)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self.send(hello_frame(self.account.token, self._resume).SerializeToString())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        del transport
        if frame.msg_type is WSMsgType.BINARY:
            server_frame = pb.ServerFrame.FromString(frame.get_payload_as_bytes())
            if not self.live.done() and server_frame.HasField("live"):
                self.live.set_result(None)
            self._take(self, server_frame)
        elif frame.msg_type is WSMsgType.CLOSE:
            self._fail(f"closed with {frame.get_close_code()}: {frame.get_close_reason()}")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        del transport
        self._transport = None
        self._fail("disconnected")

    def _fail(self, why: str) -> None:
        if not self.live.done():
            self.live.set_exception(ConnectionError(why))

    def send(self, data: bytes) -> None:
        """Send a serialised ClientFrame, if the connection is still there."""
        if self._transport is not None:
            self._transport.send(WSMsgType.BINARY, data)

    def ping(self) -> None:
        self.send(PING)

    def cut(self) -> None:
        """Lose the connection."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)


class Wires:
    """Connections that are kept: each says something now and then."""

    def __init__(self) -> None:
        self._wires: Sequence[Wire] = ()
        self._pinging: asyncio.Task[None] | None = None

    def begin(self, wires: Sequence[Wire]) -> None:
        """Keep these."""
        self._wires = wires
        self._pinging = asyncio.get_running_loop().create_task(self._ping())

    async def come_back(self) -> None:
        """Let those come back who were cut off, because they could not read as fast as they were written to."""
        await in_turn(self._wires, Wire.come_back)

    async def end(self) -> None:
        """Lose all of them."""
        if self._pinging is not None:
            self._pinging.cancel()
        for wire in self._wires:
            wire.cut()
        await asyncio.sleep(1.0)

    async def _ping(self) -> None:
        while True:
            for wire in self._wires:
                wire.ping()
                await asyncio.sleep(HEARTBEAT_S / len(self._wires))

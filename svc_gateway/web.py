"""The WebSocket door."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import cast

from aiohttp import WSCloseCode, WSMsgType, web

from chatkit.core.conversation import MAX_FRAME_BYTES
from chatkit.core.errors import ChatError, Reason
from chatkit.metrics import gauge
from chatkit.rpc.server import LEAVING, NOT_DELIVERED
from svc_gateway.connection import WebSocketPipe
from svc_gateway.frames import Codec, decode
from svc_gateway.gateway import Gateway
from svc_gateway.session import Session

SUBPROTOCOLS = {codec.value: codec for codec in (Codec.PROTO, Codec.JSON)}
CLOSE_S = 2.0
"""How long a client may take to answer the close of a connection."""
LOOK_S = 0.05

CONNECTIONS = gauge("chat_gateway_connections", "Connections, by door.", door=("proto", "json", "grpc"))


class Socket(web.WebSocketResponse):
    """A WebSocket that stays when too much has come: aiohttp would end the connection, and a reset would overtake what tells why."""

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Close it, but for that."""
        return code != WSCloseCode.MESSAGE_TOO_BIG and await super().close(code=code, message=message, drain=drain)


class WebDoor:
    """`/v1/connect`."""

    def __init__(self, gateway: Gateway, allowed_origins: tuple[str, ...]) -> None:
        self._gateway = gateway
        self._allowed_origins = frozenset(allowed_origins)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Open a connection, and read it until it ends."""
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self._allowed_origins:
            return web.Response(status=403, text=f"Pages of {origin} may not connect here: add it to CHAT_GATEWAY_ALLOWED_ORIGINS.\n")
        offered = [part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        codec = next((SUBPROTOCOLS[name] for name in offered if name in SUBPROTOCOLS), None)
        if codec is None:
            return web.Response(status=400, text=f"Connect by WebSocket with one of the subprotocols {', '.join(SUBPROTOCOLS)}.\n")
        if self._gateway.is_draining:
            # The mesh tries another gateway, and sends no one else here.
            headers = {NOT_DELIVERED: "true", **dict(LEAVING)}
            return web.Response(status=503, text="This gateway is being stopped: connect again.\n", headers=headers)
        socket = Socket(
            protocols=(codec.value,),
            compress=False,
            max_msg_size=MAX_FRAME_BYTES,
            timeout=CLOSE_S,
            autoclose=False,
        )
        await socket.prepare(request)
        # uvloop's transports have the methods of asyncio's, and not their class
        transport = cast("asyncio.Transport", request.transport)
        session = self._gateway.open(WebSocketPipe(codec, transport))
        with CONNECTIONS[codec.name.lower()].track_inprogress():
            try:
                if await self._read(socket, codec, session):
                    session.close(ChatError(Reason.FRAME_TOO_LARGE))
                    await _hear_out(transport)
            finally:
                if session.ended is not None:
                    # The close was sent, and answered or not: aiohttp, which does not know, would send another.
                    transport.close()
                self._gateway.forget(session)
        return socket

    async def _read(self, socket: web.WebSocketResponse, codec: Codec, session: Session) -> bool:
        """Read until the end; return whether it is there because too much has come at once."""
        async for message in socket:
            if message.type is WSMsgType.ERROR and socket.close_code == WSCloseCode.MESSAGE_TOO_BIG:
                return True
            if message.type is WSMsgType.ERROR or session.is_over:
                continue
            try:
                frame, kind = decode(message.data, codec)
            except ChatError as error:
                session.bad_frame(error)
            else:
                await session.handle(frame, kind)
        return False


async def _hear_out(transport: asyncio.Transport) -> None:
    """Let a client go on sending for a while, until it has read that it is over: of what comes nothing is kept."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            while not transport.is_closing():  # noqa: ASYNC110 - the transport tells no event
                await asyncio.sleep(LOOK_S)

"""Three ways of holding the same connection: a WebSocket with protobuf, one with JSON, and a stream of gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
import grpc
from google.protobuf import json_format

from bench.client import PATIENCE_S
from chatkit.core.errors import TABLE, ChatError, Reason
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.gateway.v1 import gateway_service_pb2
from tests.e2e.conformance.calls import bytes_of, refusal_of
from tests.e2e.stack import Stack

CLOSED_WITH = {row.close_code: reason for reason, row in TABLE.items() if row.close_code is not None}
REFUSED, TRY_AGAIN = 1008, 1013


class Line(Protocol):
    """A connection. No hello was said on it yet."""

    async def send(self, frame: pb.ClientFrame | None) -> None:
        """Send a frame; None is sent as bytes that are none."""

    async def next(self) -> pb.ServerFrame:
        """Return the next frame. Raises ChatError if the gateway has ended the connection, with the reason that it gives."""
        ...


class Lines(Protocol):
    """A way of opening connections."""

    def open(self) -> Any:
        """Return a context that holds a Line."""


class WebSocketLine:
    """A WebSocket with one of the two subprotocols."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, *, json: bool) -> None:
        self._ws = ws
        self._json = json

    async def send(self, frame: pb.ClientFrame | None) -> None:
        if self._json:
            await self._ws.send_str("{" if frame is None else json_format.MessageToJson(frame, indent=None))
        else:
            await self._ws.send_bytes(bytes_of(frame))

    async def next(self) -> pb.ServerFrame:
        message = await self._ws.receive(timeout=PATIENCE_S)
        match message.type:
            case aiohttp.WSMsgType.TEXT if self._json:
                return json_format.Parse(message.data, pb.ServerFrame())
            case aiohttp.WSMsgType.BINARY if not self._json:
                return pb.ServerFrame.FromString(message.data)
            case aiohttp.WSMsgType.CLOSE:
                raise _closed(message.data, message.extra or "")
            case _:
                raise AssertionError(f"no frame but {message}")


def _closed(code: int, text: str) -> ChatError:
    """Return why a WebSocket was closed: its code tells, or the text for reasons that have no code of their own."""
    said, _, message = text.partition(": ")
    reason = Reason(said) if said in Reason.__members__ else CLOSED_WITH[code]
    row = TABLE[reason]
    assert code == (row.close_code or (TRY_AGAIN if row.retryable else REFUSED)), (code, text)
    return ChatError(reason, message)


class WebSocketLines:
    """Opens WebSockets."""

    def __init__(self, url: str, http: aiohttp.ClientSession, *, json: bool) -> None:
        self._url = url
        self._http = http
        self._json = json

    @classmethod
    @asynccontextmanager
    async def to(cls, stack: Stack, *, json: bool) -> AsyncIterator[Lines]:
        async with aiohttp.ClientSession() as http:
            yield cls(stack.edge.replace("http", "ws", 1) + "/v1/connect", http, json=json)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Line]:
        subprotocol = "elastic-chat.v1.json" if self._json else "elastic-chat.v1.proto"
        async with self._http.ws_connect(self._url, protocols=(subprotocol,), max_msg_size=0, autoclose=False) as ws:
            assert ws.protocol == subprotocol
            yield WebSocketLine(ws, json=self._json)


class GrpcLine:
    """A stream of GatewayService.Connect."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def send(self, frame: pb.ClientFrame | None) -> None:
        await self._call.write(bytes_of(frame))

    async def next(self) -> pb.ServerFrame:
        try:
            async with asyncio.timeout(PATIENCE_S):
                frame = await self._call.read()
        except grpc.aio.AioRpcError as failure:
            raise refusal_of(failure) from failure
        assert isinstance(frame, pb.ServerFrame), "the stream has ended without a word"
        return frame


class GrpcLines:
    """Opens streams of gRPC."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        (method,) = gateway_service_pb2.DESCRIPTOR.services_by_name["GatewayService"].methods
        path = f"/{method.containing_service.full_name}/{method.name}"
        self._connect: Any = channel.stream_stream(path, response_deserializer=pb.ServerFrame.FromString)

    @classmethod
    @asynccontextmanager
    async def to(cls, stack: Stack) -> AsyncIterator[Lines]:
        async with grpc.aio.insecure_channel(stack.edge.removeprefix("http://")) as channel:
            yield cls(channel)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Line]:
        call = self._connect()
        yield GrpcLine(call)
        call.cancel()

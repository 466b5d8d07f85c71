"""GatewayService: the door for native clients. The frames are those of the WebSocket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from chatkit.core.conversation import MAX_FRAME_BYTES
from chatkit.core.errors import ChatError, Reason
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.gateway.v1 import gateway_service_pb2
from elastic_chat.gateway.v1 import gateway_service_pb2_grpc as rpc
from svc_gateway.frames import Codec, bare_frames, decode_bare, kind_of
from svc_gateway.gateway import Gateway
from svc_gateway.session import Session
from svc_gateway.web import CONNECTIONS

Context = Any
"""gRPC's own class is generic over what no method needs."""

SERVICE = gateway_service_pb2.DESCRIPTOR.services_by_name["GatewayService"].full_name


class StreamPipe:
    """A gRPC stream: what is written waits here for the stream's own writer."""

    codec = Codec.BARE

    def __init__(self, cut: Callable[[], object]) -> None:
        self._cut = cut
        self.written: deque[bytes] = deque()
        self.more = asyncio.Event()
        self.is_over = False
        self._waiting = 0

    def write(self, data: bytes) -> None:
        if data:
            self.written.append(data)
            self._waiting += len(data)
            self.more.set()

    def waiting(self) -> int:
        return self._waiting

    def take(self) -> bytes:
        """Return the next piece, and count it as sent."""
        data = self.written.popleft()
        self._waiting -= len(data)
        return data

    def end(self, error: ChatError) -> None:
        del error
        self.finish()

    def finish(self) -> None:
        """End the stream when everything is written."""
        self.is_over = True
        self.more.set()

    def abort(self) -> None:
        self.written.clear()
        # A write to a client that does not read ends by nothing else.
        self._cut()


class GatewayServicer(rpc.GatewayServiceServicer):
    """The methods of the gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def register(self, server: grpc.aio.Server) -> None:
        """Serve the contract. What generated code does the same decodes by itself, and ends the call for what is no frame."""
        connect = grpc.stream_stream_rpc_method_handler(
            self.Connect, request_deserializer=decode_bare, response_serializer=pb.ServerFrame.SerializeToString
        )
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Connect": connect}),))

    async def Connect(self, request_iterator: AsyncIterator[pb.ClientFrame], context: Context) -> None:  # type: ignore[override] # noqa: N802
        if self._gateway.is_draining:
            raise ChatError(Reason.GOING_AWAY)
        call = asyncio.current_task()
        assert call is not None  # noqa: S101 - every method runs in one
        pipe = StreamPipe(call.cancel)
        session = self._gateway.open(pipe)
        with CONNECTIONS["grpc"].track_inprogress():
            try:
                async with asyncio.TaskGroup() as group:
                    reader = group.create_task(_read(request_iterator, session, pipe))
                    await _write(pipe, context)
                    reader.cancel()
            finally:
                self._gateway.forget(session)
        if session.ended is not None:
            raise session.ended


async def _read(frames: AsyncIterator[pb.ClientFrame], session: Session, pipe: StreamPipe) -> None:
    async for frame in frames:
        if session.is_over:
            break
        try:
            if frame.ByteSize() > MAX_FRAME_BYTES:
                session.close(ChatError(Reason.FRAME_TOO_LARGE))
                break
            kind = kind_of(frame)
        except ChatError as error:
            session.bad_frame(error)
        else:
            await session.handle(frame, kind)
    if not session.is_over:
        pipe.finish()


async def _write(pipe: StreamPipe, context: Context) -> None:
    while True:
        await pipe.more.wait()
        pipe.more.clear()
        while pipe.written:
            for payload in bare_frames(pipe.take()):
                await context.write(pb.ServerFrame.FromString(payload))
        if pipe.is_over:
            return

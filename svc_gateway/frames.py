"""Frames on the wire: protobuf or JSON, inside WebSocket messages or bare."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from enum import Enum

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from chatkit.core.errors import ChatError, Reason
from elastic_chat.events.v1 import node_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb

TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8
SMALL, MEDIUM = 126, 1 << 16
FRAMED = ("entry", "ephemeral", "presence")
"""The events that carry a frame for readers."""


class Codec(Enum):
    """How frames are written; BARE is protobuf behind its length, for doors that frame by themselves."""

    PROTO = "elastic-chat.v1.proto"
    JSON = "elastic-chat.v1.json"
    BARE = "grpc"


def decode(data: str | bytes, codec: Codec) -> tuple[pb.ClientFrame, str]:
    """Return a client's frame and its kind. Raises BAD_FRAME, and nothing else, for whatever is no frame."""
    try:
        if codec is Codec.JSON and isinstance(data, str):
            frame = json_format.Parse(data, pb.ClientFrame(), ignore_unknown_fields=True, max_recursion_depth=20)
        elif codec is Codec.PROTO and isinstance(data, bytes):
            frame = pb.ClientFrame.FromString(data)
        else:
            raise ChatError(Reason.BAD_FRAME, f"{codec.value} takes {'text' if codec is Codec.JSON else 'binary'} messages")
    except (json_format.ParseError, DecodeError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise ChatError(Reason.BAD_FRAME, "the message is no ClientFrame") from error
    return frame, kind_of(frame)


def decode_bare(data: bytes) -> pb.ClientFrame:
    """Return a client's frame that came on a stream. What is none becomes the empty frame, which is none either: the session refuses it."""
    try:
        return pb.ClientFrame.FromString(data)
    except DecodeError:
        return pb.ClientFrame()


KINDS = tuple(field.name for field in pb.ClientFrame.DESCRIPTOR.oneofs_by_name["frame"].fields)


def kind_of(frame: pb.ClientFrame) -> str:
    """Return which member of the oneof a frame has, or raise BAD_FRAME if it has none that we know."""
    kind = frame.WhichOneof("frame")
    if kind is None:
        raise ChatError(Reason.BAD_FRAME, "the frame has none of the members that a ClientFrame can have")
    return kind


def events_of(batch: bytes) -> Sequence[node_pb2.NodeEvent]:
    """Return what a batch from Redis tells this node. Raises DecodeError unless all of it, and every frame in it, can be read: a frame that
    can't would fail in the middle of its delivery, at some doors and for some of its readers.
    """
    events = node_pb2.NodeBatch.FromString(batch).events
    for event in events:
        kind = event.WhichOneof("event")
        if kind in FRAMED:
            pb.ServerFrame.FromString(getattr(event, kind).frame)
    return events


def websocket_frame(opcode: int, payload: bytes) -> bytes:
    """Return a whole, unmasked, final WebSocket frame, as a server writes it (RFC 6455, 5.2)."""
    length = len(payload)
    if length < SMALL:
        head = struct.pack("!BB", 0x80 | opcode, length)
    elif length < MEDIUM:
        head = struct.pack("!BBH", 0x80 | opcode, SMALL, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, length)
    return head + payload


def _json(payload: bytes) -> str:
    """Return a frame as JSON, or the empty one, which clients pass over, if JSON can't say it: a time outside of its years, for one."""
    try:
        return json_format.MessageToJson(pb.ServerFrame.FromString(payload), indent=None, always_print_fields_with_no_presence=True)
    except json_format.SerializeToJsonError:
        return "{}"


class Outgoing:
    """A server's frame on its way to any number of connections: written once for each codec that is in use, and only then."""

    __slots__ = ("_written", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._written: dict[Codec, bytes] = {}

    @classmethod
    def of(cls, frame: pb.ServerFrame) -> Outgoing:
        """Return a frame that is not serialised yet."""
        return cls(frame.SerializeToString())

    def written(self, codec: Codec) -> bytes:
        """Return the bytes that go to a socket."""
        if codec not in self._written:
            self._written[codec] = self._write(codec)
        return self._written[codec]

    def _write(self, codec: Codec) -> bytes:
        match codec:
            case Codec.PROTO:
                return websocket_frame(BINARY, self.payload)
            case Codec.JSON:
                return websocket_frame(TEXT, _json(self.payload).encode())
            case Codec.BARE:
                return struct.pack("!I", len(self.payload)) + self.payload


def bare_frames(data: bytes) -> Iterator[bytes]:
    """Yield the payloads of frames that were written with Codec.BARE and joined."""
    start = 0
    while start < len(data):
        (length,) = struct.unpack_from("!I", data, start)
        yield data[start + 4 : start + 4 + length]
        start += 4 + length

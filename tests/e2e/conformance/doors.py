"""The doors of the service, with one face: what a door can do has one name at all of them, and one table says what a door lacks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from typing import Any, Protocol

import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from bench.client import PATIENCE_S, hello_frame
from chatkit.core.errors import ChatError, Reason
from elastic_chat.accounts.v1 import accounts_service_pb2
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.files.v1 import files_service_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2
from elastic_chat.presence.v1 import presence_service_pb2
from elastic_chat.router.v1 import router_service_pb2
from elastic_chat.types.v1.entry_pb2 import Body, Closing, Entry, Pin, Reaction, Vote
from tests.e2e.conformance.calls import Calls, GrpcCalls, GrpcWebCalls, RestCalls
from tests.e2e.conformance.frames import GrpcLines, Line, Lines, WebSocketLines
from tests.e2e.stack import Stack


class Can(Enum):
    """What a door may be able to do besides what all can: show conversations, send, catch up, and tell who is online."""

    CALL = auto()
    """Accounts, new conversations and their members, pages of history: whatever has one question and one answer."""
    HEAR = auto()
    """Be told of what happens, and tell what needs no answer: watermarks and typing."""


LACKS: dict[str, frozenset[Can]] = {
    "websocket-protobuf": frozenset({Can.CALL}),
    "websocket-json": frozenset({Can.CALL}),
    "grpc-stream": frozenset({Can.CALL}),
    "grpc-calls": frozenset({Can.HEAR}),
    "grpc-web": frozenset({Can.HEAR}),
    "rest": frozenset({Can.HEAR}),
}
"""What a door lacks by its nature. A client that needs both uses two doors, with one token; gRPC is both on one connection."""

MOST_BYTES = {Can.CALL: 1024 * 1024, Can.HEAR: 64 * 1024}
"""How large a request may be, and a frame."""


def doors(*needed: Can) -> pytest.MarkDecorator:
    """Run a test at every door that can do what it needs."""
    return pytest.mark.parametrize("door", [name for name, lacks in LACKS.items() if not lacks & set(needed)], indirect=True)


@dataclass(frozen=True, slots=True)
class Head:
    """How a conversation looks to a member."""

    head_seq: int
    read_seq: int
    unread_count: int
    mention_count: int = 0


@dataclass(slots=True)
class News:
    """What a member lacked of some conversations."""

    entries: list[Entry] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    more: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


class Door(Protocol):
    """What every door can do. Whatever is refused raises ChatError."""

    most_bytes: int

    async def heads(self, token: str) -> dict[str, Head]:
        """Return every conversation of a user."""
        ...

    async def send(self, token: str, conversation_id: str, message_id: str, body: Body) -> pb.Ack:
        """Send a message."""
        ...

    async def change(self, token: str, conversation_id: str, message_id: str, target: int, what: Message) -> pb.Ack:
        """Change a message."""
        ...

    async def news(self, token: str, cursors: Mapping[str, int]) -> News:
        """Return what is newer than the cursors."""
        ...

    async def online(self, token: str, user_ids: Collection[str]) -> dict[str, bool]:
        """Return who of these is there, without those who are not the caller's business."""
        ...


def methods_of(contract: Any) -> Any:
    """Return the methods of the one service that a contract has."""
    (service,) = contract.DESCRIPTOR.services_by_name.values()
    return service.methods_by_name


ACCOUNTS, ROUTER = methods_of(accounts_service_pb2), methods_of(router_service_pb2)
HISTORY, PRESENCE = methods_of(history_service_pb2), methods_of(presence_service_pb2)
FILES = methods_of(files_service_pb2)


CHANGES = pb.Change.DESCRIPTOR.oneofs_by_name["change"].fields
"""What may become of a message."""


class CallDoor:
    """A door of single calls."""

    most_bytes = MOST_BYTES[Can.CALL]

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def call(self, method: Any, token: str = "", **fields: Any) -> Any:
        """Make any call of the contracts."""
        return await self._calls.call(method, GetMessageClass(method.input_type)(**fields), token)

    async def mumble(self, method: Any) -> Any:
        """Make a call with what is no request."""
        return await self._calls.call(method, None, "")

    async def heads(self, token: str) -> dict[str, Head]:
        answer = await self.call(HISTORY["ListConversations"], token)
        return {one.conversation.conversation_id: _head(one) for one in answer.conversations}

    async def send(self, token: str, conversation_id: str, message_id: str, body: Body) -> pb.Ack:
        answer = await self.call(ROUTER["SendMessage"], token, conversation_id=conversation_id, message_id=message_id, body=body)
        return pb.Ack.FromString(answer.SerializeToString())  # the same fields under another name

    async def change(self, token: str, conversation_id: str, message_id: str, target: int, what: Message) -> pb.Ack:
        fields: dict[str, Any] = {"conversation_id": conversation_id, "message_id": message_id, "target": target}
        match what:
            case Body():
                answer = await self.call(ROUTER["EditMessage"], token, **fields, body=what)
            case Reaction():
                answer = await self.call(ROUTER["RemoveReaction" if what.removed else "AddReaction"], token, **fields, emoji=what.emoji)
            case Pin():
                answer = await self.call(ROUTER["UnpinMessage" if what.unpinned else "PinMessage"], token, **fields)
            case Vote():
                answer = await self.call(ROUTER["Vote"], token, **fields, options=what.options)
            case Closing():
                answer = await self.call(ROUTER["ClosePoll"], token, **fields)
            case _:
                answer = await self.call(ROUTER["DeleteMessage"], token, **fields)
        return pb.Ack.FromString(answer.SerializeToString())

    async def news(self, token: str, cursors: Mapping[str, int]) -> News:
        wanted = [history_service_pb2.SyncCursor(conversation_id=one, seq=seq) for one, seq in cursors.items()]
        answer = await self.call(HISTORY["Sync"], token, cursors=wanted)
        positions = {one.conversation_id: one.seq for one in answer.positions if one.conversation_id not in answer.more_conversation_ids}
        return News(list(answer.entries), positions, set(answer.more_conversation_ids), set(answer.gone_conversation_ids))

    async def online(self, token: str, user_ids: Collection[str]) -> dict[str, bool]:
        answer = await self.call(PRESENCE["GetPresence"], token, user_ids=user_ids)
        return {user.user_id: user.online for user in answer.users}


class LineDoor:
    """A door of connections. Each of the things that every door can do is done on a connection of its own."""

    most_bytes = MOST_BYTES[Can.HEAR]

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def open(self) -> AbstractAsyncContextManager[Line]:
        """Open a connection on which no hello was said."""
        line: AbstractAsyncContextManager[Line] = self._lines.open()
        return line

    @asynccontextmanager
    async def connect(self, token: str) -> AsyncIterator[Line]:
        """Open a connection, say hello, and wait until it is live."""
        async with self.open() as line:
            await line.send(hello_frame(token, {}))
            await until(line, "live")
            yield line

    async def heads(self, token: str) -> dict[str, Head]:
        async with self.open() as line:
            await line.send(hello_frame(token, {}))
            welcome = await until(line, "welcome")
            return {one.conversation_id: _head(one) for one in welcome.conversations}

    async def send(self, token: str, conversation_id: str, message_id: str, body: Body) -> pb.Ack:
        async with self.connect(token) as line:
            await line.send(pb.ClientFrame(send=pb.Send(conversation_id=conversation_id, message_id=message_id, body=body)))
            ack: pb.Ack = await until(line, "ack")
            return ack

    async def change(self, token: str, conversation_id: str, message_id: str, target: int, what: Message) -> pb.Ack:
        change = pb.Change(conversation_id=conversation_id, message_id=message_id, target=target)
        (kind,) = [one.name for one in CHANGES if one.message_type is what.DESCRIPTOR]
        getattr(change, kind).CopyFrom(what)
        async with self.connect(token) as line:
            await line.send(pb.ClientFrame(change=change))
            ack: pb.Ack = await until(line, "ack")
            return ack

    async def news(self, token: str, cursors: Mapping[str, int]) -> News:
        news = News()
        async with self.open() as line:
            await line.send(hello_frame(token, cursors))
            while (kind := (frame := await line.next()).WhichOneof("frame")) != "live":
                match kind:
                    case "entry":
                        news.entries.append(frame.entry)
                    case "resync":
                        news.more.add(frame.resync.conversation_id)
                    case "left":
                        news.gone.add(frame.left.conversation_id)
                    case _:
                        assert kind in {"welcome", "watermark", "presence"}, frame
        news.positions = {one.conversation_id: one.seq for one in frame.live.positions}
        return news

    async def online(self, token: str, user_ids: Collection[str]) -> dict[str, bool]:
        told = {}
        async with self.connect(token) as line:
            await line.send(pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=user_ids)))
            await line.send(pb.ClientFrame(ping=pb.Ping()))
            while (frame := await next_of(line, "presence", "pong")).WhichOneof("frame") == "presence":
                told[frame.presence.user_id] = frame.presence.online
        return told


def _head(one: Any) -> Head:
    return Head(one.head_seq, one.read_seq, one.unread_count, one.mention_count)


async def next_of(line: Line, *kinds: str) -> pb.ServerFrame:
    """Return the next frame of some kinds, passing over others. Raises ChatError if a command was refused, or the connection ended."""
    while (frame := await line.next()).WhichOneof("frame") not in kinds:
        if frame.HasField("reject"):
            raise refused(frame.reject)
    return frame


async def until(line: Line, kind: str) -> Any:
    """Return the content of the next frame of a kind."""
    return getattr(await next_of(line, kind), kind)


async def ended(line: Line) -> ChatError:
    """Return why the gateway ends a connection, passing over what comes before."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await line.next()
            except ChatError as error:
                return error


def refused(reject: pb.Reject) -> ChatError:
    """Return what a `reject` says, which must be what the table says."""
    error = ChatError(Reason(reason_pb2.Reason.Name(reject.reason)), reject.message)
    assert reject.retryable == error.row.retryable
    return error


WAYS: dict[str, tuple[Callable[[Any], Any], Callable[[Stack], AbstractAsyncContextManager[Any]]]] = {
    "websocket-protobuf": (LineDoor, partial(WebSocketLines.to, json=False)),
    "websocket-json": (LineDoor, partial(WebSocketLines.to, json=True)),
    "grpc-stream": (LineDoor, GrpcLines.to),
    "grpc-calls": (CallDoor, GrpcCalls.to),
    "grpc-web": (CallDoor, GrpcWebCalls.to),
    "rest": (CallDoor, RestCalls.to),
}


@asynccontextmanager
async def opened(name: str, stack: Stack) -> AsyncIterator[Any]:
    """Hold a door open."""
    door, way = WAYS[name]
    async with way(stack) as through:
        yield door(through)

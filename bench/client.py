"""A small client of the public interface: REST, a WebSocket with protobuf frames, and gRPC for what is large."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import grpc

from chatkit.core.ids import new_id
from chatkit.rpc.channel import OPTIONS
from chatkit.rpc.errors import error_of
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2 as history_pb2
from elastic_chat.history.v1 import history_service_pb2_grpc as history_rpc

PASSWORD = "correct horse battery"
PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Account:
    """A user who is logged in."""

    user_id: str
    username: str
    token: str
    refresh_token: str


class ApiError(Exception):
    """A REST call was refused: status, and the answer as it came."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body

    @property
    def reason(self) -> str:
        """The reason of the error table."""
        return str(self.body["details"][0]["reason"])


class Api:
    """The public interface at `edge`, such as http://localhost:8080."""

    def __init__(self, edge: str) -> None:
        self.edge = edge
        # As many sockets as there are users: the default of 100 would let the others wait for ever.
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=PATIENCE_S))

        self._grpc = grpc.aio.insecure_channel(edge.removeprefix("http://"), options=OPTIONS)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()
        await self._grpc.close()

    async def call(self, method: str, path: str, body: Any = None, token: str = "", headers: dict[str, str] | None = None) -> Any:
        """Return the JSON of an answer, or raise ApiError."""
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(method, self.edge + path, json=body, headers=sent | (headers or {})) as response:
            answer = await response.json(content_type=None)
            if response.status != 200:
                raise ApiError(response.status, answer)
            return answer

    async def sync(self, request: history_pb2.SyncRequest, token: str) -> history_pb2.SyncResponse:
        """Return the answer of HistoryService.Sync, or raise ChatError."""
        stub: Any = history_rpc.HistoryServiceStub(self._grpc)
        try:
            answer: history_pb2.SyncResponse = await stub.Sync(
                request, timeout=PATIENCE_S, metadata=(("authorization", f"Bearer {token}"),)
            )
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return answer

    async def register(self, name: str = "user", display_name: str = "") -> Account:
        """Make a user with a name that nobody has."""
        username = f"{name}-{secrets.token_hex(5)}"
        body = {"username": username, "password": PASSWORD, "displayName": display_name or name.title()}
        answer = await self.call("POST", "/v1/auth/register", body)
        return Account(answer["userId"], username, answer["accessToken"], answer["refreshToken"])

    async def direct(self, one: Account, other: Account) -> str:
        """Return the id of the direct conversation of two users."""
        body = {"kind": "DIRECT", "memberIds": [other.user_id]}
        answer = await self.call("POST", "/v1/conversations", body, one.token)
        return str(answer["conversation"]["conversationId"])

    async def group(self, owner: Account, title: str, others: list[Account]) -> str:
        """Return the id of a new group."""
        body = {"kind": "GROUP", "title": title, "memberIds": [other.user_id for other in others]}
        answer = await self.call("POST", "/v1/conversations", body, owner.token)
        return str(answer["conversation"]["conversationId"])

    async def say(self, account: Account, conversation_id: str, text: str) -> None:
        """Send a message, and wait for its place."""
        path = f"/v1/conversations/{conversation_id}/messages"
        await self.call("POST", path, {"messageId": new_id(), "body": {"text": text}}, account.token)

    async def messages(self, account: Account, conversation_id: str, query: str = "") -> list[Any]:
        """Return a page of entries."""
        answer = await self.call("GET", f"/v1/conversations/{conversation_id}/messages?{query}", token=account.token)
        return list(answer["entries"])


def hello_frame(token: str, resume: Mapping[str, int]) -> pb.ClientFrame:
    """Return what a connection begins with: who it is, and up to which seq it has each conversation."""
    frame = pb.ClientFrame()
    frame.hello.access_token = token
    for conversation_id, seq in resume.items():
        frame.hello.resume.add(conversation_id=conversation_id, seq=seq)
    return frame


def send_frame(message_id: str, conversation_id: str, text: str) -> pb.ClientFrame:
    """Return a message."""
    frame = pb.ClientFrame()
    frame.send.message_id = message_id
    frame.send.conversation_id = conversation_id
    frame.send.body.text = text
    return frame


class Socket:
    """A connection that has said hello. Frames are read in their order with `next` or `until`."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, welcome: pb.Welcome) -> None:
        self.ws = ws
        self.welcome = welcome

    @classmethod
    async def open(cls, api: Api, account: Account, resume: dict[str, int] | None = None) -> Socket:
        """Connect and say hello."""
        url = api.edge.replace("http", "ws", 1) + "/v1/connect"
        ws = await api.http.ws_connect(url, protocols=("elastic-chat.v1.proto",), max_msg_size=0)
        await ws.send_bytes(hello_frame(account.token, resume or {}).SerializeToString())
        frame = pb.ServerFrame.FromString(await ws.receive_bytes(timeout=PATIENCE_S))
        if frame.WhichOneof("frame") != "welcome":
            raise AssertionError(f"no welcome but {frame}")
        return cls(ws, frame.welcome)

    @classmethod
    async def open_on(cls, api: Api, account: Account, node_id: str) -> Socket:
        """Connect again and again until the mesh has chosen the gateway `node_id`."""
        spare: list[Socket] = []
        try:
            while True:
                socket = await cls.open(api, account)
                if socket.welcome.node_id == node_id:
                    return socket
                spare.append(socket)
                if len(spare) > 15:
                    raise AssertionError(f"the mesh never chose {node_id}")
        finally:
            await asyncio.gather(*(socket.close() for socket in spare))

    async def close(self) -> None:
        """Disconnect."""
        await self.ws.close()

    async def send_frame(self, frame: pb.ClientFrame) -> None:
        """Send a frame as it is."""
        await self.ws.send_bytes(frame.SerializeToString())

    async def say(self, conversation_id: str, text: str, message_id: str = "") -> str:
        """Send a message and return its id. Its answer is a frame like any other."""
        frame = send_frame(message_id or new_id(), conversation_id, text)
        await self.send_frame(frame)
        return frame.send.message_id

    async def next(self) -> pb.ServerFrame:
        """Return the next frame."""
        return pb.ServerFrame.FromString(await self.ws.receive_bytes(timeout=PATIENCE_S))

    async def until(self, kind: str) -> Any:
        """Return the content of the next frame of a kind, passing over others."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self.next()
                if frame.WhichOneof("frame") == kind:
                    return getattr(frame, kind)

"""Three ways of making the same call: gRPC, gRPC-Web and REST. Each takes and gives the contract's messages, and raises ChatError."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Protocol, Self
from urllib.parse import unquote

import aiohttp
import grpc
from google.api import annotations_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from bench.client import PATIENCE_S
from chatkit.core.errors import DOMAIN, TABLE, ChatError, Reason
from tests.e2e.stack import Stack

HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""Which HTTP status belongs to which gRPC status, as google.rpc.Code says."""


class Calls(Protocol):
    """A way of making calls."""

    async def call(self, method: MethodDescriptor, request: Message | None, token: str) -> Any:
        """Return the answer; without a request, the answer to bytes that are none.

        Raises ChatError with the reason that the answer names, and AssertionError if it names none.
        """


NONSENSE = b"\xff{"
"""Neither protobuf nor JSON."""


def bytes_of(request: Message | None) -> bytes:
    return NONSENSE if request is None else request.SerializeToString()


def refusal(status: status_pb2.Status) -> ChatError:
    """Return what a refused call says of itself: the reason, the status that the table gives to it, and the message."""
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            assert info.domain == DOMAIN
            reason = Reason(info.reason)
            assert status.code == grpc.StatusCode[TABLE[reason].status].value[0], status
            return ChatError(reason, status.message)
    raise AssertionError(f"the refusal has no reason: {status}")


class GrpcCalls:
    """Calls over HTTP/2, as a native client makes them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    @classmethod
    @asynccontextmanager
    async def to(cls, stack: Stack) -> AsyncIterator[Calls]:
        async with grpc.aio.insecure_channel(stack.edge.removeprefix("http://")) as channel:
            yield cls(channel)

    async def call(self, method: MethodDescriptor, request: Message | None, token: str) -> Any:
        unary: Any = self._channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        metadata = (("authorization", f"Bearer {token}"),) if token else ()
        try:
            return await unary(bytes_of(request), timeout=PATIENCE_S, metadata=metadata)
        except grpc.aio.AioRpcError as failure:
            raise refusal_of(failure) from failure


def refusal_of(failure: grpc.aio.AioRpcError) -> ChatError:
    """Return what a call or stream of gRPC that has failed says of itself."""
    status = rpc_status.from_call(failure)
    assert status is not None, f"the refusal has no details: {failure}"
    assert status.message == failure.details()
    return refusal(status)


class HttpCalls:
    """Calls that need no more than an HTTP client."""

    def __init__(self, edge: str, http: aiohttp.ClientSession) -> None:
        self._edge = edge
        self._http = http

    @classmethod
    @asynccontextmanager
    async def to(cls, stack: Stack) -> AsyncIterator[Self]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as http:
            yield cls(stack.edge, http)


class GrpcWebCalls(HttpCalls):
    """Calls over HTTP/1.1, as a page makes them."""

    async def call(self, method: MethodDescriptor, request: Message | None, token: str) -> Any:
        headers = {"Content-Type": "application/grpc-web+proto", "X-Grpc-Web": "1"} | _authorization(token)
        url = f"{self._edge}/{method.containing_service.full_name}/{method.name}"
        data = io.BytesIO(_framed(bytes_of(request)))
        async with self._http.post(url, data=data, headers=headers) as response:
            assert response.status == 200, await response.read()  # or libraries look no further
            messages, trailers = [], {name.lower(): value for name, value in response.headers.items()}
            for kind, payload in _unframed(await response.read()):
                if kind == TRAILERS:
                    trailers = dict(line.split(":", 1) for line in payload.decode().splitlines())
                else:
                    messages.append(payload)
        if int(trailers["grpc-status"]) != 0:
            padded = trailers["grpc-status-details-bin"].strip() + "=="
            status = status_pb2.Status.FromString(base64.b64decode(padded))
            assert (int(trailers["grpc-status"]), unquote(trailers["grpc-message"].strip())) == (status.code, status.message)
            raise refusal(status)
        (message,) = messages
        return GetMessageClass(method.output_type).FromString(message)


MESSAGE, TRAILERS = 0x00, 0x80


def _framed(payload: bytes) -> bytes:
    return struct.pack("!BI", MESSAGE, len(payload)) + payload


def _unframed(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        kind, length = struct.unpack_from("!BI", data)
        yield kind, data[5 : 5 + length]
        data = data[5 + length :]


class RestCalls(HttpCalls):
    """Calls as the `google.api.http` annotations of the contracts say."""

    async def call(self, method: MethodDescriptor, request: Message | None, token: str) -> Any:
        rule = method.GetOptions().Extensions[annotations_pb2.http]
        verb = rule.WhichOneof("pattern")
        fields = {} if request is None else json_format.MessageToDict(request)
        path = re.sub(r"\{(\w+)\}", lambda found: fields.pop(_camel(found[1]), ""), getattr(rule, verb))
        headers = _authorization(token)
        content: dict[str, Any] = {"params": list(_query(fields))}
        if rule.body:
            headers["Content-Type"] = "application/json"
            sent = fields if rule.body == "*" else fields.pop(_camel(rule.body), {})
            content["data"] = io.BytesIO(NONSENSE if request is None else json.dumps(sent).encode())
            content["params"] = {} if rule.body == "*" else list(_query(fields))
        async with self._http.request(verb.upper(), self._edge + path, headers=headers, **content) as response:
            text = await response.text()
        if response.status == 200:
            return json_format.Parse(text, GetMessageClass(method.output_type)())
        answer = json.loads(text)
        (detail, *_) = answer.pop("details")
        reason = Reason(detail["reason"])
        status = TABLE[reason].status
        assert detail["domain"] == DOMAIN
        assert answer.keys() == {"code", "message"}
        assert answer["code"] == grpc.StatusCode[status].value[0]
        assert response.status == (413 if reason is Reason.FRAME_TOO_LARGE else HTTP[status])
        raise ChatError(reason, answer["message"])


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def _query(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            yield name, str(each)


def _authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}

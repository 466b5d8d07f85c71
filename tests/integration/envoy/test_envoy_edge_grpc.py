"""gRPC and gRPC-Web at the edge: the public methods and no others, with the same errors as everywhere."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.errors import error_of
from elastic_chat.accounts.v1 import accounts_service_pb2
from elastic_chat.gateway.v1 import frames_pb2, gateway_service_pb2_grpc
from elastic_chat.history.v1 import history_service_pb2, history_service_pb2_grpc
from launcher.mesh.calls import ANYONE, DESCRIPTORS, USERS, service_name
from launcher.topology import SERVICES
from tests.integration.envoy.stand import Stand, contract

ROOT = Path(__file__).parents[3]
GRPCURL = Path(sys.executable).parent / "grpcurl"

METHODS = [(service, method) for service in SERVICES for method in contract(service).methods]
PUBLIC = [(s, m) for s, m in METHODS if m.name in ANYONE.get(s, ()) + USERS.get(s, ()) and not m.client_streaming]
INTERNAL = [(s, m) for s, m in METHODS if m.name not in ANYONE.get(s, ()) + USERS.get(s, ())]


def names(pairs: list[tuple[str, MethodDescriptor]]) -> list[str]:
    return [f"{service}.{method.name}" for service, method in pairs]


@pytest.fixture
async def channel(stand: Stand) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{stand.topology.edge_port}") as made:
        yield made


async def call(channel: grpc.aio.Channel, service: str, method: MethodDescriptor, headers: dict[str, str]) -> Any:
    """Call a method of any kind with one empty message."""
    path = f"/{service_name(service)}/{method.name}"
    answer = GetMessageClass(method.output_type)
    make = channel.stream_unary if method.client_streaming else channel.unary_unary
    request = GetMessageClass(method.input_type)()
    stub: Any = make(path, request_serializer=lambda message: message.SerializeToString(), response_deserializer=answer.FromString)
    return await stub([request] if method.client_streaming else request, metadata=tuple(headers.items()), timeout=10)


async def failure(channel: grpc.aio.Channel, service: str, method: MethodDescriptor, headers: dict[str, str]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(channel, service, method, headers)
    return raised.value


@pytest.mark.parametrize(("service", "method"), PUBLIC, ids=names(PUBLIC))
async def test_public_methods_can_be_called(stand: Stand, channel: grpc.aio.Channel, service: str, method: MethodDescriptor) -> None:
    await call(channel, service, method, stand.user)
    assert [one.method for one in stand.calls] == [method.name]
    stand.calls.clear()
    if method.name in USERS.get(service, ()):
        error = await failure(channel, service, method, {"x-user-id": "victim"})
        assert error.code() is grpc.StatusCode.UNAUTHENTICATED
        assert error_of(error).reason is Reason.UNAUTHENTICATED
        assert not stand.calls


@pytest.mark.parametrize(("service", "method"), INTERNAL, ids=names(INTERNAL))
async def test_internal_methods_do_not_exist_outside(
    stand: Stand, channel: grpc.aio.Channel, service: str, method: MethodDescriptor
) -> None:
    error = await failure(channel, service, method, stand.user)
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert error_of(error).reason is Reason.NOT_FOUND
    assert not stand.calls


async def test_an_old_token_is_told_apart(stand: Stand, channel: grpc.aio.Channel) -> None:
    method = contract("history").methods_by_name["ListConversations"]
    old = stand.key.token(lasts=timedelta(minutes=-1))
    assert error_of(await failure(channel, "history", method, {"authorization": f"Bearer {old}"})).reason is Reason.TOKEN_EXPIRED


async def test_an_error_of_a_service_comes_through_whole(stand: Stand, channel: grpc.aio.Channel) -> None:
    async def fail(_: Any, __: Any) -> None:
        raise ChatError(Reason.OVERLOADED, retry_after=timedelta(seconds=3))

    stand.scripts["Sync"] = fail
    error = error_of(await failure(channel, "history", contract("history").methods_by_name["Sync"], stand.user))
    assert error.reason is Reason.OVERLOADED
    assert error.retry_after == timedelta(seconds=3)


async def test_connect_is_a_stream_in_both_directions_and_needs_no_token(stand: Stand, channel: grpc.aio.Channel) -> None:
    stream = gateway_service_pb2_grpc.GatewayServiceStub(channel).Connect(metadata=(("x-user-id", "victim"),))  # type: ignore[call-overload]
    for _ in range(3):
        await stream.write(frames_pb2.ClientFrame())
        assert await stream.read() == frames_pb2.ServerFrame()
    await stream.done_writing()
    assert await stream.code() is grpc.StatusCode.OK
    (reached,) = stand.calls
    assert "x-user-id" not in reached.metadata


async def test_a_deadline_reaches_the_service_and_no_client_may_ask_for_more_than_the_edge_gives(
    stand: Stand, channel: grpc.aio.Channel
) -> None:
    remaining: list[float] = []

    async def look(_: Any, context: Any) -> Any:
        remaining.append(context.time_remaining())
        return history_service_pb2.SyncResponse()

    stand.scripts["Sync"] = look
    stub: Any = history_service_pb2_grpc.HistoryServiceStub(channel)
    await stub.Sync(history_service_pb2.SyncRequest(), timeout=7, metadata=tuple(stand.user.items()))
    (left,) = remaining
    assert 0 < left <= 8


def web_frame(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


async def test_grpc_web_calls_what_grpc_calls(stand: Stand) -> None:
    async def login(request: Any, _: Any) -> Any:
        return accounts_service_pb2.LoginResponse(user_id=request.username)

    stand.scripts["Login"] = login
    request = accounts_service_pb2.LoginRequest(username="anna").SerializeToString()
    answer = accounts_service_pb2.LoginResponse(user_id="anna").SerializeToString()
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    async with aiohttp.ClientSession(stand.edge, headers=headers) as http:
        async with http.post(f"/{service_name('accounts')}/Login", data=web_frame(request)) as response:
            body = await response.read()
        assert body.startswith(web_frame(answer))
        assert b"grpc-status:0" in body.removeprefix(web_frame(answer))
        async with http.post(f"/{service_name('history')}/ListConversations", data=web_frame(b"")) as response:
            assert (response.status, response.headers["grpc-status"]) == (200, "16")
        async with http.post(f"/{service_name('history')}/FindMessage", data=web_frame(b""), headers=stand.user) as response:
            assert (response.status, response.headers["grpc-status"]) == (200, "5")
    assert [one.method for one in stand.calls] == ["Login"]


async def test_a_stream_that_is_not_for_strangers_is_refused_while_it_is_open(stand: Stand, channel: grpc.aio.Channel) -> None:
    stream: Any = channel.stream_stream(f"/{service_name('router')}/Route")
    call = stream(metadata=tuple(stand.user.items()), timeout=10)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call.read()
    assert error_of(raised.value).reason is Reason.NOT_FOUND


async def test_grpcurl_works_with_the_descriptor_set_and_a_token(stand: Stand) -> None:
    async def users(request: Any, _: Any) -> Any:
        return accounts_service_pb2.FindUsersResponse(users=[accounts_service_pb2.User(username=request.username)])

    stand.scripts["FindUsers"] = users
    command = [GRPCURL, "-plaintext", "-protoset", DESCRIPTORS, "-H", f"authorization: {stand.user['authorization']}"]
    done = await run(*command, "-d", '{"username": "anna"}', stand.edge.removeprefix("http://"), f"{service_name('accounts')}/FindUsers")
    assert json.loads(done.stdout) == {"users": [{"username": "anna"}]}, done.stderr


@pytest.mark.parametrize("method", ["grpc.health.v1.Health/Check", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"])
async def test_health_and_reflection_are_for_the_inside(stand: Stand, channel: grpc.aio.Channel, method: str) -> None:
    stub: Any = channel.unary_unary(f"/{method}")
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub(b"", metadata=tuple(stand.user.items()), timeout=10)
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def run(*command: Any) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=30)

"""What a server tells of itself, in both versions of reflection: the older by an old grpcurl, the newer in its own words."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha import reflection_pb2 as pb

from chatkit.rpc.reflection import V1, V1ALPHA, enable_reflection
from elastic_chat.router.v1 import router_service_pb2

SERVICE = router_service_pb2.DESCRIPTOR.services_by_name["RouterService"].full_name
GRPCURL = Path(sys.executable).parent / "grpcurl"
VERSIONS = pytest.mark.parametrize("version", [V1, V1ALPHA])


@pytest.fixture
async def address() -> AsyncIterator[str]:
    server = grpc.aio.server()
    enable_reflection((SERVICE,), server)
    enable_reflection((SERVICE,), grpc.aio.server())  # a process may have two servers
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def asked(address: str, version: str, request: pb.ServerReflectionRequest) -> pb.ServerReflectionResponse:
    """Return the answer of one version. Its messages are those of the other under another name."""
    async with grpc.aio.insecure_channel(address) as channel:
        method = channel.stream_stream(
            f"/{version}/ServerReflectionInfo",
            request_serializer=pb.ServerReflectionRequest.SerializeToString,
            response_deserializer=pb.ServerReflectionResponse.FromString,
        )
        (answer,) = [each async for each in method(iter([request]), timeout=10)]
        return answer


@VERSIONS
async def test_either_version_lists_the_services_and_both_versions(address: str, version: str) -> None:
    answer = await asked(address, version, pb.ServerReflectionRequest(list_services=""))
    assert [service.name for service in answer.list_services_response.service] == [SERVICE, V1, V1ALPHA]


@VERSIONS
@pytest.mark.parametrize("symbol", [SERVICE, f"{SERVICE}.SendMessage", "elastic_chat.router.v1.SendMessageRequest"])
async def test_either_version_finds_services_methods_and_messages(address: str, version: str, symbol: str) -> None:
    answer = await asked(address, version, pb.ServerReflectionRequest(file_containing_symbol=symbol))
    files = map(descriptor_pb2.FileDescriptorProto.FromString, answer.file_descriptor_response.file_descriptor_proto)
    assert router_service_pb2.DESCRIPTOR.name in {file.name for file in files}


@VERSIONS
@pytest.mark.parametrize("symbol", ["elastic_chat.Nothing", f"{SERVICE}.Nothing"])
async def test_what_is_not_there_is_not_found(address: str, version: str, symbol: str) -> None:
    answer = await asked(address, version, pb.ServerReflectionRequest(file_containing_symbol=symbol))
    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


@pytest.mark.parametrize("symbol", [V1, V1ALPHA, SERVICE, f"{SERVICE}.SendMessage"])
async def test_grpcurl_describes_everything_that_it_lists(address: str, symbol: str) -> None:
    for arguments in ([], [symbol]):
        process = await asyncio.create_subprocess_exec(GRPCURL, "-plaintext", address, "describe", *arguments, stdout=PIPE)
        said, _ = await process.communicate()
        assert process.returncode == 0
        assert symbol.removesuffix(".SendMessage").encode() in said

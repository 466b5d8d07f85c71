"""Reflection, by which grpcurl and its like learn what a server offers: v1, and v1alpha for older tools.

The library has v1alpha only. The two differ in the name of their package and in nothing on the wire, so one servicer answers both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format
from google.protobuf.descriptor import FileDescriptor
from grpc_reflection.v1alpha import reflection_pb2 as v1alpha
from grpc_reflection.v1alpha.reflection import SERVICE_NAME as V1ALPHA
from grpc_reflection.v1alpha.reflection import aio as reflection
from grpc_reflection.v1alpha.reflection_pb2_grpc import add_ServerReflectionServicer_to_server

V1 = V1ALPHA.replace("v1alpha", "v1")


def enable_reflection(services: Sequence[str], server: grpc.aio.Server) -> None:
    """Let `server` describe `services`, and reflection itself."""
    servicer = reflection.ReflectionServicer((*services, V1, V1ALPHA), pool=_Pool())
    add_ServerReflectionServicer_to_server(servicer, server)
    method = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=v1alpha.ServerReflectionRequest.FromString,
        response_serializer=v1alpha.ServerReflectionResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(V1, {"ServerReflectionInfo": method}),))


class _Pool:
    """The contracts that this process knows, v1 of reflection among them. The library's own pool finds no methods by their names."""

    def __init__(self) -> None:
        self._known: Any = descriptor_pool.Default()
        self._known.Add(_contract_of_v1())

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a pool has
        return getattr(self._known, name)

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:  # noqa: N802 - the library's name
        """Return the file that has `symbol`. Raises KeyError if there is none."""
        try:
            return self._known.FindFileContainingSymbol(symbol)  # type: ignore[no-any-return]
        except KeyError:
            return self._known.FindMethodByName(symbol).containing_service.file  # type: ignore[no-any-return]


def _contract_of_v1() -> descriptor_pb2.FileDescriptorProto:
    contract = descriptor_pb2.FileDescriptorProto()
    v1alpha.DESCRIPTOR.CopyToProto(contract)
    contract.ClearField("options")  # they call it deprecated, and name the packages of other languages
    text = json_format.MessageToJson(contract)
    return json_format.Parse(text.replace("v1alpha", "v1"), descriptor_pb2.FileDescriptorProto())

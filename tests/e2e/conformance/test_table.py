"""The table of what a door lacks says what the contracts say."""

from __future__ import annotations

from elastic_chat.gateway.v1 import frames_pb2, gateway_service_pb2
from launcher.mesh.calls import ANYONE, USERS
from tests.e2e.conformance.doors import ACCOUNTS, FILES, HISTORY, LACKS, PRESENCE, ROUTER, WAYS, CallDoor, Can


def test_every_door_has_its_row_and_lacks_what_the_other_kind_can() -> None:
    assert LACKS.keys() == WAYS.keys()
    assert all(lacks == {Can.HEAR if WAYS[name][0] is CallDoor else Can.CALL} for name, lacks in LACKS.items())


def test_a_connection_has_frames_for_nothing_more() -> None:
    frames = frames_pb2.ClientFrame.DESCRIPTOR.oneofs_by_name["frame"].fields
    commands = {"hello", "send", "change", "typing", "delta", "watermark", "subscribe_presence", "ping", "set_status"}
    assert {frame.name for frame in frames} == commands


def test_no_single_call_streams_or_tells_what_needs_no_answer() -> None:
    public = {name for methods in (ANYONE, USERS) for names in methods.values() for name in names} - {"Connect"}
    methods = {method.name: method for service in (ACCOUNTS, FILES, HISTORY, PRESENCE, ROUTER) for method in service.values()}
    assert not any(methods[name].server_streaming or methods[name].client_streaming for name in public)
    assert not any(word in name for name in public for word in ("Watermark", "Typing", "Mark"))
    (connect,) = gateway_service_pb2.DESCRIPTOR.services_by_name["GatewayService"].methods
    assert connect.client_streaming
    assert not connect.GetOptions().ListFields()  # so it has no place in REST, and gRPC-Web has no streams from clients

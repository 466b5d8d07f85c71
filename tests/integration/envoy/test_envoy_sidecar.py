"""A sidecar: its own service comes in, the services that its own may call go out, and nothing else."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass

from chatkit.core.errors import Reason
from chatkit.core.lanes import LANES
from chatkit.rpc.caller import bind_request_id
from chatkit.rpc.channel import mesh_channel
from chatkit.rpc.errors import error_of
from elastic_chat.history.v1 import history_service_pb2
from elastic_chat.router.v1 import router_service_pb2, router_service_pb2_grpc
from launcher.certificates.authority import OPERATOR
from launcher.mesh.calls import INNER, STREAMS, service_name
from launcher.topology import SERVICES
from svc_search.finder import INSTANCE
from tests.integration.envoy.stand import Stand, contract

GRPCURL = Path(sys.executable).parent / "grpcurl"

PAIRS = [(caller, callee) for caller in INNER for callee in SERVICES if callee != "gateway"]
"""Every way out, and every service that has a unary method to try it with."""


async def grpcurl(*arguments: str) -> str:
    command = [str(GRPCURL), "-max-time", "10", *arguments]
    done = await asyncio.to_thread(lambda: subprocess.run(command, capture_output=True, text=True, check=False, timeout=30))
    assert done.returncode == 0, done.stderr
    return done.stdout


async def call(channel: grpc.aio.Channel, service: str, name: str, instance: str = "") -> Any:
    """Call a unary method of a service, or of the instance that is named, with an empty message."""
    method = contract(service).methods_by_name[name]
    stub: Any = channel.unary_unary(
        f"/{service_name(service)}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    metadata = ((INSTANCE, instance),) if instance else ()
    return await stub(GetMessageClass(method.input_type)(), timeout=10, metadata=metadata)


@pytest.mark.parametrize("service", SERVICES)
async def test_grpcurl_lists_describes_and_checks_every_service(stand: Stand, service: str) -> None:
    name = service_name(service)
    to = stand.grpcurl(service)
    assert {name, "grpc.health.v1.Health"} <= set((await grpcurl(*to, "list")).split())
    assert f"service {name.rsplit('.', 1)[-1]}" in await grpcurl(*to, "describe", name)
    assert json.loads(await grpcurl(*to, "grpc.health.v1.Health/Check")) == {"status": "SERVING"}


async def test_ingress_takes_calls_for_its_own_service_only(stand: Stand) -> None:
    history = stand.instance("history-1")
    async with stand.channel(history, OPERATOR) as channel:
        await call(channel, "history", "Sync")
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call(channel, "presence", "GetPresence")
    assert error_of(raised.value).reason is Reason.NOT_FOUND
    routes = [route["match"] for route in await stand.routes(history.admin_port, "ingress")]
    assert all("grpc" in path or service_name("history") in path for match in routes for path in match.values())


@pytest.mark.parametrize(("caller", "callee"), PAIRS, ids=[f"{caller}-calls-{callee}" for caller, callee in PAIRS])
async def test_egress_knows_the_way_to_those_that_its_service_calls(stand: Stand, caller: str, callee: str) -> None:
    sidecar = next(stand.topology.instances(caller))
    async with mesh_channel(f"127.0.0.1:{sidecar.egress_port}") as channel:
        if callee in INNER[caller]:
            await stand.await_healthy(sidecar.admin_port, callee, stand.topology.instances(callee))
            unary = [name for name in INNER[caller][callee] if name not in STREAMS.get(callee, ())]
            for name in unary:
                # Instances of search ask each other by name.
                await call(channel, callee, name, "search-1" if name == "FindHere" else "")
            assert [(made.instance.rsplit("-", 1)[0], made.method) for made in stand.calls] == [(callee, name) for name in unary]
        else:
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await call(channel, callee, next(one.name for one in contract(callee).methods if not one.client_streaming))
            assert error_of(raised.value).reason is Reason.NOT_FOUND
            assert not stand.calls


async def lanes_of(stand: Stand, gateway: str) -> dict[str, str]:
    """Open every lane from a gateway, and return the router that each reached."""
    stand.calls.clear()
    sidecar = stand.instance(gateway)
    await stand.await_healthy(sidecar.admin_port, "router", stand.topology.instances("router"))
    async with mesh_channel(f"127.0.0.1:{sidecar.egress_port}") as channel:
        stub: Any = router_service_pb2_grpc.RouterServiceStub(channel)
        for lane in range(LANES):
            stream = stub.Route(metadata=(("x-lane", str(lane)),))
            await stream.write(router_service_pb2.RouteRequest())
            await stream.read()
            stream.cancel()
    return {call.metadata["x-lane"]: call.instance for call in stand.calls_of("Route")}


async def test_a_lane_finds_the_same_router_from_everywhere_and_routers_share_them_evenly(stand: Stand) -> None:
    one, two = await lanes_of(stand, "gateway-1"), await lanes_of(stand, "gateway-2")
    assert len(one) == LANES
    assert one == two
    assert Counter(one.values()) == {"router-1": LANES // 2, "router-2": LANES // 2}


async def test_a_request_id_and_trace_context_are_passed_on_as_they_are(stand: Stand) -> None:
    gateway = stand.instance("gateway-1")
    await stand.await_healthy(gateway.admin_port, "history", stand.topology.instances("history"))
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with mesh_channel(f"127.0.0.1:{gateway.egress_port}") as channel:
        bind_request_id("request-7")
        stub: Any = channel.unary_unary(
            f"/{service_name('history')}/SyncUsers",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=history_service_pb2.SyncUsersResponse.FromString,
        )
        await stub(history_service_pb2.SyncUsersRequest(), metadata=(("traceparent", trace),))
    (made,) = stand.calls
    assert made.metadata["x-request-id"] == "request-7"
    assert made.metadata["traceparent"] == trace


async def test_a_stream_that_is_silent_for_long_is_nobodys_business(stand: Stand) -> None:
    """What would end it are timeouts: none is configured on the way of a lane."""
    gateway = stand.instance("gateway-1")
    routes = [route["route"] for route in await stand.routes(gateway.admin_port) if route["match"].get("path", "").endswith("/Route")]
    assert [(route["timeout"], route["idle_timeout"], route.get("max_stream_duration")) for route in routes] == [("0s", "0s", None)]

"""What the mesh does when an instance fails, leaves or comes. These tests have a mesh of their own, and change it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.channel import mesh_channel
from chatkit.rpc.errors import error_of
from elastic_chat.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from elastic_chat.history.v1 import history_service_pb2, history_service_pb2_grpc
from elastic_chat.presence.v1 import presence_service_pb2, presence_service_pb2_grpc
from elastic_chat.router.v1 import router_service_pb2, router_service_pb2_grpc
from launcher.topology import Topology
from tests.integration.envoy.stand import Service, Stand, started, until

SCALE = {"gateway": 2, "router": 2, "presence": 1, "history": 2, "writer": 1, "accounts": 1, "files": 1, "search": 1}


@pytest.fixture(scope="module")
async def shaken_stand(envoy: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    async with AsyncExitStack() as stack:
        yield await started(envoy, tmp_path_factory.mktemp("shaken"), SCALE, stack)


@pytest.fixture
async def shaken(shaken_stand: Stand) -> AsyncIterator[Stand]:
    """A mesh in which everything works when the test begins."""
    stand = shaken_stand
    stand.announce(stand.topology)
    stand.scripts.clear()
    for service in ("router", "history", "presence", "accounts"):
        await stand.await_healthy(stand.instance("gateway-1").admin_port, service, stand.topology.instances(service))
    await stand.await_healthy(stand.topology.edge_admin_port, "gateway_websocket", stand.topology.instances("gateway"))
    stand.calls.clear()
    yield stand
    for one in stand.services.values():
        await one.restore()


@pytest.fixture
async def channel(shaken: Stand) -> AsyncIterator[grpc.aio.Channel]:
    async with mesh_channel(f"127.0.0.1:{shaken.instance('gateway-1').egress_port}") as made:
        yield made


@pytest.fixture
async def outside(shaken: Stand) -> AsyncIterator[Any]:
    """The router's `SendMessage`, called by a user through the edge: a command that may not be repeated."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{shaken.topology.edge_port}") as made:
        stub: Any = router_service_pb2_grpc.RouterServiceStub(made)
        yield partial(stub.SendMessage, metadata=tuple(shaken.user.items()))


def history(channel: grpc.aio.Channel) -> Any:
    return history_service_pb2_grpc.HistoryServiceStub(channel)


def unavailable(times: int) -> Any:
    """Fail that often, then answer."""
    left = [times]

    async def script(_: Any, __: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise ChatError(Reason.UNAVAILABLE)
        return history_service_pb2.SyncUsersResponse()

    return script


async def test_a_read_that_finds_a_service_unavailable_is_made_again_elsewhere(shaken: Stand, channel: grpc.aio.Channel) -> None:
    shaken.scripts["SyncUsers"] = unavailable(1)
    await history(channel).SyncUsers(history_service_pb2.SyncUsersRequest())
    assert [call.method for call in shaken.calls] == ["SyncUsers", "SyncUsers"]
    assert len({call.instance for call in shaken.calls}) == 2
    assert len({call.metadata["x-request-id"] for call in shaken.calls}) == 1


async def test_a_call_that_changes_something_is_never_made_twice(shaken: Stand, channel: grpc.aio.Channel) -> None:
    async def fail(_: Any, __: Any) -> None:
        raise ChatError(Reason.UNAVAILABLE)

    shaken.scripts["Attach"] = fail
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await presence_service_pb2_grpc.PresenceServiceStub(channel).Attach(presence_service_pb2.AttachRequest())  # type: ignore[misc]
    assert error_of(raised.value).reason is Reason.UNAVAILABLE
    assert len(shaken.calls) == 1


async def test_a_read_that_keeps_failing_fails_with_the_reason_of_the_service(shaken: Stand, channel: grpc.aio.Channel) -> None:
    shaken.scripts["SyncUsers"] = unavailable(100)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await history(channel).SyncUsers(history_service_pb2.SyncUsersRequest())
    assert error_of(raised.value).reason is Reason.UNAVAILABLE
    assert len(shaken.calls) == 3


async def test_no_call_is_lost_when_an_instance_dies(shaken: Stand, channel: grpc.aio.Channel, outside: Any) -> None:
    """Not even before anyone noticed, and not even one that may not be repeated: its sidecar says that it was never delivered."""
    await shaken.services["router-2"].stop()
    for _ in range(20):
        await outside(router_service_pb2.SendMessageRequest())
    assert [call.instance for call in shaken.calls] == ["router-1"] * 20
    stub: Any = router_service_pb2_grpc.RouterServiceStub(channel)
    for lane in range(16):
        stream = stub.Route(metadata=(("x-lane", str(lane)),))
        await stream.write(router_service_pb2.RouteRequest())
        assert await stream.read() == router_service_pb2.RouteResponse()
        stream.cancel()
    await shaken.await_healthy(shaken.instance("gateway-1").admin_port, "router", [shaken.instance("router-1")])


async def test_no_call_is_lost_while_an_instance_drains(shaken: Stand, outside: Any) -> None:
    """Whoever calls it learns from its answers that it leaves, long before the next health check."""
    admin = shaken.topology.edge_admin_port
    drained = asyncio.Event()

    answers = [0] * 16

    async def call_on(caller: int) -> None:
        while not drained.is_set():
            await outside(router_service_pb2.SendMessageRequest())
            answers[caller] += 1

    async with asyncio.TaskGroup() as group:
        for caller in range(16):
            group.create_task(call_on(caller))
        await until_called(shaken, "router-2")
        await shaken.services["router-2"].leave()
        await shaken.await_healthy(admin, "router", [shaken.instance("router-1")])
        # A call that was on its way then must have come; a server that drains waits for that as well, a second long.
        before = list(answers)
        while any(now < then + 2 for now, then in zip(answers, before, strict=True)):
            await asyncio.sleep(0.01)
        await shaken.services["router-2"].stop(grace_s=5)
        drained.set()
    assert sum(answers) == len(shaken.calls)


async def until_called(stand: Stand, instance: str) -> None:
    async def called() -> bool:
        return any(call.instance == instance for call in stand.calls)

    await until(called, f"{instance} is called")


async def test_a_browser_finds_the_other_gateway_when_one_dies(shaken: Stand) -> None:
    await shaken.services["gateway-2"].stop()
    async with aiohttp.ClientSession(shaken.edge) as http:
        for _ in range(10):
            async with http.ws_connect("/v1/connect") as socket:
                await socket.send_str("hello")
                assert await socket.receive_str() == "gateway-1 hello"


async def test_an_instance_that_says_it_is_not_serving_gets_nothing_new_and_comes_back(shaken: Stand, channel: grpc.aio.Channel) -> None:
    admin = shaken.instance("gateway-1").admin_port
    await shaken.services["history-1"].leave()
    await shaken.await_healthy(admin, "history", [shaken.instance("history-2")])
    for _ in range(10):
        await history(channel).SyncUsers(history_service_pb2.SyncUsersRequest())
    assert {call.instance for call in shaken.calls} == {"history-2"}
    await shaken.services["history-1"].restore()
    await shaken.await_healthy(admin, "history", shaken.topology.instances("history"))


async def test_without_a_healthy_instance_the_answer_is_unavailable_at_once(shaken: Stand, channel: grpc.aio.Channel) -> None:
    await shaken.services["accounts-1"].leave()
    await shaken.await_healthy(shaken.instance("gateway-1").admin_port, "accounts", [])
    stub: Any = accounts_service_pb2_grpc.AccountsServiceStub(channel)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stub.GetJwks(accounts_service_pb2.GetJwksRequest())
    assert error_of(raised.value).reason is Reason.UNAVAILABLE
    assert not shaken.calls


async def internal_error(_: Any, __: Any) -> None:
    raise ChatError(Reason.INTERNAL)


async def test_an_instance_that_only_makes_errors_is_put_aside(shaken: Stand, channel: grpc.aio.Channel) -> None:
    shaken.scripts["SyncUsers"] = internal_error
    admin = shaken.instance("gateway-1").admin_port

    async def one_is_left() -> bool:
        with pytest.raises(grpc.aio.AioRpcError):
            await history(channel).SyncUsers(history_service_pb2.SyncUsersRequest())
        return len(await shaken.healthy(admin, "history")) == 1

    await until(one_is_left, "one of two instances that fail is put aside")


async def test_the_only_instance_is_never_put_aside(shaken: Stand, channel: grpc.aio.Channel) -> None:
    shaken.scripts["GetPresence"] = internal_error
    stub: Any = presence_service_pb2_grpc.PresenceServiceStub(channel)
    for _ in range(30):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.GetPresence(presence_service_pb2.GetPresenceRequest())
        assert error_of(raised.value).reason is Reason.INTERNAL
    assert len(shaken.calls) == 30


async def test_an_instance_that_is_taken_off_the_list_keeps_its_calls_and_gets_no_new_ones(
    shaken: Stand, channel: grpc.aio.Channel
) -> None:
    admin = shaken.instance("gateway-1").admin_port
    release, entered = asyncio.Event(), asyncio.Event()

    async def slow(_: Any, __: Any) -> Any:
        entered.set()
        await release.wait()
        return history_service_pb2.ListMembershipsResponse()

    shaken.scripts["ListMemberships"] = slow
    async with asyncio.TaskGroup() as group:
        call = group.create_task(call_of(history(channel).ListMemberships(history_service_pb2.ListMembershipsRequest())))
        await entered.wait()
        busy = shaken.calls[0].instance
        (idle,) = {"history-1", "history-2"} - {busy}
        shaken.announce(shaken.topology, drained=[busy])
        await shaken.await_healthy(admin, "history", [shaken.instance(idle)])
        for _ in range(10):
            await history(channel).SyncUsers(history_service_pb2.SyncUsersRequest())
        release.set()
        await call
    assert {one.instance for one in shaken.calls_of("SyncUsers")} == {idle}


async def call_of(call: Any) -> Any:
    return await call


async def test_a_new_instance_gets_calls_as_soon_as_it_serves(shaken: Stand, channel: grpc.aio.Channel) -> None:
    larger = Topology(shaken.topology.port, {**SCALE, "history": 3})
    third = list(larger.instances("history"))[2]
    admin = shaken.instance("gateway-1").admin_port
    async with AsyncExitStack() as stack:
        await shaken.start_sidecar(stack, third)
        shaken.announce(larger)
        service = Service(third, shaken.folder, shaken.calls, shaken.scripts, shaken.key)
        await service.start()
        stack.push_async_callback(service.stop)
        await shaken.await_healthy(admin, "history", larger.instances("history"))
        for _ in range(30):
            await history(channel).SyncUsers(history_service_pb2.SyncUsersRequest())
        assert third.name in {call.instance for call in shaken.calls}
        shaken.announce(shaken.topology)
        await shaken.await_healthy(admin, "history", shaken.topology.instances("history"))


async def test_an_operator_can_have_faults_made_and_ended(shaken: Stand, channel: grpc.aio.Channel) -> None:
    history_1, history_2 = shaken.topology.instances("history")
    for one in (history_1, history_2):
        await modify_runtime(one.admin_port, "fault.http.abort.abort_percent=100&fault.http.abort.grpc_status=13")
    try:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await history(channel).SyncUsers(history_service_pb2.SyncUsersRequest())
        assert raised.value.code() is grpc.StatusCode.INTERNAL
        assert not shaken.calls
    finally:
        for one in (history_1, history_2):
            await modify_runtime(one.admin_port, "fault.http.abort.abort_percent=&fault.http.abort.grpc_status=")
    await history(channel).SyncUsers(history_service_pb2.SyncUsersRequest())
    assert len(shaken.calls) == 1


async def modify_runtime(admin_port: int, values: str) -> None:
    """Do what docs/mesh.md tells an operator to do."""
    url = f"http://127.0.0.1:{admin_port}/runtime_modify?{values}"
    async with aiohttp.ClientSession() as http, http.post(url) as response:
        assert response.status == 200, await response.text()

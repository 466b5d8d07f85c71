"""Who is who in the mesh: who may call what, who may not, and what happens to calls when everyone gets a new certificate."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.x509 import SubjectAlternativeName, UniformResourceIdentifier, load_pem_x509_certificate
from google.protobuf.message_factory import GetMessageClass

from chatkit.core.errors import Reason
from chatkit.rpc.channel import mesh_channel
from chatkit.rpc.errors import error_of
from elastic_chat.router.v1 import router_service_pb2, router_service_pb2_grpc
from launcher import access, probes
from launcher.certificates.authority import EARLY, EDGE, LIFE, OPERATOR, Authority
from launcher.certificates.delivery import RENEWAL, SDS, write_trust
from launcher.home import PRIVATE, write_atomically
from launcher.mesh.calls import permissions, service_name
from launcher.mesh.rendering import ENDPOINTS
from launcher.topology import HOST, SERVICES
from tests.integration.envoy.stand import Stand, contract, until

WORKLOADS = (*SERVICES, EDGE, OPERATOR)


async def call(channel: grpc.aio.Channel, service: str, name: str) -> None:
    """Call a method with one empty message, and take the first answer."""
    method = contract(service).methods_by_name[name]
    # A stream of one message: one that is refused is told so, where a write would only find that it is over.
    make: Any = channel.unary_stream if method.client_streaming else channel.unary_unary
    stub = make(
        f"/{service_name(service)}/{name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    request = GetMessageClass(method.input_type)()
    if not method.client_streaming:
        await stub(request, timeout=10)
        return
    stream = stub(request, timeout=10)
    await stream.read()
    stream.cancel()


async def reason(channel: grpc.aio.Channel, service: str, name: str) -> Reason | None:
    """Return why a call is refused; None if it is not."""
    try:
        await call(channel, service, name)
    except grpc.aio.AioRpcError as failure:
        return error_of(failure).reason
    return None


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("workload", WORKLOADS)
async def test_a_method_is_there_for_those_whose_business_it_is_and_for_nobody_else(stand: Stand, workload: str, service: str) -> None:
    names = [method.name for method in contract(service).methods]
    paths = permissions(service).get(workload, [])
    may = {name for name in names if workload == OPERATOR or f"/{service_name(service)}/{name}" in paths}
    async with stand.channel(next(stand.topology.instances(service)), workload) as channel:
        for name in names:
            assert await reason(channel, service, name) == (None if name in may else Reason.PERMISSION_DENIED), name
    assert {one.method for one in stand.calls} == may


async def test_a_caller_is_told_at_its_own_sidecar_what_it_may_not(stand: Stand) -> None:
    gateway = stand.instance("gateway-1")
    await stand.await_healthy(gateway.admin_port, "router", stand.topology.instances("router"))
    async with mesh_channel(f"{HOST}:{gateway.egress_port}") as channel:
        assert await reason(channel, "router", "SendMessage") is Reason.PERMISSION_DENIED
    assert not stand.calls


def strangers(stand: Stand, folder: Path) -> dict[str, grpc.ChannelCredentials | None]:
    """Return how someone may come who is nobody here."""
    ours, theirs = Authority.of(stand.folder), Authority.of(folder)
    root = ours.trust.encode()
    forged, late = theirs.identity("gateway"), ours.identity("gateway", life=-EARLY / 2)
    return {
        "in the clear": None,
        "without a certificate": grpc.ssl_channel_credentials(root),
        "with that of another authority": grpc.ssl_channel_credentials(root, forged.key.encode(), forged.certificate.encode()),
        "with one that has ended": grpc.ssl_channel_credentials(root, late.key.encode(), late.certificate.encode()),
    }


@pytest.mark.parametrize("how", ["in the clear", "without a certificate", "with that of another authority", "with one that has ended"])
async def test_strangers_are_not_spoken_to(stand: Stand, tmp_path: Path, how: str) -> None:
    for service in SERVICES:
        instance = next(stand.topology.instances(service))
        address, credentials = f"{HOST}:{instance.ingress_port}", strangers(stand, tmp_path)[how]
        options = (("grpc.ssl_target_name_override", service),)
        channel = (
            grpc.aio.insecure_channel(address) if credentials is None else grpc.aio.secure_channel(address, credentials, options=options)
        )
        async with channel:
            for name in (method.name for method in contract(service).methods):
                assert await reason(channel, service, name) is Reason.UNAVAILABLE
    assert not stand.calls


async def test_who_listens_where_a_service_should_be_and_is_another_gets_no_calls(stand: Stand) -> None:
    history, writer = stand.instance("history-1"), stand.instance("writer-1")
    path = stand.folder / ENDPOINTS / "history.yaml"
    true = path.read_text()
    try:
        write_atomically(path, true.replace(str(history.ingress_port), str(writer.ingress_port)))
        gateway = stand.instance("gateway-1")

        async def refused() -> bool:
            return not await stand.healthy(gateway.admin_port, "history")

        await until(refused, "nobody is taken for history")
        async with mesh_channel(f"{HOST}:{gateway.egress_port}") as channel:
            assert await reason(channel, "history", "SyncUsers") is Reason.UNAVAILABLE
        assert await stand.counter(gateway.admin_port, "cluster.history.ssl.fail_verify_san") > 0
        assert not stand.calls
    finally:
        write_atomically(path, true)
        await stand.await_healthy(gateway.admin_port, "history", [history])


async def everyone_has_theirs(stand: Stand) -> None:
    """Wait until every Envoy shows the certificate, and trusts the authority, that its files have now."""
    names = {f"{one.name}-sidecar": one.admin_port for one in stand.topology.instances()} | {"edge": stand.topology.edge_admin_port}
    envoys = [probes.Certified(name, port, stand.folder / SDS) for name, port in names.items()]

    async def all_have() -> bool:
        return not any([await probes.why_not(envoy) for envoy in envoys])

    await until(all_have, "every Envoy has what its files have")


async def test_everyone_gets_a_new_certificate_and_a_new_authority_and_no_call_is_dropped(stand: Stand) -> None:
    gateway, routers = stand.instance("gateway-1"), list(stand.topology.instances("router"))
    await stand.await_healthy(gateway.admin_port, "router", routers)
    async with mesh_channel(f"{HOST}:{gateway.egress_port}") as channel:
        stub: Any = router_service_pb2_grpc.RouterServiceStub(channel)
        stream = stub.Route(metadata=(("x-lane", "0"),))
        answers = 0

        async def talk() -> None:
            nonlocal answers
            while True:
                await stream.write(router_service_pb2.RouteRequest())
                assert await stream.read() is not grpc.aio.EOF
                answers += 1
                await asyncio.sleep(0.005)

        talking = asyncio.create_task(talk())
        for is_new in (False, True, True):
            if is_new:
                write_trust(Authority.replaced(stand.folder), stand.folder)
                await everyone_has_theirs(stand)
            stand.certify()
            await everyone_has_theirs(stand)
            for router in routers:  # a new handshake, with the new certificates
                async with stand.channel(router, "gateway") as other:
                    await call(other, "router", "Route")
            had = answers

            async def more(than: int = had) -> bool:
                return answers > than + 10

            await until(more, "the stream goes on")
        assert not talking.done()
        talking.cancel()
        stream.cancel()


async def test_what_an_authority_has_signed_is_accepted_until_the_next_but_one(stand: Stand) -> None:
    router = stand.instance("router-1")
    credentials = stand.credentials("gateway")
    for accepted in (True, False):
        write_trust(Authority.replaced(stand.folder), stand.folder)
        await everyone_has_theirs(stand)
        channel = grpc.aio.secure_channel(access.address(router), credentials, access.options(router))
        async with channel:
            assert await reason(channel, "router", "Route") is (None if accepted else Reason.UNAVAILABLE)
    stand.certify()
    await everyone_has_theirs(stand)


def test_a_certificate_is_short_and_says_who_one_is(tmp_path: Path) -> None:
    authority = Authority.of(tmp_path)
    assert Authority.of(tmp_path).certificate == authority.certificate
    assert (tmp_path / "mesh-authority.pem").stat().st_mode & 0o777 == PRIVATE
    one, two = (load_pem_x509_certificate(authority.identity("gateway").certificate.encode()) for _ in range(2))
    names = one.extensions.get_extension_for_class(SubjectAlternativeName).value
    assert names.get_values_for_type(UniformResourceIdentifier) == ["spiffe://elastic-chat/gateway"]
    assert one.serial_number != two.serial_number
    assert one.not_valid_after_utc - one.not_valid_before_utc == LIFE + EARLY
    assert timedelta(hours=1) < RENEWAL * 2 < LIFE <= timedelta(hours=24)

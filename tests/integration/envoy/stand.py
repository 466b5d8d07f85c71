"""A mesh to try things on: real Envoys, as the launcher would configure them, in front of small services that do as a test says."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from chatkit.rpc.server import GrpcServer
from elastic_chat.accounts.v1 import accounts_service_pb2
from elastic_chat.files.v1 import files_service_pb2
from elastic_chat.gateway.v1 import gateway_service_pb2
from elastic_chat.history.v1 import history_service_pb2
from elastic_chat.presence.v1 import presence_service_pb2
from elastic_chat.router.v1 import router_service_pb2
from elastic_chat.search.v1 import search_service_pb2
from elastic_chat.writer.v1 import writer_service_pb2
from launcher import access
from launcher.certificates import delivery
from launcher.certificates.authority import WEB, Authority
from launcher.home import Home, write_atomically
from launcher.mesh.calls import USERS, service_name
from launcher.mesh.policy import own_origins
from launcher.mesh.rendering import ENDPOINTS, console_socket, http_socket, render_edge, render_endpoints, render_sidecar
from launcher.topology import DEFAULT_ZONE, HOST, SERVICES, Instance, Topology
from launcher.tracing import Tracing
from tests.ports import free_base

CONTRACTS = {
    "accounts": accounts_service_pb2,
    "files": files_service_pb2,
    "search": search_service_pb2,
    "gateway": gateway_service_pb2,
    "history": history_service_pb2,
    "presence": presence_service_pb2,
    "router": router_service_pb2,
    "writer": writer_service_pb2,
}
CONDITION_S = 20.0

Script = Callable[[Any, Any], Awaitable[Any]]


def contract(service: str) -> ServiceDescriptor:
    """Return the gRPC service that `service` serves."""
    return CONTRACTS[service].DESCRIPTOR.services_by_name[f"{service.capitalize()}Service"]


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for a condition; fail if it does not come true in good time."""
    try:
        async with asyncio.timeout(CONDITION_S):
            while not await holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that reached a service."""

    instance: str
    method: str
    metadata: dict[str, str]


class Service:
    """One instance of a service: it records every call, and answers with an empty message unless `scripts` says otherwise."""

    def __init__(self, instance: Instance, folder: Path, calls: list[Call], scripts: dict[str, Script], key: SigningKey) -> None:
        self.instance = instance
        self._folder = folder
        self._calls = calls
        self._scripts = scripts
        self._key = key
        self._ready = False
        self._stopped = True

    async def start(self) -> None:
        self._server = GrpcServer(f"{HOST}:{self.instance.grpc_port}", [service_name(self.instance.service)], self._register)
        await self._server.start()
        app = web.Application()
        app.add_routes([web.get("/readyz", self._readyz), web.get("/jwks.json", self._jwks), web.get("/v1/connect", self._connect)])
        app.add_routes([web.route("*", "/v1/files", self._bytes), web.route("*", "/v1/files/{rest:.*}", self._bytes)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.UnixSite(self._runner, http_socket(self.instance, self._folder)).start()
        self._ready, self._stopped = True, False

    async def leave(self) -> None:
        """Say by every health check that new calls are not welcome."""
        self._ready = False
        await self._server.announce_stop()

    async def stop(self, grace_s: float = 0) -> None:
        if not self._stopped:
            self._ready, self._stopped = False, True
            await self._server.stop(grace_s)
            await self._runner.cleanup()

    async def restore(self) -> None:
        """Start again, if it has stopped or is about to."""
        if not self._ready:
            await self.stop()
            await self.start()

    def _register(self, server: grpc.aio.Server) -> None:
        descriptor = contract(self.instance.service)
        handlers = {method.name: self._handler(method) for method in descriptor.methods}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(descriptor.full_name, handlers),))

    def _handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        make = grpc.stream_stream_rpc_method_handler if method.client_streaming else grpc.unary_unary_rpc_method_handler
        answer = GetMessageClass(method.output_type)

        async def unary(request: Any, context: Any) -> Any:
            self._record(method.name, context)
            script = self._scripts.get(method.name)
            return answer() if script is None else await script(request, context)

        async def stream(requests: AsyncIterator[Any], context: Any) -> None:
            self._record(method.name, context)
            async for _ in requests:
                await context.write(answer())

        return make(
            stream if method.client_streaming else unary,
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=answer.SerializeToString,
        )

    def _record(self, method: str, context: Any) -> None:
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        self._calls.append(Call(self.instance.name, method, metadata))

    async def _readyz(self, _: web.Request) -> web.Response:
        return web.Response(status=200 if self._ready else 503)

    async def _jwks(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self._key.public]})

    async def _bytes(self, request: web.Request) -> web.Response:
        """Tell how many bytes came."""
        headers = {key.lower(): value for key, value in request.headers.items()}
        self._calls.append(Call(self.instance.name, f"{request.method} {request.path}", headers))
        size = 0
        async for block in request.content.iter_any():
            size += len(block)
        return web.Response(text=str(size))

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        self._calls.append(Call(self.instance.name, "connect", {key.lower(): value for key, value in request.headers.items()}))
        socket_ = web.WebSocketResponse(protocols=("elastic-chat.v1.json",))
        await socket_.prepare(request)
        async for message in socket_:
            await socket_.send_str(f"{self.instance.name} {message.data}")
        return socket_


class SigningKey:
    """What the accounts service signs tokens with."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public: dict[str, str] = {
            **jwt.algorithms.OKPAlgorithm.to_jwk(self.key.public_key(), as_dict=True),
            "kid": "key-1",
            "alg": "EdDSA",
        }

    def token(self, *, lasts: timedelta = timedelta(minutes=5), **claims: object) -> str:
        """Return an access token of user `u-1` in session `s-1`, or of what the claims say."""
        now = datetime.now(UTC)
        facts = {"iss": "elastic-chat", "aud": "elastic-chat", "sub": "u-1", "sid": "s-1", "role": "user", "iat": now, "exp": now + lasts}
        return jwt.encode({**facts, **claims}, self.key, algorithm="EdDSA", headers={"kid": "key-1", "typ": "at+jwt"})


@dataclass(slots=True)
class Stand:
    """The mesh, and all that reached its services."""

    envoy: Path
    folder: Path
    topology: Topology
    calls: list[Call] = field(default_factory=list)
    scripts: dict[str, Script] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    key: SigningKey = field(default_factory=SigningKey)
    tracing: Tracing | None = None

    @property
    def edge(self) -> str:
        return f"http://{HOST}:{self.topology.edge_port}"

    @property
    def user(self) -> dict[str, str]:
        """The header of a user who has logged in."""
        return {"authorization": f"Bearer {self.key.token()}"}

    def instance(self, name: str) -> Instance:
        return next(instance for instance in self.topology.instances() if instance.name == name)

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def add_service(self, instance: Instance) -> Service:
        service = Service(instance, self.folder, self.calls, self.scripts, self.key)
        await service.start()
        self.services[instance.name] = service
        return service

    def announce(self, topology: Topology, drained: Collection[str] = ()) -> None:
        """Tell every Envoy, as the launcher does, where the instances are."""
        for service in SERVICES:
            write_atomically(self.folder / ENDPOINTS / f"{service}.yaml", render_endpoints(service, topology, drained))

    def certify(self) -> None:
        """Give every Envoy that may ever be started a new certificate."""
        authority = Authority.of(self.folder)
        delivery.write_trust(authority, self.folder)
        delivery.write_identities(authority, self.topology.largest, self.folder)
        delivery.write_outside(Authority.of(self.folder, WEB), self.folder)

    def credentials(self, workload: str) -> grpc.ChannelCredentials:
        """Return what someone shows whom the mesh knows as `workload`."""
        authority = Authority.of(self.folder)
        identity = authority.identity(workload)
        return grpc.ssl_channel_credentials(authority.trust.encode(), identity.key.encode(), identity.certificate.encode())

    def channel(self, instance: Instance, workload: str) -> grpc.aio.Channel:
        """Return a channel to the sidecar of an instance, for someone whom the mesh knows as `workload`."""
        return grpc.aio.secure_channel(access.address(instance), self.credentials(workload), access.options(instance))

    def grpcurl(self, service: str) -> list[str]:
        """Return the options by which grpcurl calls the first instance of a service as the operator."""
        home = Home(self.folder)
        delivery.write_operator(Authority.of(self.folder), home)
        return access.grpcurl(home, next(self.topology.instances(service)))

    async def start_sidecar(self, stack: AsyncExitStack, instance: Instance) -> None:
        text = render_sidecar(instance, self.topology, self.folder, self.tracing)
        await self.start_envoy(stack, f"{instance.name}-sidecar", text, instance.admin_port)

    async def start_edge(self, stack: AsyncExitStack) -> None:
        await self.start_envoy(
            stack, "edge", render_edge(self.topology, self.folder, own_origins(self.topology), self.tracing), self.topology.edge_admin_port
        )

    async def start_envoy(self, stack: AsyncExitStack, name: str, configuration: str, admin_port: int) -> None:
        path = self.folder / f"{name}.yaml"
        path.write_text(configuration)
        log = stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
            [self.envoy, "-c", path, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"], stdout=log, stderr=log
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)

        async def live() -> bool:
            assert process.poll() is None, (self.folder / f"{name}.log").read_text()
            return await get(admin_port, "/ready") == "LIVE\n"

        await until(live, f"{name} is live")

    async def healthy(self, admin_port: int, cluster: str) -> set[int]:
        """Return the ports of the hosts of a cluster that an Envoy would send calls to."""
        statuses = json.loads(await get(admin_port, "/clusters?format=json") or "{}")["cluster_statuses"]
        hosts = next(status.get("host_statuses", []) for status in statuses if status["name"] == cluster)
        return {
            host["address"]["socket_address"]["port_value"]
            for host in hosts
            if set(host["health_status"].items()) == {("eds_health_status", "HEALTHY")}
        }

    async def await_healthy(self, admin_port: int, cluster: str, instances: Iterable[Instance]) -> None:
        wanted = {instance.ingress_port for instance in instances}

        async def found() -> bool:
            return await self.healthy(admin_port, cluster) == wanted

        await until(found, f"{cluster} has the healthy hosts {sorted(wanted)}")

    async def routes(self, admin_port: int, listener: str | None = None) -> list[dict[str, Any]]:
        """Return the routes of a listener of an Envoy, or of all, as it has understood them."""
        dump = json.loads(await get(admin_port, "/config_dump?resource=static_route_configs") or "{}")["configs"]
        found = [config["route_config"] for config in dump if listener in (None, config["route_config"]["name"])]
        hosts = [host for config in found for host in config["virtual_hosts"]]
        return [route for host in hosts for route in host["routes"]]

    async def counter(self, admin_port: int, name: str) -> int:
        """Return a counter or gauge of an Envoy; 0 if nothing was counted yet."""
        stats = json.loads(await get(admin_port, "/stats?format=json") or "{}")["stats"]
        return next((one["value"] for one in stats if one.get("name") == name), 0)


async def get(port: int, path: str) -> str | None:
    """Return what a GET gives, or None if nobody answers with 200."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://{HOST}:{port}{path}") as response:
            return await response.text() if response.status == 200 else None
    except aiohttp.ClientError:
        return None


async def started(
    envoy: Path,
    folder: Path,
    scale: dict[str, int],
    stack: AsyncExitStack,
    zones: tuple[str, ...] = (DEFAULT_ZONE,),
    share: float = 0.0,
) -> Stand:
    """Start a whole mesh, with an edge and a web server, and wait until every instance is known to be healthy."""
    stand = Stand(envoy, folder, Topology(free_base(range(10_080, 22_000, 1_000)), scale, list(zones)))
    if share:
        stand.tracing = Tracing(share, HOST, stand.topology.collector_port)
    stand.announce(stand.topology)
    stand.certify()
    await _start_web(stand.topology.web_port, stack)
    await _start_console(stand, stack)
    for instance in stand.topology.instances():
        stack.push_async_callback((await stand.add_service(instance)).stop)
    await asyncio.gather(*(stand.start_sidecar(stack, instance) for instance in stand.topology.instances()), stand.start_edge(stack))
    for service in USERS:
        await stand.await_healthy(stand.topology.edge_admin_port, service, stand.topology.instances(service))
    for cluster in ("gateway", "gateway_websocket"):
        await stand.await_healthy(stand.topology.edge_admin_port, cluster, stand.topology.instances("gateway"))
    return stand


async def _start_console(stand: Stand, stack: AsyncExitStack) -> None:
    async def anything(request: web.Request) -> web.Response:
        stand.calls.append(Call("console", request.path, {key.lower(): value for key, value in request.headers.items()}))
        return web.json_response({"at": "now"})

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", anything)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.UnixSite(runner, console_socket(stand.folder)).start()


async def _start_web(port: int, stack: AsyncExitStack) -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text=f"page {request.path}")

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", page)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, HOST, port).start()

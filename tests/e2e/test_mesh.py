"""The mesh from an operator's side: grpcurl against every service, the edge's closed doors, and a request id through every log."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from bench.client import Api, ApiError, Socket
from chatkit.core.ids import new_id
from chatkit.rpc.reflection import V1, V1ALPHA
from launcher import preflight
from launcher.mesh.calls import ANYONE, USERS
from launcher.mesh.rendering import watches
from launcher.topology import SERVICES, Instance
from tests.e2e.stack import ROOT, Stack
from tests.integration.envoy.stand import contract

GRPCURL = Path(sys.executable).parent / "grpcurl"

METHODS = {
    "accounts": ("AccountsService", "GetJwks", {}),
    "search": ("SearchService", "Find", {"places": [{"conversation_id": new_id()}], "count": 1}),
    "files": ("FilesService", "ReleaseFiles", {"conversation_id": new_id(), "message_id": new_id()}),
    "gateway": ("GatewayService", None, {}),
    "history": ("HistoryService", "FindMessage", {"conversation_id": new_id(), "message_id": new_id()}),
    "presence": ("PresenceService", "EndSession", {"user_id": new_id(), "session_id": new_id()}),
    "router": ("RouterService", None, {}),
    "writer": ("WriterService", "GetLag", {}),
}
"""For each service a call that needs no user, if it has one."""

INTERNAL = [
    f"{service}.v1.{service.capitalize()}Service/{method.name}"
    for service in SERVICES
    for method in contract(service).methods
    if method.name not in ANYONE.get(service, ()) + USERS.get(service, ())
]
"""Every method that is not for the outside."""


def grpcurl(*arguments: str, check: bool = True) -> str:
    done = subprocess.run([GRPCURL, "-max-time", "15", *arguments], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout if done.returncode == 0 else done.stderr


def through_edge(stack: Stack, method: str, body: dict[str, Any], token: str = "", *, check: bool = True) -> str:
    protos = ["-import-path", str(ROOT / "proto"), "-import-path", str(ROOT / "build" / "googleapis")]
    for path in sorted((ROOT / "proto").rglob("*_service.proto")):
        protos += ["-proto", str(path.relative_to(ROOT / "proto"))]
    headers = ["-H", f"authorization: Bearer {token}"] if token else []
    return grpcurl(
        "-plaintext",
        *protos,
        *headers,
        "-d",
        json.dumps(body),
        f"127.0.0.1:{stack.topology.edge_port}",
        f"elastic_chat.{method}",
        check=check,
    )


def as_operator(stack: Stack, instance: Instance) -> list[str]:
    """Return the arguments by which grpcurl reaches an instance, as the documents show them."""
    return stack.run("grpcurl", instance.name).stdout.split()


def every_instance(stack: Stack) -> Iterator[Instance]:
    yield from stack.topology.instances()


@pytest.mark.parametrize("service", SERVICES)
def test_grpcurl_lists_describes_and_calls_every_service_through_its_sidecar(stack: Stack, service: str) -> None:
    name, method, body = METHODS[service]
    full = f"elastic_chat.{service}.v1.{name}"
    for instance in stack.topology.instances(service):
        to = as_operator(stack, instance)
        assert {full, "grpc.health.v1.Health"} <= set(grpcurl(*to, "list").split())
        assert f"service {name}" in grpcurl(*to, "describe", full)
        for checked in ("", full):
            answer = grpcurl("-d", json.dumps({"service": checked}), *to, "grpc.health.v1.Health/Check")
            assert json.loads(answer) == {"status": "SERVING"}
        if method is not None:
            json.loads(grpcurl("-d", json.dumps(body), *to, f"{full}/{method}"))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("version", [V1, V1ALPHA])
def test_both_versions_of_reflection_answer_at_every_sidecar(stack: Stack, service: str, version: str) -> None:
    full = f"elastic_chat.{service}.v1.{METHODS[service][0]}"
    for instance in stack.topology.instances(service):
        answer = json.loads(grpcurl("-d", '{"list_services": "*"}', *as_operator(stack, instance), f"{version}/ServerReflectionInfo"))
        listed = {one["name"] for one in answer["list_services_response"]["service"]}
        assert listed == {full, "grpc.health.v1.Health", V1, V1ALPHA}


async def test_grpcurl_calls_the_public_methods_through_the_edge_with_a_token(stack: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    created = json.loads(
        through_edge(stack, "router.v1.RouterService/CreateConversation", {"kind": "DIRECT", "member_ids": [bob.user_id]}, anna.token)
    )
    conversation_id = created["conversation"]["conversationId"]
    message = {"conversation_id": conversation_id, "message_id": new_id(), "body": {"text": "from grpcurl"}}
    assert json.loads(through_edge(stack, "router.v1.RouterService/SendMessage", message, anna.token))["seq"] == "2"
    page = json.loads(through_edge(stack, "history.v1.HistoryService/ListMessages", {"conversation_id": conversation_id}, bob.token))
    assert page["entries"][-1]["body"]["text"] == "from grpcurl"
    presence = json.loads(through_edge(stack, "presence.v1.PresenceService/GetPresence", {"user_ids": [bob.user_id]}, anna.token))
    assert presence["users"] == [{"userId": bob.user_id, "availability": "OFFLINE"}]
    users = json.loads(through_edge(stack, "accounts.v1.AccountsService/FindUsers", {"username": bob.username}, anna.token))
    assert users["users"][0]["userId"] == bob.user_id
    assert "Unauthenticated" in through_edge(stack, "history.v1.HistoryService/ListConversations", {}, check=False)


@pytest.mark.parametrize("method", INTERNAL)
async def test_internal_methods_are_refused_at_the_edge(stack: Stack, api: Api, method: str) -> None:
    anna = await api.register("anna")
    answer = through_edge(stack, method, {}, anna.token, check=False)
    assert any(status in answer for status in ("Unimplemented", "NotFound", "PermissionDenied")), answer


@pytest.mark.parametrize(
    ("method", "said"), [("list", "No such method or path here"), ("grpc.health.v1.Health/Check", "does not expose service")]
)
def test_grpcurl_learns_nothing_from_the_edge(stack: Stack, method: str, said: str) -> None:
    edge = f"127.0.0.1:{stack.topology.edge_port}"
    done = subprocess.run([GRPCURL, "-plaintext", "-max-time", "15", edge, method], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert said in done.stderr


@pytest.mark.parametrize("version", [V1, V1ALPHA])
async def test_reflection_is_not_for_the_outside(stack: Stack, version: str) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{stack.topology.edge_port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await channel.stream_stream(f"/{version}/ServerReflectionInfo")(timeout=10).read()
    assert failure.value.code() is grpc.StatusCode.NOT_FOUND


def test_the_edge_serves_the_web_client_and_its_deep_links(stack: Stack) -> None:
    for path in ("/", "/c/anything"):
        with urllib.request.urlopen(stack.edge + path, timeout=10) as response:  # noqa: S310 - our own edge
            assert response.status == 200
            assert b'<div id="root">' in response.read()


def test_the_edge_serves_over_tls_what_browsers_can_check(stack: Stack) -> None:
    trusted = ssl.create_default_context(cafile=stack.home / "run" / "web-authority.pem")
    url = f"https://localhost:{stack.topology.edge_tls_port}/"
    with urllib.request.urlopen(url, timeout=10, context=trusted) as response:
        assert b'<div id="root">' in response.read()
        assert response.headers["strict-transport-security"]


def test_nothing_listens_beyond_this_machine_and_no_ingress_in_the_clear(stack: Stack) -> None:
    parents = [one["pid"] for one in stack.status().values()]
    family = {pid for parent in parents for pid in (parent, *(child.pid for child in psutil.Process(parent).children(recursive=True)))}
    listening = [one for one in psutil.net_connections("tcp") if one.pid in family and one.status == psutil.CONN_LISTEN]
    assert len(listening) > 3 * len(list(stack.topology.instances()))
    assert {address[0] for one in listening if (address := one.laddr)} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    for instance in stack.topology.instances():
        assert greets(instance.grpc_port)
        assert not greets(instance.ingress_port)
        assert not greets(instance.ingress_port, ssl._create_unverified_context())  # noqa: S323 - it is the certificate of ours that lacks


def test_the_envoys_take_as_many_watches_as_a_start_asks_for(stack: Stack) -> None:
    envoys = [one["pid"] for name, one in stack.status().items() if name == "edge" or name.endswith("-sidecar")]
    assert sum(preflight.watches_of(Path(f"/proc/{pid}")) for pid in envoys) == watches(stack.topology)


def greets(port: int, context: ssl.SSLContext | None = None) -> bool:
    """Whether whoever listens there speaks HTTP/2 with someone who shows no certificate."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    with suppress(ssl.SSLError, ConnectionError), context.wrap_socket(plain) if context else plain as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
        return connection.recv(9)[3:4] == bytes((4,))  # its settings
    return False


def test_every_instance_has_metrics_and_every_sidecar_an_admin(stack: Stack) -> None:
    for instance in every_instance(stack):
        with urllib.request.urlopen(f"http://127.0.0.1:{instance.http_port}/metrics", timeout=10) as response:
            assert b"chat_loop_lag_seconds" in response.read()
        with urllib.request.urlopen(f"http://127.0.0.1:{instance.admin_port}/ready", timeout=10) as response:
            assert response.read().strip() == b"LIVE"


def log_lines(stack: Stack, name: str) -> list[dict[str, Any]]:
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in stack.logs.glob(f"{name}*"))
    return [json.loads(line) for text in texts for line in text.splitlines() if line.startswith("{")]


async def test_a_request_id_follows_a_message_through_every_service_and_no_log_has_its_text(stack: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    one, two = await Socket.open_on(api, anna, "gateway-1"), await Socket.open_on(api, bob, "gateway-2")
    secret = f"secret-{new_id()}"
    message_id = await one.say(conversation_id, secret)
    await two.until("entry")
    writer = stack.instance("writer-1")
    grpcurl(*as_operator(stack, writer), "elastic_chat.writer.v1.WriterService/AwaitWritten")
    await asyncio.gather(one.close(), two.close())

    (request_id,) = {line["request_id"] for line in log_lines(stack, "router-") if line.get("message_id") == message_id}
    for name in ("gateway-1", "router-", "gateway-2", "writer-1"):
        assert any(request_id in (line.get("request_id"), *line.get("request_ids", ())) for line in log_lines(stack, name)), name
    for path in stack.logs.iterdir():
        text = path.read_text(encoding="utf-8", errors="replace")
        for word in (secret, anna.token, anna.refresh_token):
            assert word not in text, path


async def test_a_request_id_comes_back_from_rest(stack: Stack, api: Api) -> None:
    anna = await api.register("anna")
    headers = {"Authorization": f"Bearer {anna.token}"}
    async with api.http.get(f"{stack.edge}/v1/conversations", headers=headers) as response:
        request_id = response.headers["x-request-id"]
    assert request_id
    with pytest.raises(ApiError):
        await api.call("GET", f"/v1/conversations/{new_id()}", token=anna.token)

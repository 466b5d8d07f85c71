"""What the edge is for strangers: TLS, how much they may ask for, whose pages may ask, and what browsers are told."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import grpc
import pytest

from chatkit.core.errors import Reason
from chatkit.rpc.errors import error_of
from elastic_chat.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from elastic_chat.history.v1 import history_service_pb2, history_service_pb2_grpc
from launcher.certificates import delivery
from launcher.certificates.authority import WEB, Authority
from launcher.mesh.policy import HEADERS, LIMITS, MAX_HEAP
from launcher.mesh.rendering import render_edge
from launcher.topology import HOST
from tests.integration.envoy.stand import Stand, until

STRANGERS = (f"127.0.0.{number}" for number in range(2, 200))
"""Addresses of this machine that are not its own: a new one each time, so that no test uses up another's share."""


@asynccontextmanager
async def stranger(base: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session that comes from elsewhere."""
    connector = aiohttp.TCPConnector(local_addr=(next(STRANGERS), 0), limit=20)
    async with aiohttp.ClientSession(base, connector=connector) as session:
        yield session


def trusted(stand: Stand) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=Authority.of(stand.folder, WEB).certificate)


def over_tls(stand: Stand) -> str:
    return f"https://localhost:{stand.topology.edge_tls_port}"


# --- TLS


async def test_pages_rest_and_websockets_are_there_over_tls(stand: Stand) -> None:
    async with aiohttp.ClientSession(over_tls(stand), connector=aiohttp.TCPConnector(ssl=trusted(stand))) as http:
        async with http.get("/") as response:
            assert await response.text() == "page /"
            assert response.headers["strict-transport-security"] == "max-age=31536000"
        async with http.get("/v1/conversations", headers=stand.user) as response:
            assert response.status == 200
        async with http.ws_connect("/v1/connect") as socket:
            await socket.send_str("hello")
            assert (await socket.receive_str()).endswith("hello")


async def test_grpc_is_there_over_tls(stand: Stand) -> None:
    credentials = grpc.ssl_channel_credentials(Authority.of(stand.folder, WEB).certificate.encode())
    async with grpc.aio.secure_channel(f"localhost:{stand.topology.edge_tls_port}", credentials) as channel:
        await accounts_service_pb2_grpc.AccountsServiceStub(channel).GetJwks(accounts_service_pb2.GetJwksRequest())  # type: ignore[misc]
    assert [call.method for call in stand.calls] == ["GetJwks"]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_browsers_that_do_not_know_the_authority_are_warned_and_old_tls_is_refused(stand: Stand) -> None:
    old = trusted(stand)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    for context in (ssl.create_default_context(), old):
        async with aiohttp.ClientSession(over_tls(stand), connector=aiohttp.TCPConnector(ssl=context)) as http:
            with pytest.raises(aiohttp.ClientConnectorError):
                await http.get("/")


async def test_a_new_certificate_is_shown_at_once_and_connections_stay(stand: Stand) -> None:
    connector = aiohttp.TCPConnector(ssl=trusted(stand))
    async with aiohttp.ClientSession(over_tls(stand), connector=connector) as http, http.ws_connect("/v1/connect") as socket:
        before = await shown(stand)
        delivery.write_outside(Authority.of(stand.folder, WEB), stand.folder)

        async def changed() -> bool:
            return await shown(stand) != before

        await until(changed, "the edge shows a new certificate")
        await socket.send_str("still here")
        assert (await socket.receive_str()).endswith("still here")


async def shown(stand: Stand) -> str:
    return await asyncio.to_thread(ssl.get_server_certificate, (HOST, stand.topology.edge_tls_port))


# --- how much


async def test_an_address_may_ask_only_so_often_and_is_told_when_again(stand: Stand) -> None:
    burst = LIMITS["address"].burst
    async with stranger(stand.edge) as http:
        answers = [answer async for answer in asked(http, 2 * burst)]
    statuses = [response.status for response, _ in answers]
    assert statuses.count(200) >= burst
    assert set(statuses) == {200, 429}
    for response, text in answers:
        if response.status == 429:
            assert response.headers["retry-after"] == "1"
            assert json.loads(text)["details"][0]["reason"] == "OVERLOADED"
    async with stranger(stand.edge) as http, http.get("/v1/auth/jwks.json") as response:
        assert response.status == 200


async def asked(http: aiohttp.ClientSession, times: int) -> AsyncIterator[tuple[aiohttp.ClientResponse, str]]:
    async def one() -> tuple[aiohttp.ClientResponse, str]:
        async with http.get("/v1/auth/jwks.json") as response:
            return response, await response.text()

    for answer in await asyncio.gather(*(one() for _ in range(times))):
        yield answer


async def test_names_and_passwords_may_be_tried_less_often(stand: Stand) -> None:
    limit = LIMITS["credentials"]
    async with stranger(stand.edge) as http:
        for path in ("/v1/auth/login", "/v1/auth/register"):
            statuses = []
            for _ in range(limit.burst):
                async with http.post(path, json={}) as response:
                    statuses.append(response.status)
        assert 429 in statuses
        async with http.get("/v1/conversations", headers=stand.user) as response:
            assert response.status == 200
    logins = len(stand.calls_of("Login")) + len(stand.calls_of("Register"))
    assert limit.burst <= logins < 2 * limit.burst


async def test_a_user_may_ask_only_so_often_wherever_they_are(stand: Stand) -> None:
    limit = LIMITS["user"]
    heavy = {"authorization": f"Bearer {stand.key.token(sub='heavy')}"}
    statuses: list[int] = []
    async with stranger(stand.edge) as here, stranger(stand.edge) as there:

        async def one(http: aiohttp.ClientSession) -> None:
            async with http.get("/v1/conversations", headers=heavy) as response:
                statuses.append(response.status)

        await asyncio.gather(*(one(http) for _ in range(limit.burst) for http in (here, there)))
        assert limit.burst <= statuses.count(200) < 2 * limit.burst
        assert set(statuses) == {200, 429}
        async with here.get("/v1/conversations", headers=stand.user) as response:
            assert response.status == 200


async def test_a_grpc_client_is_told_in_its_own_way(stand: Stand) -> None:
    metadata = (("authorization", f"Bearer {stand.key.token(sub='busy')}"),)
    async with from_elsewhere(stand) as address, grpc.aio.insecure_channel(address) as channel:
        stub: Any = history_service_pb2_grpc.HistoryServiceStub(channel)
        request = history_service_pb2.ListConversationsRequest()
        calls = [stub.ListConversations(request, metadata=metadata) for _ in range(2 * LIMITS["user"].burst)]
        failures = [one for one in await asyncio.gather(*calls, return_exceptions=True) if isinstance(one, grpc.aio.AioRpcError)]
    assert failures
    for failure in failures:
        assert failure.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert error_of(failure).reason is Reason.OVERLOADED


@asynccontextmanager
async def from_elsewhere(stand: Stand) -> AsyncIterator[str]:
    """Yield an address that leads to the edge, which sees who uses it as a stranger."""
    address = next(STRANGERS)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to = await asyncio.open_connection(HOST, stand.topology.edge_port, local_addr=(address, 0))
        await asyncio.gather(pump(reader, to[1]), pump(to[0], writer))

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async with await asyncio.start_server(relay, HOST, 0) as server:
        yield f"{HOST}:{server.sockets[0].getsockname()[1]}"


async def test_this_machine_itself_is_not_counted(stand: Stand) -> None:
    async with aiohttp.ClientSession(stand.edge, connector=aiohttp.TCPConnector(limit=20)) as http:
        assert {response.status async for response, _ in asked(http, 2 * LIMITS["address"].burst)} == {200}
    async with stranger(stand.edge) as http:
        http.headers["x-envoy-internal"] = "true"  # which anyone can say
        assert 429 in [response.status async for response, _ in asked(http, 2 * LIMITS["address"].burst)]


# --- whose pages, and what browsers are told


async def test_only_pages_of_the_list_may_call(stand: Stand) -> None:
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    async with aiohttp.ClientSession(stand.edge) as http:
        for origin, allowed in (
            (f"http://localhost:{stand.topology.edge_port}", True),
            (over_tls(stand), True),
            ("https://chat.example", False),
            (f"http://localhost:{stand.topology.edge_port}.evil.example", False),
            ("null", False),
        ):
            async with http.options("/v1/conversations", headers={"origin": origin, **asks}) as response:
                assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)
            async with http.get("/v1/auth/jwks.json", headers={"origin": origin}) as response:
                assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)
    assert not stand.calls_of("CreateConversation")


def test_an_origin_can_be_added(stand: Stand) -> None:
    assert 'exact: "https://chat.example"' in render_edge(stand.topology, stand.folder, ["https://chat.example"])


@pytest.mark.parametrize("path", ["/", "/v1/auth/jwks.json", "/v1/nothing"])
async def test_every_answer_has_the_headers_that_make_browsers_careful(stand: Stand, path: str) -> None:
    async with aiohttp.ClientSession(stand.edge) as http, http.get(path) as response:
        for key, value in HEADERS.items():
            assert response.headers[key] == value
        assert "strict-transport-security" not in response.headers
        assert response.headers["server"] == "elastic-chat"
        assert ("content-security-policy" in response.headers) == (path == "/")


# --- overload


async def test_an_edge_that_is_out_of_memory_refuses_and_says_so(stand: Stand) -> None:
    topology = replace(stand.topology, port=stand.topology.port + 900)
    text = render_edge(topology, stand.folder)
    small = text.replace(f"max_heap_size_bytes: {MAX_HEAP}", "max_heap_size_bytes: 1")
    assert small != text
    async with AsyncExitStack() as stack, aiohttp.ClientSession(f"http://{HOST}:{topology.edge_port}") as http:
        await stand.start_envoy(stack, "small-edge", small, topology.edge_admin_port)

        async def refuses() -> bool:
            try:
                async with http.get("/v1/auth/jwks.json") as response:
                    return response.status == 503 and (await response.json())["details"][0]["reason"] == "UNAVAILABLE"
            except aiohttp.ClientError:
                return True  # further on it takes no connections

        await until(refuses, "the edge refuses")

"""All containers of compose.yaml together: what a user does, copies of a service, restarts, and what containers may."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import grpc
import pytest

from bench.client import Account, Api, ApiError, Socket
from launcher.containers.layout import node_id
from launcher.topology import SERVICES
from tests.containers.conftest import ENGINES, Mesh
from tests.e2e.uploads import Files

pytestmark = pytest.mark.timeout(1800)
PATIENCE_S = 90
EVERYONE = (*SERVICES, *ENGINES, "edge", "web", "certifier")


@pytest.fixture
async def anna(api: Api) -> Account:
    return await api.register("anna")


@pytest.fixture
async def bob(api: Api) -> Account:
    return await api.register("bob")


async def eventually(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Return what is answered as soon as something is: what was just started or lost its memory may refuse for a while."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await ask()
            except (ApiError, aiohttp.ClientError, AssertionError, grpc.aio.AioRpcError):
                await asyncio.sleep(0.5)


def texts(entries: list[Any]) -> list[str]:
    return sorted(text for entry in entries if (text := entry.get("body", {}).get("text")))


async def test_everything_runs_and_is_healthy(mesh: Mesh) -> None:
    for service in EVERYONE:
        (container,) = mesh.containers(service)
        state = mesh.inspect(container)["State"]
        assert (state["Status"], state["Health"]["Status"]) == ("running", "healthy"), (service, state)


async def test_pages_come_from_the_web_container_through_the_edge(mesh: Mesh, api: Api) -> None:
    async with api.http.get(mesh.edge + "/") as answer:
        assert answer.status == 200
        assert "<title>" in await answer.text()


async def test_two_people_talk_and_find_what_was_said_in_cassandra(api: Api, anna: Account, bob: Account, mesh: Mesh) -> None:
    conversation_id = await api.direct(anna, bob)
    hers, his = await Socket.open(api, anna), await Socket.open(api, bob)
    said = [f"hello {secrets.token_hex(8)}", f"and hello to you {secrets.token_hex(8)}"]
    await hers.say(conversation_id, said[0])
    assert (await his.until("entry")).body.text == said[0]
    await his.say(conversation_id, said[1])
    await his.until("ack")
    await asyncio.gather(hers.close(), his.close())
    # Valkey forgets everything: what is found now is in Cassandra.
    flush = r"exec 3<>/dev/tcp/127.0.0.1/8084; printf 'FLUSHALL\r\n' >&3; head -c 3 <&3"
    assert mesh.compose("exec", "-T", "valkey", "bash", "-c", flush) == "+OK"
    assert texts(await eventually(lambda: api.messages(bob, conversation_id))) == sorted(said)


async def test_a_file_goes_through_the_edge_and_comes_back(api: Api, anna: Account, bob: Account) -> None:
    hers, his = Files(api, anna), Files(api, bob)
    conversation_id = await api.direct(anna, bob)
    data = secrets.token_hex(100_000).encode()
    file_id = await hers.upload(data, "a long text.txt")
    assert (await his.get(file_id)).status == 404
    await hers.post(conversation_id, file_id)
    assert (await his.get(file_id)).body == data


async def test_what_was_said_is_found_by_words(api: Api, anna: Account, bob: Account) -> None:
    conversation_id = await api.direct(anna, bob)
    word = "x" + secrets.token_hex(8)
    await api.say(anna, conversation_id, f"nobody else says {word}")

    async def found() -> list[Any]:
        answer = await api.call("GET", f"/v1/search?query={word}", token=bob.token)
        assert answer["results"], answer
        return list(answer["results"])

    assert len(await eventually(found)) == 1


async def test_copies_of_a_gateway_take_connections(mesh: Mesh, api: Api, anna: Account, bob: Account) -> None:
    mesh.up("--no-recreate", "--scale", "gateway=3")
    conversation_id = await api.direct(anna, bob)
    networks = [mesh.inspect(container)["NetworkSettings"]["Networks"] for container in mesh.containers("gateway")]
    nodes = {node_id("gateway", one[name]["IPAddress"]) for one in networks for name in one if name.endswith("_mesh")}
    assert len(nodes) == 3

    async def every_one() -> list[Socket]:
        sockets = [await Socket.open(api, bob) for _ in range(12)]
        if {socket.welcome.node_id for socket in sockets} == nodes:
            return sockets
        await asyncio.gather(*(socket.close() for socket in sockets))
        raise AssertionError("the mesh does not know all of them yet")

    sockets = await eventually(every_one)
    await api.say(anna, conversation_id, "to all of you")
    for socket in sockets:
        assert (await socket.until("entry")).body.text == "to all of you"
    await asyncio.gather(*(socket.close() for socket in sockets))


async def test_what_was_said_is_there_after_all_containers_were_made_again(mesh: Mesh, api: Api, anna: Account, bob: Account) -> None:
    conversation_id = await api.direct(anna, bob)
    await api.say(anna, conversation_id, "keep this")
    file_id = await Files(api, anna).upload(b"and this, " * 1_000)
    mesh.compose("down", "--timeout", "30")
    mesh.up()
    entries = await eventually(lambda: api.messages(bob, conversation_id))
    assert texts(entries) == ["keep this"]
    assert (await Files(api, anna).get(file_id)).body == b"and this, " * 1_000


async def test_containers_may_next_to_nothing(mesh: Mesh) -> None:
    for service in EVERYONE:
        found = mesh.inspect(mesh.containers(service)[0])
        host = found["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert host["Memory"] > 0, service
        assert found["Config"]["User"] == "10001:10001", service
        ports = found["NetworkSettings"]["Ports"] or {}
        assert {port for port, where in ports.items() if where} == ({"8080/tcp", "8081/tcp"} if service == "edge" else set()), service


async def test_the_edge_reaches_no_engine_and_no_workload_reads_the_certificate_of_another(mesh: Mesh) -> None:
    reach = "import socket; socket.create_connection(('{}', {}), 2)"
    for engine, port in (("valkey", 8084), ("kafka", 8085), ("cassandra", 8087)):
        refused = mesh.docker.run("exec", mesh.containers("edge")[0], "python", "-c", reach.format(engine, port), check=False)
        assert "gaierror" in refused.stderr, refused.stderr
    router = mesh.containers("router")[0]
    assert mesh.docker.run("exec", router, "ls", "/elastic-chat/identity").stdout.split() == ["router-1-sidecar.json", "trust.json"]
    assert not mesh.docker.run("exec", router, "ls", "/elastic-chat/keys").stdout


async def test_a_service_that_dies_is_started_again_with_its_sidecar(mesh: Mesh, api: Api, anna: Account, bob: Account) -> None:
    conversation_id = await api.direct(anna, bob)
    (writer,) = mesh.containers("writer")
    before = mesh.inspect(writer)["RestartCount"]
    kill = "import psutil; [one.kill() for one in psutil.process_iter() if 'svc_writer' in one.cmdline()]"
    mesh.docker.run("exec", writer, "python", "-c", kill)
    await api.say(anna, conversation_id, "meanwhile")

    async def back() -> None:
        found = mesh.inspect(writer)
        assert (found["RestartCount"], found["State"]["Health"]["Status"]) == (before + 1, "healthy")

    await eventually(back)
    assert texts(await api.messages(bob, conversation_id)) == ["meanwhile"]

"""What the operations page is told: rates between two looks, parts that could not be had, looks that are shared, and who may ask."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from chatkit.core.ids import new_id
from launcher.config import chosen
from launcher.console import look as console_look
from launcher.console.app import build
from launcher.console.look import Look
from launcher.console.report import report
from launcher.console.trace import TraceReader
from launcher.console.watch import EVERY_S, MEMORY_S, Watch
from launcher.envoys.links import Host, Link, Links
from launcher.envoys.methods import Calls, Method, Sample
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.mesh.calls import OPS_PATH, TRACES_PATH
from launcher.probes import UnixHttp, why_not
from launcher.recording import record_topology
from launcher.settings import Settings
from launcher.status.process import ProcessStatus
from launcher.status.told import Told
from launcher.status.usage import Usage
from launcher.topology import HOST, SERVICES, Topology
from launcher.traces import Step, Traces
from launcher.tracing import Tracing

AT = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
NOTHING = TraceReader(Home(Path("nowhere")))
SYNC = Method("edge", "history", "Sync")


def host(requests: int, errors: int = 0, name: str = "history-1") -> Host:
    return Host(name, f"127.0.0.1:{name}", (), 0, requests, errors)


def process(cpu_seconds: float, pid: int = 7, commands: int | None = None) -> ProcessStatus:
    return ProcessStatus("router-1", "running", pid, None, None, 0, None, "router", Usage(1000, cpu_seconds), Told(commands=commands))


def seen(at_s: float, requests: int = 0, errors: int = 0, calls: int = 0, one: ProcessStatus | None = None) -> Look:
    return Look(
        AT,
        at_s,
        Topology(),
        processes=(one or process(1),),
        links=Links((Link("edge", "history", "history", (host(requests, errors),)),), ("router-1-sidecar",)),
        methods=Sample({("edge", SYNC): Calls(calls, Counter({"0": calls - errors, "14": errors}))}),
        certificates=(),
    )


def only(of: list[Any]) -> Any:
    (one,) = of
    return one


def test_rates_are_what_has_come_between_two_looks_by_their_seconds() -> None:
    told = report(
        seen(14, requests=150, errors=6, calls=260, one=process(3.0, commands=90)),
        seen(10, requests=50, errors=4, calls=60, one=process(1.0, commands=10)),
    )
    assert told["seconds"] == 4
    assert (only(only(told["links"])["hosts"])["perSecond"], only(only(told["links"])["hosts"])["errorsPerSecond"]) == (25, 0.5)
    assert (only(told["methods"])["calls"], only(told["methods"])["sampled"]["calls"], only(told["methods"])["sampled"]["perSecond"]) == (
        260,
        200,
        50,
    )
    assert only(told["methods"])["sampled"]["failed"] == 2
    assert (only(told["processes"])["cores"], only(told["processes"])["commandsPerSecond"]) == (0.5, 20)
    assert only(told["processes"])["deliveriesPerSecond"] is None
    assert told["silent"] == ["router-1-sidecar"]


def test_a_way_is_all_that_one_calls_of_another_and_streams_do_not_say_how_fast_it_is() -> None:
    def counted(name: str, total: int, of_ms: float, **statuses: int) -> tuple[tuple[str, Method], Calls]:
        by_status = Counter({status.removeprefix("s"): count for status, count in statuses.items()})
        return ("gateway-1-sidecar", Method("gateway", "router", name)), Calls(
            total, by_status, 3 * total, total, Counter({(of_ms, 1.0): total})
        )

    called = dict([counted("Route", 2, 90_000, s14=2), counted("SendMessage", 6, 4, s0=3, s5=1, s14=1, s4=1)])
    told = report(replace(seen(12), methods=Sample(called)), replace(seen(10), methods=Sample({})))
    way = only(told["ways"])
    assert (way["caller"], way["service"], way["perSecond"], way["messagesPerSecond"]) == ("gateway", "router", 4, 16)
    assert (way["calls"], way["failed"], way["faults"]) == (8, 5, 4)
    assert 4 <= way["p50Ms"] <= way["p99Ms"] <= 5
    assert told["all"] == {key: value for key, value in way.items() if key not in {"caller", "service"}}


def test_a_first_look_has_counts_and_no_rates() -> None:
    told = report(seen(10, requests=50, calls=60), None)
    assert told["seconds"] is None
    assert (only(only(told["links"])["hosts"])["requests"], only(only(told["links"])["hosts"])["perSecond"]) == (50, None)
    assert (only(told["methods"])["calls"], only(told["methods"])["sampled"]["perSecond"]) == (60, None)
    assert only(told["processes"])["cores"] is None
    assert (only(told["ways"])["perSecond"], told["all"]["p99Ms"]) == (None, None)


def test_what_was_started_meanwhile_has_begun_at_zero() -> None:
    told = report(seen(12, requests=8, calls=6, one=process(0.5, pid=8)), seen(10, requests=50, calls=60, one=process(400)))
    assert only(only(told["links"])["hosts"])["perSecond"] == 4
    assert only(told["methods"])["sampled"]["perSecond"] == 3
    assert only(told["processes"])["cores"] is None


def test_an_instance_that_is_new_to_an_envoy_has_had_all_of_its_calls_since() -> None:
    before = replace(seen(10), links=Links(()))
    assert only(only(report(seen(12, requests=8), before)["links"])["hosts"])["perSecond"] == 4


def test_a_part_that_could_not_be_had_spoils_no_other() -> None:
    part = replace(seen(12, calls=6), processes=None, faults={"processes": "No supervisor."})
    told = report(part, seen(10))
    assert told["processes"] is None
    assert told["faults"] == {"processes": "No supervisor."}
    assert only(told["methods"])["sampled"]["perSecond"] == 3
    later = report(seen(14), part)
    assert only(later["processes"])["cores"] is None


def test_the_picture_is_drawn_from_what_may_be_called() -> None:
    told = report(seen(10), None)
    services = {one["name"]: one for one in told["services"]}
    assert list(services) == list(SERVICES)
    assert services["gateway"]["calls"] == ["router", "presence", "history", "accounts", "files"]
    assert services["writer"] == {"name": "writer", "calls": ["router", "files"], "engines": ["valkey", "kafka", "cassandra"]}
    assert told["edge"] == ["gateway", "router", "presence", "history", "accounts", "files"]
    assert json.loads(json.dumps(told)) == told


class Stack:
    """A stack that is looked at, and says how often it was."""

    def __init__(self) -> None:
        self.looks = 0
        self.now_s = 100.0
        self.answers = asyncio.Event()
        self.answers.set()

    async def look(self) -> Look:
        self.looks += 1
        await self.answers.wait()
        return seen(self.now_s, requests=10 * self.looks)

    def watch(self) -> Watch:
        return Watch(self.look, lambda: self.now_s)


async def test_all_who_ask_share_one_look_until_it_is_old() -> None:
    stack = Stack()
    watch = stack.watch()
    stack.answers.clear()
    asking = asyncio.gather(*(watch.report() for _ in range(5)))
    await asyncio.sleep(0)
    stack.answers.set()
    assert len(set(await asking)) == 1
    assert stack.looks == 1
    stack.now_s += EVERY_S - 0.1
    await watch.report()
    assert stack.looks == 1
    stack.now_s += 0.1
    told = json.loads(await watch.report())
    assert stack.looks == 2
    assert only(only(told["links"])["hosts"])["perSecond"] == 10 / EVERY_S


async def test_a_look_of_long_ago_says_nothing_of_how_much_comes_now() -> None:
    stack = Stack()
    watch = stack.watch()
    await watch.report()
    stack.now_s += MEMORY_S + 1
    assert json.loads(await watch.report())["seconds"] is None


async def test_a_look_that_fails_is_tried_again_by_the_next_who_asks() -> None:
    stack, fails = Stack(), [True]

    async def look() -> Look:
        if fails.pop():
            raise LaunchError("No stack is running here", "Start one")
        return await stack.look()

    watch = Watch(look, lambda: stack.now_s)
    with pytest.raises(LaunchError):
        await watch.report()
    fails.append(False)
    assert json.loads(await watch.report())["port"] == Topology().port


@pytest.mark.parametrize("roles", [(), ("user",), ("operator",), ("",), ("user", "admin"), ("admin", "admin")])
async def test_the_console_itself_lets_in_administrators_only(roles: tuple[str, ...]) -> None:
    stack = Stack()
    async with TestClient(TestServer(build(stack.watch(), NOTHING))) as client:
        async with client.get(OPS_PATH, headers=[("x-role", role) for role in roles]) as response:
            assert response.status == 403
            assert (await response.json())["details"][0]["reason"] == "PERMISSION_DENIED"
        assert stack.looks == 0
        async with client.get(OPS_PATH, headers={"x-role": "admin"}) as response:
            assert response.status == 200
            assert response.headers["cache-control"] == "no-store"
            assert (await response.json())["port"] == Topology().port


def traced(folder: Path, tracing: Tracing | None) -> tuple[Home, str]:
    """Return a stack that traces, or does not, and the id of a message that it has traced nevertheless."""
    home, message_id = Home(folder), new_id()
    home.run.mkdir()
    record_topology(home, Topology())
    chosen.record(home, chosen.Chosen("info", (), tracing, {}))
    Traces(home.traces).add(
        [
            Step("t", "a", "", "send", "gateway-1", 1_000_000, 4_500_000, {"message_id": message_id, "outcome": "OK"}),
            Step("t", "b", "a", "append", "router-1", 2_000_000, 3_000_000, {"engine": "kafka"}),
            Step("u", "c", "", "send", "gateway-1", 1_000_000, 2_000_000, {"message_id": new_id()}),
        ]
    )
    return home, message_id


OWN = Tracing(0.01, HOST, Topology().collector_port)


async def test_an_administrator_is_told_the_way_of_a_message_and_nothing_of_others(tmp_path: Path) -> None:
    home, message_id = traced(tmp_path, OWN)
    assert await TraceReader(home).read(message_id) == {
        "messageId": message_id,
        "steps": [
            {"name": "send", "node": "gateway-1", "depth": 0, "atMs": 0.0, "tookMs": 3.5},
            {"name": "append", "node": "router-1", "depth": 1, "atMs": 1.0, "tookMs": 1.0},
        ],
        "share": 0.01,
        "collector": None,
    }


@pytest.mark.parametrize(
    ("tracing", "share", "collector"),
    [(None, 0, None), (OWN, 0.01, None), (Tracing(1, "jaeger.example", 4317), 1, "http://jaeger.example:4317")],
)
async def test_of_what_was_not_traced_it_is_told_why(tmp_path: Path, tracing: Tracing | None, share: float, collector: str | None) -> None:
    home, _ = traced(tmp_path, tracing)
    told = await TraceReader(home).read(other := new_id())
    assert told == {"messageId": other, "steps": [], "share": share, "collector": collector}


@pytest.mark.parametrize("roles", [(), ("user",), ("operator",), ("user", "admin")])
async def test_the_way_of_a_message_is_for_administrators_only(tmp_path: Path, roles: tuple[str, ...]) -> None:
    home, message_id = traced(tmp_path, OWN)
    async with TestClient(TestServer(build(Stack().watch(), TraceReader(home)))) as client:
        async with client.get(f"{TRACES_PATH}/{message_id}", headers=[("x-role", role) for role in roles]) as response:
            assert response.status == 403
        async with client.get(f"{TRACES_PATH}/{message_id}", headers={"x-role": "admin"}) as response:
            assert response.status == 200
            assert len((await response.json())["steps"]) == 2
        async with client.get(f"{TRACES_PATH}/no-uuid", headers={"x-role": "admin"}) as response:
            assert response.status == 400
            assert (await response.json())["details"][0]["reason"] == "INVALID_ARGUMENT"


async def test_where_nothing_runs_the_console_says_so() -> None:
    async def look() -> Look:
        raise LaunchError("No stack is running here", "Start one")

    async with TestClient(TestServer(build(Watch(look, lambda: 0.0), NOTHING))) as client:
        async with client.get(OPS_PATH, headers={"x-role": "admin"}) as response:
            assert response.status == 503
            error = await response.json()
            assert (error["code"], error["details"][0]["reason"]) == (14, "UNAVAILABLE")
            assert "No stack is running here" in error["message"]
        async with client.get("/readyz") as response:
            assert response.status == 200


async def test_whether_it_is_ready_is_asked_at_its_socket() -> None:
    with tempfile.TemporaryDirectory() as folder:  # the path of a socket must be short
        socket = Path(folder) / "console.sock"
        assert await why_not(UnixHttp(socket, "/readyz")) == "not listening yet"
        runner = web.AppRunner(build(Stack().watch(), NOTHING))
        await runner.setup()
        await web.UnixSite(runner, socket).start()
        assert await why_not(UnixHttp(socket, "/readyz")) is None
        assert await why_not(UnixHttp(socket, "/nothing")) == "HTTP 404"
        await runner.cleanup()


async def test_a_look_has_what_it_could_get(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    settings = Settings.from_environment({"ELASTIC_CHAT_HOME": str(tmp_path)})
    links = Links((), ("edge",))

    def ends(_: object) -> Any:
        raise ConnectionResetError

    monkeypatch.setattr(console_look, "running_topology", lambda _: Topology())
    monkeypatch.setattr(console_look.status, "look", ends)
    monkeypatch.setattr(console_look.links, "look", lambda _: links)
    monkeypatch.setattr(console_look.methods, "look", lambda _: Sample({}))
    monkeypatch.setattr(console_look.certificates, "look", lambda _: [])
    found = await console_look.look(settings)
    assert found.faults == {"processes": "It could not be asked (ConnectionResetError)"}
    assert (found.processes, found.links, found.methods, found.certificates) == (None, links, Sample({}), ())

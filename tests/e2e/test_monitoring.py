"""A running stack as its metrics show it, looked at by a real Prometheus with the stack's own configuration."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bench.client import Account, Api, Socket
from chatkit import metrics
from chatkit.core.ids import new_id
from launcher.mesh.calls import methods, service_name
from launcher.topology import HOST, SERVICES
from tests.e2e.stack import ROOT, Stack
from tests.ports import free_base

PATIENCE_S = 90
OF_EVERY_PROCESS = {"chat_build_info", "python_info"}
"""Whose labels say what runs."""
Found = TypeVar("Found")


class Prometheus:
    """One that runs."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, path: str, **query: str) -> Any:
        with urllib.request.urlopen(f"http://{HOST}:{self._port}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=10) as response:
            return json.load(response)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        return self.ask("query", query=expression)["result"]

    def not_up(self) -> list[str]:
        try:
            targets = self.ask("targets")["activeTargets"]
        except OSError as error:
            return [str(error)]
        ill = [f"{one['labels']['instance']}: {one['lastError']}" for one in targets if one["health"] != "up"]
        return ill if targets else ["it knows nothing to scrape"]


async def until(look: Callable[[], Found], wanted: Callable[[Found], bool]) -> Found:
    """Return what is found when it is what is wanted, or in the end."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while not wanted(found := look()) and loop.time() < end:
        await asyncio.sleep(0.5)
    return found


@pytest.fixture
async def prometheus(stack: Stack, tmp_path: Path) -> AsyncIterator[Prometheus]:
    program = shutil.which("prometheus")
    assert program, "these tests need Debian's Prometheus: apt-get install --no-install-recommends prometheus"
    port = free_base(range(31_900, 31_980), range(1))
    config = stack.home / "run" / "monitoring" / "prometheus.yml"
    log = tmp_path / "prometheus.log"
    with log.open("wb") as out:
        running = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            [program, f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}", f"--web.listen-address={HOST}:{port}"],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            made = Prometheus(port)
            left = await until(made.not_up, lambda left: not left)
            assert not left, f"{left}\n{log.read_text(encoding='utf-8')}"
            yield made
        finally:
            running.terminate()
            running.wait(20)


@pytest.fixture
async def pair(api: Api) -> tuple[Account, Account, str]:
    anna, bob = await api.register("anna"), await api.register("bob")
    return anna, bob, await api.direct(anna, bob)


async def chat(api: Api, pair: tuple[Account, Account, str], over: asyncio.Event) -> None:
    """Do a little of everything, again and again."""
    anna, bob, conversation_id = pair
    one, two = await Socket.open_on(api, anna, "gateway-1"), await Socket.open_on(api, bob, "gateway-2")
    while not over.is_set():
        await one.say(conversation_id, "hello")
        await two.until("entry")
        await two.say(conversation_id, "hello to you")
        await one.until("ack")
        await api.call("GET", f"/v1/conversations/{conversation_id}/messages", token=bob.token)
        await asyncio.sleep(0.2)
    await asyncio.gather(one.close(), two.close())


def queries() -> list[tuple[str, str, set[str]]]:
    """Return every query of the dashboard, with its panel and the labels that its legend shows."""
    panels = json.loads((ROOT / "monitoring" / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    return [
        (one["title"], target["expr"].replace("$__rate_interval", "30s"), set(re.findall(r"{{(\w+)}}", target["legendFormat"])))
        for one in panels
        for target in one.get("targets", ())
    ]


async def test_prometheus_finds_everything_the_dashboard_shows_it_and_no_alert_is_told(
    stack: Stack, api: Api, pair: tuple[Account, Account, str], prometheus: Prometheus
) -> None:
    expected = sum(len(list(stack.topology.instances(service))) for service in SERVICES)
    assert len(prometheus.query('up{job="elastic-chat"} == 1')) == expected
    assert len(prometheus.query('up{job="envoy"} == 1')) == expected + 1
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(chat(api, pair, over))
        try:
            for title, expression, legend in queries():
                found = await until(lambda expression=expression: prometheus.query(expression), bool)  # type: ignore[misc]
                assert found, f"{title} shows nothing: {expression}"
                missing = [one["metric"] for one in found if not legend <= one["metric"].keys()]
                # what can be empty shows one line without a name
                assert not missing or (" or " in expression and missing == [{}]), title
            gateways = len(list(stack.topology.instances("gateway")))
            delivered = await until(
                lambda: prometheus.query("chat_gateway_delivery_seconds_count > 0"), lambda found: len(found) == gateways
            )
            assert len(delivered) == gateways
        finally:
            over.set()
    names = {one["metric"]["__name__"] for one in prometheus.query('{__name__!=""}')}
    for rule in _rules():
        used = set(re.findall(r"\b(?:chat|process|envoy)_\w+|\bup\b", rule["expr"])) - {"envoy_cluster_name"}
        assert used
        assert used <= names, rule["alert"]
    told = [one["labels"]["alertname"] for one in prometheus.ask("alerts")["alerts"] if one["state"] == "firing"]
    assert told == []


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "monitoring" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


async def test_whatever_users_do_no_label_has_a_value_that_was_not_declared(
    stack: Stack, api: Api, pair: tuple[Account, Account, str]
) -> None:
    anna, _, conversation_id = pair
    socket = await Socket.open_on(api, anna, "gateway-1")
    await socket.say(conversation_id, "hello")
    await socket.say(new_id(), "to nowhere")
    await socket.close()
    for service in SERVICES:
        importlib.import_module(f"svc_{service}.app")
    paths = {f"/{service_name(service)}/{method}" for service in SERVICES for method in methods(service)}
    for instance in stack.topology.instances():
        async with api.http.get(f"http://{HOST}:{instance.http_port}/metrics") as response:
            families = list(text_string_to_metric_families(await response.text()))
        samples = [sample for family in families for sample in family.samples if sample.name.startswith("chat_")]
        assert len(samples) > 50
        for sample in samples:
            labels = {label: value for label, value in sample.labels.items() if label != "le"}
            if labels and sample.name not in OF_EVERY_PROCESS:
                declared = next(one for name, one in metrics.DECLARED.items() if sample.name.startswith(name.removesuffix("_total")))
                assert all(value in (paths if label == "method" else declared.values[label]) for label, value in labels.items()), sample

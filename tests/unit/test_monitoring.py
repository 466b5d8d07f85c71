"""The alerts, their runbooks and the dashboard, without a stack; tests/e2e/test_monitoring.py asks a running one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatkit.rpc import lane
from launcher.engines import Engines
from launcher.home import Home
from launcher.plan import Stack
from launcher.recording import record_topology
from launcher.render import configuration
from launcher.topology import Topology
from svc_router import pipeline

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
NOWHERE = Path("/nowhere")


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    assert found, "these tests need promtool, of Debian's prometheus: apt-get install --no-install-recommends prometheus"
    return found


def alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_every_alert_tells_what_it_should_and_is_quiet_otherwise(promtool: str) -> None:
    done = subprocess.run([promtool, "test", "rules", MONITORING / "alerts.test.yml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried_both_ways() -> None:
    tried = [
        (case["alertname"], bool(case["exp_alerts"]))
        for test in yaml.safe_load((MONITORING / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
        for case in test["alert_rule_test"]
    ]
    assert set(tried) == {(name, told) for name in alerts() for told in (True, False)}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    _, chapter = text.split("\n## Alerts\n")
    sections = re.findall(r"^### (\w+)$", chapter.split("\n## ")[0], re.MULTILINE)
    assert sections == list(alerts()), "docs/operations.md has a section for each alert, in the order of monitoring/alerts.yml"
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_who_is_told_of_queues_is_told_before_they_are_full() -> None:
    limits = dict(re.findall(r"(chat_\w+) > (\d+)", alerts()["CommandsWait"]["expr"]))
    assert limits == {
        "chat_router_queued_commands": str(pipeline.QUEUE_LIMIT // 2),
        "chat_lane_waiting_commands": str(lane.WAITING_LIMIT // 2),
    }


def test_a_stack_has_a_configuration_for_prometheus(promtool: str, tmp_path: Path) -> None:
    home, topology = Home(tmp_path / "a home"), Topology().scaled("gateway", 3)
    text = configuration(Stack(home, topology, Engines(NOWHERE, NOWHERE, NOWHERE, NOWHERE, (), ())))[home.prometheus]
    record_topology(home, topology)
    home.prometheus.write_text(text, encoding="utf-8")
    done = subprocess.run([promtool, "check", "config", home.prometheus], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    targets = json.loads(home.targets.read_text(encoding="utf-8"))
    services = [one["labels"]["instance"] for one in targets if one["labels"]["job"] == "elastic-chat"]
    envoys = [one["labels"]["instance"] for one in targets if one["labels"]["job"] == "envoy"]
    assert services == [one.name for one in topology.instances()]
    assert envoys == [*(f"{name}-sidecar" for name in services), "edge"]


def panels() -> list[dict[str, Any]]:
    return json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]


def test_every_panel_of_the_dashboard_says_what_it_shows_and_in_which_unit() -> None:
    shown = [one for one in panels() if one["type"] != "row"]
    assert len({one["id"] for one in panels()}) == len(panels())
    assert len({one["title"] for one in shown}) == len(shown)
    for one in shown:
        assert one["description"].endswith("."), one["title"]
        assert one["fieldConfig"]["defaults"]["unit"], one["title"]
        assert one["targets"], one["title"]
        assert {one["datasource"]["uid"], *(target["datasource"]["uid"] for target in one["targets"])} == {"${datasource}"}


def test_no_panel_lies_on_another() -> None:
    def apart(one: dict[str, int], other: dict[str, int]) -> bool:
        return any(one[at] + one[size] <= other[at] or other[at] + other[size] <= one[at] for at, size in (("x", "w"), ("y", "h")))

    places = [one["gridPos"] for one in panels()]
    assert all(apart(one, other) for one, other in combinations(places, 2))
    assert max(place["x"] + place["w"] for place in places) == 24

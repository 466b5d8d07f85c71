"""Release notes from the changelog, and how a release gets to a cluster: with an `aws` that answers, and nothing behind it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery import deploy
from delivery.notes import NoNotes, notes
from launcher import rollout
from launcher.topology import SERVICES

CHANGELOG = """# Changelog

## [Unreleased]

### Added

- Something that is not out yet.

## [1.10.0] - 2026-12-01

### Added

- Newer.

## [1.1.0] - 2026-11-01

### Added

- Older.

### Fixed

- Two things.

## [1.0.0] - 2026-10-01
"""


def project(version: str) -> str:
    return f'[project]\nname = "elastic-chat"\nversion = "{version}"\n'


def test_notes_are_what_is_said_of_one_version() -> None:
    assert notes("v1.1.0", CHANGELOG, project("1.1.0")) == "### Added\n\n- Older.\n\n### Fixed\n\n- Two things.\n"
    assert notes("v1.10.0", CHANGELOG, project("1.10.0")) == "### Added\n\n- Newer.\n"


@pytest.mark.parametrize(
    ("tag", "version", "reason"),
    [
        ("1.1.0", "1.1.0", "no version"),
        ("v1.1", "1.1", "no version"),
        ("v1.1.0", "1.2.0", "the code says that it is 1.2.0"),
        ("v2.0.0", "2.0.0", "says nothing of 2.0.0"),
        ("v1.0.0", "1.0.0", "says nothing of 1.0.0"),
    ],
)
def test_what_is_wrong_is_said(tag: str, version: str, reason: str) -> None:
    with pytest.raises(NoNotes, match=reason):
        notes(tag, CHANGELOG, project(version))


ACCOUNT = "1.dkr.ecr.eu-west-1.amazonaws.com/chat"


def definition(service: str, version: str = "1.0.0") -> dict[str, Any]:
    """Return a task definition as ECS tells it, which has more in it than it takes."""
    return {
        "family": f"chat-{service}",
        "taskDefinitionArn": f"arn:chat-{service}:1",
        "revision": 1,
        "status": "ACTIVE",
        "cpu": "512",
        "containerDefinitions": [
            {"name": "service", "image": f"{ACCOUNT}/elastic-chat:{version}", "essential": True},
            {"name": "sidecar", "image": f"{ACCOUNT}/elastic-chat-mesh:{version}"},
            {"name": "collector", "image": "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.0"},
        ],
    }


def test_our_images_get_the_version_and_no_others() -> None:
    new = deploy.with_version(definition("router"), "1.2.3")
    assert [container["image"] for container in new["containerDefinitions"]] == [
        *(f"{ACCOUNT}/elastic-chat:1.2.3", f"{ACCOUNT}/elastic-chat-mesh:1.2.3"),
        "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.0",
    ]
    assert new["containerDefinitions"][0]["essential"]
    assert {"family", "cpu"} <= new.keys()
    assert not {"taskDefinitionArn", "revision", "status"} & new.keys()


@pytest.mark.parametrize("image", ["registry:5000/elastic-chat:1", "registry:5000/elastic-chat", "registry:5000/elastic-chat@sha256:00"])
def test_an_image_is_known_however_it_is_written(image: str) -> None:
    new = deploy.with_version({"family": "f", "containerDefinitions": [{"image": image}]}, "2.0.0")
    assert new["containerDefinitions"][0]["image"] == "registry:5000/elastic-chat:2.0.0"


def test_a_task_of_somebody_else_is_refused() -> None:
    with pytest.raises(deploy.NotOurs):
        deploy.with_version({"family": "f", "containerDefinitions": [{"image": "registry/elastic-chat-like:1"}]}, "2.0.0")


FAKE = """#!{python}
import json, os, sys
from pathlib import Path
log = Path(os.environ["AWS_LOG"])
said = sys.argv[1:-2]
with log.open("a") as file:
    file.write(json.dumps(said) + chr(10))
definition = json.loads(os.environ["AWS_DEFINITION"])
match said[:2]:
    case ["ecs", "describe-task-definition"]:
        print(json.dumps({{"taskDefinition": {{**definition, "family": said[3]}}}}))
    case ["ecs", "register-task-definition"]:
        new = json.loads(said[3])
        print(json.dumps({{"taskDefinition": {{"taskDefinitionArn": "arn:" + new["family"] + ":2"}}}}))
    case ["ecs", "describe-services"]:
        went_back = said[5] == os.environ.get("AWS_WENT_BACK")
        print(json.dumps({{"services": [{{"taskDefinition": "arn:chat-" + said[5] + (":1" if went_back else ":2")}}]}}))
    case ["deploy", "create-deployment"]:
        print(json.dumps({{"deploymentId": "d-1"}}))
"""


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[list[str]]]:
    """Put an `aws` on the path that answers as AWS would, and return what it was asked."""
    program, log = tmp_path / "aws", tmp_path / "log"
    program.write_text(FAKE.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("AWS_LOG", str(log))
    monkeypatch.setenv("AWS_DEFINITION", json.dumps(definition("any")))
    return lambda: [json.loads(line) for line in log.read_text().splitlines()]


def test_services_are_deployed_one_after_the_other_and_the_edge_last(aws: Callable[[], list[list[str]]]) -> None:
    deploy.deploy("chat", "cluster", "1.2.3")
    asked = aws()
    steps = [one[1] for one in asked]
    each = ["describe-task-definition", "register-task-definition", "update-service", "wait", "describe-services"]
    assert steps == [*each * len(deploy.ORDER), "describe-task-definition", "register-task-definition", "create-deployment", "wait"]
    assert [one[5] for one in asked if one[1] == "update-service"] == list(deploy.ORDER)
    revision = json.loads(asked[-2][-1])
    content = yaml.safe_load(revision["appSpecContent"]["content"])
    assert content["Resources"][0]["TargetService"]["Properties"]["TaskDefinition"] == "arn:chat-edge:2"
    registered = json.loads(asked[1][3])
    assert registered["containerDefinitions"][0]["image"].endswith("/elastic-chat:1.2.3")


def test_a_service_that_goes_back_stops_the_deployment(aws: Callable[[], list[list[str]]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_WENT_BACK", "history")
    with pytest.raises(SystemExit, match="history went back"):
        deploy.deploy("chat", "cluster", "1.2.3")
    assert [one[5] for one in aws() if one[1] == "update-service"] == ["writer", "search", "history"]


def test_the_order_is_that_of_a_restart_of_everything() -> None:
    assert deploy.ORDER == rollout.ORDER
    assert set(deploy.ORDER) == set(SERVICES)

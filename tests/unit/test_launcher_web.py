"""When the web client is built, and when its packages are installed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from launcher import web
from launcher.display import Display


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A web client whose npm writes down what it is asked for."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.ts").write_text("1")
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}")
    asked = tmp_path / "node_modules" / "asked"

    def npm(environ: Mapping[str, str], command: tuple[str, ...], folder: Path, log: Path) -> None:
        del environ, log
        asked.parent.mkdir(exist_ok=True)
        (folder / "dist").mkdir(exist_ok=True)
        with asked.open("a") as file:
            file.write(f"{command[0]} ")

    monkeypatch.setattr(web, "_npm", npm)
    monkeypatch.setattr("launcher.engines.node.environment", lambda *_: {})
    return tmp_path


def asked(folder: Path) -> list[str]:
    path = folder / "node_modules" / "asked"
    words = path.read_text().split()
    path.write_text("")
    return words


def test_it_is_built_once_and_again_only_when_its_sources_change(folder: Path) -> None:
    for _ in range(2):
        web.build(folder, folder, Display())
    assert asked(folder) == ["ci", "run"]
    (folder / "src" / "main.ts").write_text("2")
    web.build(folder, folder, Display())
    assert asked(folder) == ["run"], "packages that are there need no network"


def test_packages_are_installed_again_when_their_lock_changes(folder: Path) -> None:
    web.build(folder, folder, Display())
    asked(folder)
    (folder / "package-lock.json").write_text('{"new": 1}')
    later = (folder / "node_modules" / ".stamp").stat().st_mtime + 5
    os.utime(folder / "package-lock.json", (later, later))
    web.build(folder, folder, Display())
    assert asked(folder) == ["ci", "run"]


def test_without_a_web_client_nothing_is_built(tmp_path: Path) -> None:
    web.build(tmp_path, tmp_path, Display())
    assert list(tmp_path.iterdir()) == []

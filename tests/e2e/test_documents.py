"""What the documents tell their reader to type does what they say."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from clients.builds import BUILDS, go_environ
from launcher import engines
from launcher.display import Display
from launcher.engines import node
from launcher.settings import Settings
from tests.e2e import documents
from tests.e2e.stack import ROOT, Stack


@pytest.mark.parametrize("page", ["conversations", "files", "messages", "notifications", "personal", "presence", "search"])
def test_every_example_of_a_page_does_what_the_page_says(stack: Stack, tmp_path: Path, page: str) -> None:
    ran = documents.run(ROOT / "docs" / f"{page}.md", stack, tmp_path, os.environ)
    assert sum(example.output is not None for example, _ in ran) > 3
    check(ran)


@pytest.mark.timeout(400)  # a first build fetches a toolchain
def test_every_example_of_the_clients_page_does_what_the_page_says(stack: Stack, tmp_path: Path) -> None:
    cache = Settings.from_environment(os.environ).cache
    BUILDS["typescript"](cache, Display())  # with which everything is there that a reader of the page has installed
    toolchains = [engines.provide_program("go", cache, Display()).parent, node.provide(cache, Display())]
    environ = os.environ | {
        "ELASTIC_CHAT_HOME": str(stack.home),
        "ELASTIC_CHAT_PORT": str(stack.topology.port),
        "PATH": os.pathsep.join(map(str, (*toolchains, Path(sys.executable).parent, os.environ["PATH"]))),
        **go_environ(cache),
    }
    ran = documents.run(ROOT / "docs" / "clients.md", stack, tmp_path, environ)
    assert {example.language for example, _ in ran} == {"sh", "python", "ts"}
    check(ran)


def test_every_example_of_the_page_on_link_previews_does_what_the_page_says(stack: Stack, tmp_path: Path) -> None:
    ran = documents.run(ROOT / "docs" / "link-previews.md", stack, tmp_path, os.environ)
    assert len(ran) == 2
    check(ran)


def test_every_example_of_the_page_on_safety_does_what_the_page_says(stack: Stack, tmp_path: Path) -> None:
    operator = {"ELASTIC_CHAT_HOME": str(stack.home), "ELASTIC_CHAT_PORT": str(stack.topology.port)}
    ran = documents.run(ROOT / "docs" / "safety.md", stack, tmp_path, os.environ | operator)
    assert len(ran) == 6
    check(ran)


def check(ran: Iterable[tuple[documents.Example, str]]) -> None:
    for example, printed in ran:
        assert example.shows(printed), f"{example.code}\nsays\n{example.output}\nand printed\n{printed}"

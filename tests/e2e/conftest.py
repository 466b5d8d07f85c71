"""One whole stack for all end-to-end tests, started as a user starts it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from bench.client import Api
from launcher.topology import Topology
from tests.e2e.person import FLAGS
from tests.e2e.stack import Stack
from tests.ports import free_base


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    # a folder of our own, because the path of a socket in it must be short
    made = Stack(Topology(free_base(range(24_080, 31_000, 1_000))), Path(tempfile.mkdtemp(prefix="elastic-chat-")))
    try:
        made.run("up")
        yield made
    finally:
        made.run("down", check=False)
        shutil.rmtree(made.home)


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[Api]:
    made = Api(stack.edge)
    yield made
    await made.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    assert path, "these tests drive Debian's Chromium: apt-get install chromium"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        await launched.close()

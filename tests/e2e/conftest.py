"""One whole stack for all end-to-end tests, started as a user starts it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from bench.client import Account, Api
from tests.e2e.person import FLAGS
from tests.e2e.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with Stack.shared() as made:
        yield made


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[Api]:
    made = Api(stack.edge)
    yield made
    await made.close()


@pytest.fixture
async def anna(api: Api) -> Account:
    return await api.register("anna")


@pytest.fixture
async def bob(api: Api) -> Account:
    return await api.register("bob")


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    assert path, "these tests drive Debian's Chromium: apt-get install chromium"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        await launched.close()


@pytest.fixture
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """One browser for all tests; each has profiles of its own, of which nothing is left."""
    yield chromium
    for context in chromium.contexts:
        await context.close()

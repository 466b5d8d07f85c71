"""Real Envoys: the binary that the launcher fetches, and a mesh of them."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from chatkit.core.ids import new_id
from launcher import engines
from launcher.display import Display
from launcher.settings import Settings
from tests.forgeries import Mint
from tests.integration.envoy.stand import Stand, started


@pytest.fixture(scope="session")
def envoy() -> Path:
    """Return the Envoy binary, fetched if this machine has not got it yet."""
    return engines.provide(Settings.from_environment(os.environ).cache, Display()).envoy


@pytest.fixture(scope="package")
async def shared_stand(envoy: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    scale = {"gateway": 2, "router": 2, "presence": 1, "history": 1, "writer": 1, "accounts": 1, "files": 1, "search": 1}
    async with AsyncExitStack() as stack:
        yield await started(envoy, tmp_path_factory.mktemp("mesh"), scale, stack)


@pytest.fixture
def stand(shared_stand: Stand) -> Stand:
    """Return the mesh that all tests share, with nothing recorded and nothing scripted. Tests leave its processes as they found them."""
    shared_stand.calls.clear()
    shared_stand.scripts.clear()
    return shared_stand


@pytest.fixture
async def http(stand: Stand) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(stand.edge) as session:
        yield session


@pytest.fixture
def mint(stand: Stand) -> Mint:
    return Mint(stand.key.key, "key-1", new_id(), new_id(), int(time.time()))

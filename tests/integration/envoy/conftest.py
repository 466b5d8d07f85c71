"""Real Envoys: the binary that the launcher fetches, and a mesh of them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from launcher import engines
from launcher.display import Display
from launcher.settings import Settings
from tests.integration.envoy.stand import Stand, started


@pytest.fixture(scope="session")
def envoy() -> Path:
    """Return the Envoy binary, fetched if this machine has not got it yet."""
    return engines.provide(Settings.from_environment(os.environ).cache, Display()).envoy


@pytest.fixture(scope="package")
async def shared_stand(envoy: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    scale = {"gateway": 2, "router": 2, "presence": 1, "history": 1, "writer": 1, "accounts": 1, "files": 1}
    async with AsyncExitStack() as stack:
        yield await started(envoy, tmp_path_factory.mktemp("mesh"), scale, stack)


@pytest.fixture
def stand(shared_stand: Stand) -> Stand:
    """Return the mesh that all tests share, with nothing recorded and nothing scripted. Tests leave its processes as they found them."""
    shared_stand.calls.clear()
    shared_stand.scripts.clear()
    return shared_stand

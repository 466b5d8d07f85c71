"""What several tests of the rules need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.routing import Bench


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr("chatkit.core.backoff.Backoff.next", lambda _: 0.0)
    monkeypatch.setattr("svc_router.pace.LEAST_S", 0.0)
    monkeypatch.setattr("svc_router.pace.MOST_S", 0.0)
    made = Bench()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(made.pipeline.run())
        yield made
        running.cancel()

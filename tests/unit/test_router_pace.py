"""When a router begins its batches."""

from __future__ import annotations

import asyncio

import pytest

from svc_router.pace import Pace


async def waited(pace: Pace) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await pace.keep()
    return loop.time() - began


async def test_batches_begin_as_often_as_they_take_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svc_router.pace.LEAST_S", 0.02)
    monkeypatch.setattr("svc_router.pace.MOST_S", 0.2)
    pace = Pace()
    with pytest.raises(StopIteration):
        pace.keep().send(None)  # nothing to wait for
    assert await waited(pace) > 0.015
    for _ in range(30):
        pace.note(60.0)
    await pace.keep()
    assert 0.15 < await waited(pace) < 30.0
    for _ in range(60):
        pace.note(0.001)
    await pace.keep()
    loop = asyncio.get_running_loop()
    assert vars(pace)["_until"] - loop.time() <= 0.021

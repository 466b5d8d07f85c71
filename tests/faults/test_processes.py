"""Processes that die, freeze, and come back as ghosts."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.conftest import Trials

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(
    ("name", "goal_s"),
    [("router-1", 5), ("gateway-1", 5), ("history-1", None), ("presence-1", None), ("writer-1", None)],
)
async def test_a_service_is_killed(trials: Trials, name: str, goal_s: float | None) -> None:
    async with trials(f"SIGKILL of {name}", goal_s) as trial:
        trial.injector.kill(name)
        await trial.load.some_answers(100)


@pytest.mark.parametrize(("name", "goal_s"), [("valkey", 15), ("kafka", 20), ("cassandra", None)])
async def test_an_engine_is_killed(trials: Trials, name: str, goal_s: float | None) -> None:
    async with trials(f"SIGKILL of {name}", goal_s) as trial:
        trial.injector.kill(name)
        await trial.load.some_answers(100)


@pytest.mark.parametrize("name", ["router-1-sidecar", "gateway-1-sidecar", "edge"])
async def test_an_envoy_is_killed(trials: Trials, name: str) -> None:
    async with trials(f"SIGKILL of {name}") as trial:
        trial.injector.kill(name)
        await trial.load.some_answers(100)


@pytest.mark.parametrize("name", ["gateway-1", "router-1", "presence-1", "writer-1"])
async def test_a_service_freezes_for_longer_than_its_lease_and_wakes(trials: Trials, name: str) -> None:
    async with trials(f"SIGSTOP of {name} for 13 s") as trial:
        pid = trial.injector.freeze(name)
        await asyncio.sleep(13)
        trial.injector.thaw(pid)
        await trial.load.some_answers(100)


@pytest.mark.parametrize("name", ["valkey", "kafka"])
async def test_an_engine_freezes_and_wakes(trials: Trials, name: str) -> None:
    async with trials(f"SIGSTOP of {name} for 12 s") as trial:
        pid = trial.injector.freeze(name)
        await asyncio.sleep(12)
        trial.injector.thaw(pid)
        await trial.load.some_answers(100)

"""Processes that die, freeze, and come back as ghosts."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.conftest import LONG, Trials

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(
    ("service", "goal_s"),
    [("router", 5), ("gateway", 5), ("history", None), ("presence", None), ("writer", None), ("accounts", None)],
)
async def test_a_service_is_killed(trials: Trials, service: str, goal_s: float | None) -> None:
    async with trials(f"SIGKILL of a {service}", goal_s) as trial:
        victim = await trial.injector.busiest(service)
        trial.strike()
        trial.injector.kill(victim)
        await trial.load.some_answers(100)


@pytest.mark.parametrize(("name", "goal_s"), [("valkey", 15), ("kafka", 20), ("cassandra", None)])
async def test_an_engine_is_killed(trials: Trials, name: str, goal_s: float | None) -> None:
    async with trials(f"SIGKILL of {name}", goal_s) as trial:
        trial.injector.kill(name)
        await trial.load.some_answers(100)


async def test_the_edge_is_killed(trials: Trials) -> None:
    async with trials("SIGKILL of edge") as trial:
        trial.injector.kill("edge")
        await trial.load.some_answers(100)


@pytest.mark.parametrize("service", ["router", "gateway"])
async def test_a_sidecar_is_killed(trials: Trials, service: str) -> None:
    async with trials(f"SIGKILL of the sidecar of a {service}") as trial:
        victim = await trial.injector.busiest(service)
        trial.strike()
        trial.injector.kill(f"{victim}-sidecar")
        await trial.load.some_answers(100)


@pytest.mark.parametrize("service", ["gateway", "router", *(["presence", "writer"] if LONG else [])])
async def test_a_service_freezes_for_longer_than_its_lease_and_wakes(trials: Trials, service: str) -> None:
    async with trials(f"SIGSTOP of a {service} for 13 s") as trial:
        victim = await trial.injector.busiest(service)
        trial.strike()
        pid = trial.injector.freeze(victim)
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

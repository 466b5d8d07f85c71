"""Processes that leave as they should: nobody loses anything, and nobody comes back together with everyone else."""

from __future__ import annotations

import asyncio
import time

import pytest

from bench.results import percentile
from tests.faults.conftest import LONG, Trials

pytestmark = pytest.mark.timeout(900)

CROWD = 2000 if LONG else 120


async def test_a_gateway_is_drained(trials: Trials) -> None:
    async with trials(f"drain of a gateway with {CROWD} clients", calm=True) as trial:
        await trial.load.crowd(2 * CROWD)
        trial.load.journal.gaps_s.clear()
        trial.strike()
        began = time.monotonic()
        await asyncio.to_thread(trial.injector.stack.run, "drain", "gateway-2")
        trial.book.note(f"{trial.name}: done after", "s", time.monotonic() - began, 15)
        await trial.load.all_live()
        gaps = trial.load.journal.gaps_s
        trial.book.note(f"{trial.name}: gap that a client sees, p99", "s", percentile(gaps, 99), 2)
        assert len(gaps) >= CROWD / 3
        assert {member.node_id for member in trial.load.members} == {"gateway-1"}
        trial.injector.stack.run("restart", "gateway-2")


@pytest.mark.parametrize("service", ["gateway", "router", "writer", *(["presence", "history", "accounts"] if LONG else [])])
async def test_a_service_is_restarted_in_turn(trials: Trials, service: str) -> None:
    async with trials(f"rolling restart of {service}") as trial:
        await asyncio.to_thread(trial.injector.stack.run, "restart", service)
        await trial.load.some_answers(50)


@pytest.mark.parametrize("service", ["gateway", "router"])
async def test_a_service_is_told_to_stop(trials: Trials, service: str) -> None:
    async with trials(f"SIGTERM of a {service}") as trial:
        await trial.injector.stop(await trial.injector.busiest(service))
        await trial.load.some_answers(50)
        await asyncio.sleep(1)


@pytest.mark.parametrize("service", ["gateway", *(["router", "history"] if LONG else [])])
async def test_a_service_grows_and_shrinks(trials: Trials, service: str) -> None:
    async with trials(f"scaling of {service} to 4 and back") as trial:
        run, topology = trial.injector.stack.run, trial.injector.stack.topology
        usual = topology.scale[service]
        await asyncio.to_thread(run, "scale", service, "4")
        names = {one.name for one in topology.scaled(service, 4).instances(service)}
        assert names <= trial.injector.stack.status().keys()
        for member in trial.load.members[::2]:
            member.cut()
        await trial.load.some_answers(100)
        await asyncio.to_thread(run, "scale", service, str(usual))
        await trial.load.some_answers(100)
        assert not {f"{service}-{number}" for number in range(usual + 1, 5)} & trial.injector.stack.status().keys()

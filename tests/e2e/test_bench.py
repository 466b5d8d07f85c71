"""The bench measures what it says: tried on little, for a moment."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from bench import people as kept_people
from bench.client import Api
from bench.group import Group
from bench.pairs import Pairs
from bench.people import people
from bench.processes import Processes
from bench.steps import Step, figures_of, highest_rate
from launcher.topology import HOST
from tests.e2e.stack import Stack


@pytest.fixture
def processes(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Processes:
    monkeypatch.setenv("ELASTIC_CHAT_HOME", str(stack.home))
    monkeypatch.setenv("ELASTIC_CHAT_PORT", str(stack.topology.port))
    monkeypatch.setattr(kept_people, "KEPT", tmp_path / "people.json")
    return Processes()


async def told(stack: Stack) -> float:
    """Return how many senders were answered when their gateway heard of the entry."""
    async with aiohttp.ClientSession() as http:
        pages = [await http.get(f"http://{HOST}:{one.http_port}/metrics") for one in stack.topology.instances("gateway")]
        lines = [line for page in pages for line in (await page.text()).splitlines()]
    return sum(float(line.split()[-1]) for line in lines if line.startswith("chat_lane_told_total"))


async def test_pairs_are_measured(stack: Stack, processes: Processes) -> None:
    pairs = Pairs(stack.edge, processes)
    await pairs.open(6)
    step = await pairs.run(40.0, 0.2, 1.5)
    await pairs.close()
    assert not step.wrong, step
    assert len(step.ack_ms) == len(step.delivery_ms) > 20
    assert {"gateway", "router", "edge", "kafka"} <= step.cpu_us.keys()
    assert sum(step.cpu_us.values()) > 0
    assert await told(stack) > 0, "senders are answered by what their gateway hears"
    figures = figures_of([step], "few", {"p50": 1e-9}, "delivered message")
    assert {one.ok for one in figures if one.figure == "few: delivery, p50"} == {False}


async def test_a_group_is_measured_and_whoever_missed_something_is_found_and_comes_back(stack: Stack, processes: Processes) -> None:
    group = Group(stack.edge, [stack.edge], processes)
    await group.open(8, 2)
    step = await group.run(20.0, 0.2, 1.0)
    assert not step.wrong, step
    assert len(step.delivery_ms) == 8 * len(step.ack_ms)
    asyncio.get_running_loop().call_later(0.3, group._members[3].cut)
    step = await group.run(20.0, 0.0, 1.0)
    assert step.wrong["lost"] > 0
    step = await group.run(20.0, 0.2, 1.0)
    assert not step.wrong, step
    await group.close()


async def test_people_are_kept_from_one_time_to_the_next(stack: Stack, processes: Processes) -> None:
    del processes
    api = Api(stack.edge)
    first = await people(api, 3)
    again = await people(api, 4)
    assert [one.user_id for one in again[:3]] == [one.user_id for one in first]
    assert len({one.user_id for one in again}) == 4
    await api.close()


async def test_the_highest_rate_lies_where_it_begins_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.steps.REST_S", 0.0)
    tried = []

    async def run(rate: float, warm_s: float, measured_s: float) -> object:
        del warm_s, measured_s
        tried.append(rate)
        step = Step(rate, delivery_ms=[1.0], late_ms=[0.0])
        step.note_wrong("lost", int(rate > 700))
        return step

    rate, step = await highest_rate(run, 100.0)  # type: ignore[arg-type]
    assert 700 / 1.1 < rate <= 700
    assert step is not None
    assert step.rate == rate
    assert len(tried) < 20

"""The network between the parts of the mesh: slow, cut, and deaf in one direction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.conftest import LONG, Trial, Trials
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.timeout(900)

BETWEEN = [("router", "router-1"), *([("gateway", "gateway-1")] if LONG else [])]


@asynccontextmanager
async def on_the_way(trial: Trial, service: str, instance: str) -> AsyncIterator[Proxy]:
    """Give the proxy on the way to an instance, and see that the fault met someone."""
    async with trial.injector.between(service, instance) as proxy:
        await trial.load.some_answers(100)
        trial.strike()
        before = proxy.pieces
        yield proxy
        assert proxy.pieces > before + 5


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_an_instance_is_far_away(trials: Trials, service: str, instance: str) -> None:
    async with trials(f"200 ms +-100 to {instance}") as trial, on_the_way(trial, service, instance) as proxy:
        proxy.delay_s = (0.1, 0.3)
        await asyncio.sleep(6)
        # Its own clients have felt it.
        assert trial.load.longest_wait(trial.struck_at) > 0.1


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_connections_to_an_instance_are_cut_again_and_again(trials: Trials, service: str, instance: str) -> None:
    async with trials(f"connections to {instance} cut") as trial, on_the_way(trial, service, instance) as proxy:
        for _ in range(5):
            await asyncio.sleep(1)
            proxy.cut()


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_an_instance_hears_nothing_any_more(trials: Trials, service: str, instance: str) -> None:
    async with trials(f"nothing gets to {instance} for 10 s") as trial, on_the_way(trial, service, instance) as proxy:
        proxy.is_deaf = True
        await asyncio.sleep(10)


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_nobody_hears_an_instance_any_more(trials: Trials, service: str, instance: str) -> None:
    """What it is told it does; that it did, nobody learns."""
    async with trials(f"nothing comes from {instance} for 10 s") as trial, on_the_way(trial, service, instance) as proxy:
        proxy.is_mute = True
        await asyncio.sleep(10)


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_an_instance_is_cut_off_without_a_word(trials: Trials, service: str, instance: str) -> None:
    async with trials(f"{instance} cut off for 10 s") as trial, on_the_way(trial, service, instance) as proxy:
        proxy.is_deaf = proxy.is_mute = True
        await asyncio.sleep(10)

"""The network between the parts of the mesh: slow, cut, and deaf in one direction."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.conftest import Trials

pytestmark = pytest.mark.timeout(900)

BETWEEN = [("router", "router-1"), ("gateway", "gateway-1")]


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_an_instance_is_far_away(trials: Trials, service: str, instance: str) -> None:
    async with trials(f"200 ms +-100 to {instance}") as trial, trial.injector.between(service, instance) as proxy:
        proxy.delay_s = (0.1, 0.3)
        await asyncio.sleep(6)


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_connections_to_an_instance_are_cut_again_and_again(trials: Trials, service: str, instance: str) -> None:
    async with trials(f"connections to {instance} cut") as trial, trial.injector.between(service, instance) as proxy:
        for _ in range(5):
            await asyncio.sleep(1)
            proxy.cut()


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_an_instance_hears_nothing_any_more(trials: Trials, service: str, instance: str) -> None:
    async with trials(f"nothing gets to {instance} for 10 s") as trial, trial.injector.between(service, instance) as proxy:
        await asyncio.sleep(2)
        proxy.is_deaf = True
        await asyncio.sleep(10)


@pytest.mark.parametrize(("service", "instance"), BETWEEN)
async def test_nobody_hears_an_instance_any_more(trials: Trials, service: str, instance: str) -> None:
    """What it is told it does; that it did, nobody learns."""
    async with trials(f"nothing comes from {instance} for 10 s") as trial, trial.injector.between(service, instance) as proxy:
        await asyncio.sleep(2)
        proxy.is_mute = True
        await asyncio.sleep(10)

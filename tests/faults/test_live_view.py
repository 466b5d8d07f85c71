"""The live view loses its memory: all of it, some of it, or only whom it was telling."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.faults.conftest import Trials

pytestmark = pytest.mark.timeout(900)


async def test_the_live_view_is_wiped(trials: Trials) -> None:
    async with trials("FLUSHALL of valkey", 10) as trial:
        async with trial.injector.redis() as redis:
            await redis.flushall()
        await trial.load.some_answers(100)


async def test_the_live_view_is_wiped_twice_in_a_second(trials: Trials) -> None:
    async with trials("FLUSHALL of valkey, twice", 10) as trial, trial.injector.redis() as redis:
        await redis.flushall()
        await asyncio.sleep(0.7)
        await redis.flushall()
        await trial.load.some_answers(100)


async def test_the_live_view_dies_and_its_data_with_it(trials: Trials) -> None:
    async with trials("loss of valkey and its disk", 20) as trial:
        await trial.injector.away("valkey")
        shutil.rmtree(trial.injector.redis_data)
        trial.injector.redis_data.mkdir()
        await trial.injector.start("valkey")
        await trial.load.some_answers(100)


async def test_the_live_view_comes_back_as_an_older_copy_as_at_a_failover(trials: Trials, tmp_path: Path) -> None:
    async with trials("valkey from an older copy", 20) as trial:
        shutil.copytree(trial.injector.redis_data, tmp_path / "copy")
        await trial.load.some_answers(200)
        trial.strike()
        await trial.injector.restart_from(tmp_path / "copy")
        await trial.load.some_answers(100)


async def test_subscribers_are_cut_off_again_and_again(trials: Trials) -> None:
    async with trials("subscriptions cut") as trial, trial.injector.redis() as redis:
        for _ in range(4):
            await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            await trial.load.some_answers(30)


async def test_every_connection_to_the_live_view_is_cut_under_load(trials: Trials) -> None:
    """A reply must never reach another caller than the one that asked for it."""
    async with trials("connections to valkey cut") as trial, trial.injector.redis() as redis:
        for _ in range(6):
            await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            await trial.load.some_answers(30)

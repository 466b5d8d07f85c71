"""The indexes of search on a running stack: shared by two instances, lost and made again, and without what has gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from bench.client import Account, Api
from chatkit.core.ids import new_id
from launcher.topology import Instance
from tests.e2e.stack import Stack

PATIENCE_S = 90.0
ROOMS = 24


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """A stack whose search may come to harm."""
    with Stack.started() as stack:
        yield stack


@pytest.fixture
async def own_api(own_stack: Stack) -> AsyncIterator[Api]:
    api = Api(own_stack.edge)
    yield api
    await api.close()


async def say(api: Api, by: Account, conversation_id: str, text: str) -> None:
    path = f"/v1/conversations/{conversation_id}/messages"
    await api.call("POST", path, {"messageId": new_id(), "body": {"text": text}}, token=by.token)


async def found(api: Api, by: Account, word: str) -> tuple[int, bool]:
    """Return how many messages are found, of at most 50, and whether some may be missing."""
    answer = await api.call("GET", f"/v1/search?query={word}&pageSize=50", token=by.token)
    return len(answer["results"]), answer["incomplete"]


async def until_all_found(api: Api, by: Account, word: str, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await found_if_there(api, by, word) != (count, False):
            await asyncio.sleep(0.2)


async def found_if_there(api: Api, by: Account, word: str) -> tuple[int, bool] | None:
    try:
        return await found(api, by, word)
    except Exception:  # noqa: BLE001 - none of search may be there for a while
        return None


def folder(stack: Stack, instance: Instance) -> Path:
    return stack.home / "data" / "search" / instance.name


def parts(stack: Stack, instance: Instance) -> set[str]:
    return {path.stem for path in folder(stack, instance).glob("*.sqlite")}


async def talk(api: Api) -> tuple[Account, str]:
    """Let two people say something in many conversations, all over the log."""
    anna, bob, word = await api.register("anna"), await api.register("bob"), f"w{new_id()[-12:]}"
    rooms = [await api.group(anna, f"Room {n}", [bob]) for n in range(ROOMS)]
    for room in rooms:
        await say(api, anna, room, f"{word} in {room}")
    return bob, word


async def test_an_index_that_is_killed_and_lost_is_made_again(own_stack: Stack, own_api: Api) -> None:
    bob, word = await talk(own_api)
    await until_all_found(own_api, bob, word, ROOMS)
    (instance,) = own_stack.topology.instances("search")
    (process,) = (
        one
        for one in psutil.process_iter(["cmdline", "environ"])
        if one.info["cmdline"] and "svc_search" in one.info["cmdline"] and str(own_stack.home) in str(one.info["environ"])
    )
    shutil.rmtree(folder(own_stack, instance))
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.wait, 10)
    await until_all_found(own_api, bob, word, ROOMS)
    assert len(parts(own_stack, instance)) == 12


async def test_two_instances_share_the_parts_and_find_everything_together(own_stack: Stack, own_api: Api) -> None:
    bob, word = await talk(own_api)
    await until_all_found(own_api, bob, word, ROOMS)
    await asyncio.to_thread(own_stack.run, "scale", "search", "2", check=True)
    first, second = own_stack.topology.scaled("search", 2).instances("search")
    async with asyncio.timeout(PATIENCE_S):
        while len(parts(own_stack, first)) != 6 or len(parts(own_stack, second)) != 6:
            await asyncio.sleep(0.2)
    assert parts(own_stack, first) | parts(own_stack, second) == {str(n) for n in range(12)}
    async with asyncio.timeout(PATIENCE_S):
        # By whichever of them is asked; until both know the ways to each other, they say that some may be missing.
        while [await found_if_there(own_api, bob, word) for _ in range(6)] != [(ROOMS, False)] * 6:
            await asyncio.sleep(0.2)

"""What a container of a service runs, with two small programs in the place of the Envoy and the service."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from launcher.containers import discovery, workload
from launcher.home import Home

PATIENCE_S = 10.0
PROGRAM = """
import pathlib, signal, sys, time
name, lasts_s = sys.argv[2], float(sys.argv[3])
def say(word):
    with pathlib.Path(sys.argv[1]).open("a") as file:
        print(name, word, file=file)
def stop(*_):
    time.sleep(lasts_s)
    say("ends")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
say("starts")
while sys.argv[4] == "stays" or "envoy starts" not in pathlib.Path(sys.argv[1]).read_text():
    time.sleep(0.02)
"""


class Container:
    """A container of the router whose programs write into a file when they start and when they end."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said = folder / "said"
        self.lasts_s = {"envoy": 0.0, "service": 0.3}
        self._folder = folder
        self.stays = True
        self.name_of: Callable[[str], Awaitable[list[str]]] = self.known
        monkeypatch.setattr(workload, "HOME", Home(folder / "home"))
        monkeypatch.setattr(workload, "envoy_of", self._envoy)
        monkeypatch.setattr(workload, "service_of", self._service)
        monkeypatch.setattr(discovery, "addresses_of", self.ask)

    def _envoy(self, _: Path) -> list[str]:
        return self._program("envoy")

    def _service(self, _: str) -> list[str]:
        return self._program("service")

    def _program(self, name: str) -> list[str]:
        return [
            sys.executable,
            "-c",
            PROGRAM,
            str(self.said),
            name,
            str(self.lasts_s[name]),
            "stays" if self.stays or name == "envoy" else "ends",
        ]

    async def ask(self, name: str) -> list[str]:
        return await self.name_of(name)

    async def known(self, _: str) -> list[str]:
        return ["127.0.0.1"]

    async def fails(self, _: str) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async def broken(self, _: str) -> list[str]:
        raise socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure in name resolution")

    def starts(self, *, sidecar_only: bool = False) -> asyncio.Task[int]:
        return asyncio.create_task(workload.run("router", {}, sidecar_only=sidecar_only))

    async def says(self, count: int) -> list[str]:
        """Return what the programs have said, once it is so many lines."""
        deadline = time.monotonic() + PATIENCE_S
        while len(found := self.said.read_text().splitlines() if self.said.exists() else []) < count:
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.02)
        return found


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    return Container(tmp_path, monkeypatch)


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def ended(running: Awaitable[int]) -> int:
    return await asyncio.wait_for(running, PATIENCE_S)


async def test_the_service_ends_before_its_sidecar(container: Container) -> None:
    running = container.starts()
    assert sorted(await container.says(2)) == ["envoy starts", "service starts"]
    terminate()

    assert await ended(running) == 0
    assert (await container.says(4))[2:] == ["service ends", "envoy ends"]


async def test_a_sidecar_alone_ends_when_it_is_asked_to(container: Container) -> None:
    running = container.starts(sidecar_only=True)
    await container.says(1)
    terminate()

    assert await ended(running) == 0
    assert await container.says(2) == ["envoy starts", "envoy ends"]


async def test_what_waits_for_its_address_ends_when_it_is_asked_to(container: Container) -> None:
    container.name_of = container.fails
    running = container.starts()
    await container.says(1)
    terminate()

    assert await ended(running) == 0
    assert await container.says(2) == ["envoy starts", "envoy ends"]


async def test_dns_that_does_not_answer_yet_is_asked_again(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "LOOK_S", 0.02)
    container.name_of = container.fails
    running = container.starts()
    await container.says(1)
    await asyncio.sleep(0.1)
    container.name_of = container.known
    await container.says(2)
    terminate()

    assert await ended(running) == 0


async def test_dns_that_cannot_be_asked_ends_the_container(container: Container) -> None:
    container.name_of = container.broken
    with pytest.raises(socket.gaierror):
        await ended(container.starts())


async def test_a_container_ends_with_its_service(container: Container) -> None:
    container.stays = False
    running = container.starts()

    assert await ended(running) == workload.ENDED
    assert (await container.says(3))[-1] == "envoy ends"


async def test_it_drains_when_nobody_looks_any_more_where_the_others_are(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = asyncio.Event()

    async def follow(_: discovery.Discovery) -> None:
        await lost.wait()
        raise OSError("No space left on device")

    monkeypatch.setattr(discovery.Discovery, "follow", follow)
    running = container.starts()
    await container.says(2)
    lost.set()

    with pytest.raises(OSError, match="No space left"):
        await ended(running)
    assert (await container.says(4))[2:] == ["service ends", "envoy ends"]


async def test_an_envoy_has_no_longer_than_the_launcher_gives_it(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "MESH_STOP_S", 0.2)
    container.lasts_s["envoy"] = 2 * PATIENCE_S
    running = container.starts()
    await container.says(2)
    terminate()

    assert await ended(running) == 0
    assert (await container.says(3))[2:] == ["service ends"]

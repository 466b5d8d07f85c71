"""The whole of compose.yaml, from images that are built for it: under a name of its own, and on ports of its own."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bench.client import Api
from tests.containers.docker import Docker, running
from tests.ports import free_base

PROJECT = "elastic-chat-test"
ENGINES = ("valkey", "kafka", "cassandra")
IMAGES = {"services": "elastic-chat", "mesh": "elastic-chat-mesh", **{name: f"elastic-chat-{name}" for name in ENGINES}}
"""Target of the Dockerfile to image."""
START_S = 900


@dataclass(frozen=True, slots=True)
class Mesh:
    """The containers that run."""

    docker: Docker
    port: int

    @property
    def edge(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Return what compose says to a command."""
        ports = {"ELASTIC_CHAT_PORT": str(self.port), "ELASTIC_CHAT_TLS_PORT": str(self.port + 1)}
        return self.docker.compose("--project-name", PROJECT, *arguments, check=check, environment=ports).stdout

    def up(self, *arguments: str) -> None:
        """Start what does not run. Compose waits for what is healthy, so that the edge, for which all others are needed, comes last.

        A service that gives up on an engine ends, and is started again. On a slow machine that happens, and compose takes it for the end.
        """
        end = time.monotonic() + START_S
        while True:
            try:
                self.compose("up", "--detach", "--no-build", *arguments)
            except AssertionError:
                if time.monotonic() > end:
                    raise
                time.sleep(5)
            else:
                return

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).split()

    def inspect(self, container: str) -> dict[str, Any]:
        (found,) = json.loads(self.docker.run("inspect", container).stdout)
        return dict(found)


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def images(docker: Docker) -> None:
    """Build all images."""
    base = docker.base()
    docker.build("tools", "elastic-chat-tools", base=base)
    for target, image in IMAGES.items():
        docker.build(target, f"{image}:local", base=base)
    docker.build("", "elastic-chat-web:local", "--file", "web/Dockerfile", base=base)


@pytest.fixture(scope="session")
def mesh(docker: Docker, images: None) -> Iterator[Mesh]:  # noqa: ARG001 - they are there then
    made = Mesh(docker, free_base(range(26_000, 26_070, 10), range(2)))
    try:
        made.up()
        yield made
    except BaseException:
        print(made.compose("ps", check=False), made.compose("logs", "--tail", "30", check=False))
        raise
    finally:
        made.compose("down", "--volumes", "--timeout", "30", check=False)


@pytest.fixture
async def api(mesh: Mesh) -> AsyncIterator[Api]:
    made = Api(mesh.edge)
    yield made
    await made.close()

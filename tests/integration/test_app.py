"""The life of a service process: when it says that it serves, and when it ends."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chatkit.rpc import app as life
from chatkit.rpc.app import App, serve
from chatkit.settings import ServiceSettings
from elastic_chat.writer.v1 import writer_service_pb2

CONTRACT = writer_service_pb2.DESCRIPTOR.services_by_name["WriterService"].full_name
"""Some contract: a service without one has no methods to count."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """An App of nothing but its life."""

    def __post_init__(self) -> None:
        self.able, self.stopping, self.drained = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.settings = ServiceSettings(node_id="thing-1", grpc_port=free_port(), http_port=free_port(), drain=timedelta(seconds=1))

    async def become_able(self) -> None:
        await self.able.wait()

    async def drain(self) -> None:
        self.drained.set()

    async def run(self) -> None:
        app = App(services=(CONTRACT,), register=lambda _: None, ready=self.become_able, drain=self.drain)
        await serve(app, self.settings, self.stopping, "thing")

    async def readiness(self) -> int:
        async with aiohttp.ClientSession() as http:
            try:
                async with http.get(f"http://127.0.0.1:{self.settings.http_port}/readyz") as response:
                    return response.status
            except aiohttp.ClientConnectionError:
                return 0

    async def health(self) -> int:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.settings.grpc_port}") as channel:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=CONTRACT), timeout=5)
            return int(answer.status)


async def until_answering(service: Service) -> None:
    while not await service.readiness():
        await asyncio.sleep(0.01)


async def test_a_service_serves_when_it_can_do_its_work_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "NOTICE_S", 0.0)
    service = Service()
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await until_answering(service)
        assert await service.readiness() == 503
        with pytest.raises(grpc.aio.AioRpcError):
            await service.health()
        service.able.set()
        while await service.readiness() != 200:
            await asyncio.sleep(0.01)
        assert await service.health() == health_pb2.HealthCheckResponse.SERVING
        service.stopping.set()
    assert service.drained.is_set()
    assert await service.readiness() == 0


async def test_a_service_that_is_stopped_before_it_can_work_ends_at_once() -> None:
    service = Service()
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await until_answering(service)
        service.stopping.set()
    assert not service.drained.is_set()


async def test_everyone_may_come_at_once_by_the_socket(tmp_path: Path) -> None:
    """A TCP connection that finds no place in the queue tries again; one by a Unix socket fails."""
    service = Service()
    path = str(tmp_path / "http.sock")
    service.settings = dataclasses.replace(service.settings, http_socket=path)
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await until_answering(service)
        with ExitStack() as stack:
            for _ in range(1000):
                client = stack.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                client.connect(path)
        service.stopping.set()

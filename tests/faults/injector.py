"""What can go wrong, done on purpose to one stack."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

import aiohttp
import psutil
from redis.asyncio import Redis

from launcher import probes
from launcher.display import Display
from launcher.engines import provide
from launcher.home import Home, write_atomically
from launcher.mesh.rendering import render_endpoints
from launcher.plan import Process, processes, service_environment
from launcher.plan import Stack as Plan
from launcher.settings import Settings
from launcher.supervision.daemon import ENDED, Daemon
from launcher.topology import HOST
from tests.e2e.stack import Stack
from tests.faults.proxy import Proxy

READY_S = 90.0
BUSY = {"router": "chat_router_commands_total", "gateway": "chat_gateway_sent_bytes_total"}
"""What tells how much an instance of a service does, if there are several."""


class Injector:
    """Finds processes by the names that `status` shows, and undoes at the end what it has done."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._home = Home(stack.home)
        self._daemon = Daemon(self._home)
        self.plan = Plan(self._home, stack.topology, provide(Settings.from_environment(os.environ).cache, Display()))
        self._processes: dict[str, Process] = {process.name: process for process in processes(self.plan)}
        self._frozen: set[int] = set()

    # --- processes

    def pid(self, name: str) -> int:
        """Return the process id of a process that runs."""
        pid = self._daemon.states()[name].pid
        assert pid, f"{name} does not run"
        return pid

    def kill(self, name: str) -> None:
        """SIGKILL. The supervisor starts it again."""
        os.kill(self.pid(name), signal.SIGKILL)

    def freeze(self, name: str) -> int:
        """SIGSTOP: it is there, and does nothing."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        self._frozen.add(pid)
        return pid

    def thaw(self, pid: int) -> None:
        """SIGCONT."""
        self._frozen.discard(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    async def stop(self, name: str) -> None:
        """Stop it gracefully; it stays away until `start`."""
        async with asyncio.timeout(READY_S):
            # Again and again: one that has just died may be about to be started again.
            while self._daemon.states()[name].state not in ENDED:
                with suppress(Fault):
                    await asyncio.to_thread(self._supervisor.stopProcess, self._full(name), False)
                await asyncio.sleep(0.1)

    async def start(self, name: str) -> None:
        """Start what was stopped."""
        with suppress(Fault):
            await asyncio.to_thread(self._supervisor.startProcess, self._full(name), False)

    async def ready(self, *names: str) -> None:
        """Wait until processes do their work."""
        async with asyncio.timeout(READY_S):
            for name in names or self._processes:
                while await probes.why_not(self._processes[name].ready) is not None:
                    await asyncio.sleep(0.1)

    async def away(self, name: str) -> None:
        """Kill a process and keep it away."""
        pid = self.pid(name)
        # Told to stop before it is killed: else it may be started again before it is told, and goes on working for as long as that takes.
        await asyncio.to_thread(self._supervisor.stopProcess, self._full(name), False)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await self.stop(name)

    def rss(self, name: str) -> int:
        """Return the resident memory of a process, in bytes."""
        return int(psutil.Process(self.pid(name)).memory_info().rss)

    @property
    def _supervisor(self) -> Any:
        return vars(Daemon(self._home))["_supervisor"]

    def _full(self, name: str) -> str:
        return f"{self._processes[name].wave.name.lower()}:{name}"

    async def heal(self) -> None:
        """Undo everything, and wait until the stack does its work."""
        for pid in list(self._frozen):
            self.thaw(pid)
        for service in ("router", "gateway"):
            self._route(service, {})
        for name in self._processes:
            if self._daemon.states()[name].pid is None:
                await self.start(name)
        await self.ready()

    # --- the live view

    @asynccontextmanager
    async def redis(self) -> AsyncIterator[Any]:
        """A client of the live view."""
        client = Redis.from_url(f"redis://{HOST}:{self.stack.topology.redis_port}/0")
        try:
            yield client
        finally:
            await client.aclose()

    @property
    def redis_data(self) -> Path:
        """Where the live view keeps its copy."""
        return self._home.data / "valkey"

    async def restart_from(self, copy: Path) -> None:
        """Restart the live view from an older copy of itself."""
        await self.stop("valkey")
        shutil.rmtree(self.redis_data)
        shutil.copytree(copy, self.redis_data)
        await self.start("valkey")

    # --- the log

    @property
    def kafka_data(self) -> Path:
        """Where the log lies."""
        return self._home.data / "kafka"

    @property
    def kafka_has_a_small_disk(self) -> bool:
        """Whether the log's disk is its own, and can be filled without harm to anything else."""
        return self.kafka_data.is_mount()

    @contextmanager
    def another(self, service: str) -> Iterator[None]:
        """Run one more instance of a service that nobody calls, for as long as the block; then kill it."""
        number = 1 + sum(1 for _ in self.stack.topology.instances(service))
        *_, instance = self.stack.topology.scaled(service, number).instances(service)
        environ = {**os.environ, **service_environment(instance, self.plan)}
        with self._home.log(instance.name).open("wb") as out:
            process = subprocess.Popen([sys.executable, "-m", f"svc_{service}"], env=environ, stdout=out, stderr=out)
        try:
            yield
        finally:
            process.kill()
            process.wait()

    # --- what services say of themselves

    async def metric(self, service: str, name: str) -> dict[str, float]:
        """Return a metric for each instance of a service: with the labels that are named, or the sum of all."""
        found: dict[str, float] = {}
        async with aiohttp.ClientSession() as http:
            for instance in self.stack.topology.instances(service):
                async with http.get(f"http://{HOST}:{instance.http_port}/metrics") as answer:
                    lines = (await answer.text()).splitlines()
                values = [float(line.rsplit(" ", 1)[1]) for line in lines if name in {line.rsplit(" ", 1)[0], line.split("{")[0]}]
                found[instance.name] = sum(values)
        return found

    async def busiest(self, service: str) -> str:
        """Return the instance of a service whose loss would be felt most: lanes, and clients, stay for a while where they went last."""
        if service not in BUSY:
            return f"{service}-1"
        before = await self.metric(service, BUSY[service])
        await asyncio.sleep(0.7)
        after = await self.metric(service, BUSY[service])
        return max(after, key=lambda name: after[name] - before[name])

    # --- the mesh

    @asynccontextmanager
    async def between(self, service: str, instance: str) -> AsyncIterator[Proxy]:
        """Put a proxy between the mesh and one instance of a service: everything that comes to it goes through the proxy."""
        target = self.stack.instance(instance).ingress_port
        proxy = Proxy(target)
        port = await proxy.start()
        try:
            self._route(service, {target: port})
            # Who is connected stays on the old way, or with another instance: the Envoys at the ends start anew, this one's first.
            for one in sorted(self.stack.topology.instances(service), key=lambda one: one.name != instance):
                self.kill(f"{one.name}-sidecar")
                await self.ready()
            yield proxy
        finally:
            self._route(service, {})
            await proxy.stop()

    def _route(self, service: str, ports: dict[int, int]) -> None:
        text = render_endpoints(service, self.stack.topology)
        for target, port in ports.items():
            text = text.replace(f"port_value: {target}", f"port_value: {port}")
        write_atomically(self._home.envoy / "eds" / f"{service}.yaml", text)

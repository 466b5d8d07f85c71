"""The real engines for tests: those that users run, with the configuration that users run, each started when a test first asks for it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from launcher import engines, operate, probes
from launcher.display import Display
from launcher.home import Home
from launcher.plan import Process, Stack, processes
from launcher.topology import Topology
from tests.ports import free_base

PATIENCE_S = 90


class EngineRoom:
    """Starts engines by their names in the plan, and stops what it started."""

    def __init__(self, cache: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="elastic-chat-engines-"))
        self.home = home = Home(self._folder)
        home.create()
        self.topology = Topology(free_base(range(31_080, 32_000, 20), range(9)))
        self.engines = engines.provide(cache, Display())
        self._stack = Stack(home, self.topology, self.engines)
        self._plan = {process.name: process for process in processes(self._stack)}
        operate.prepare(self._stack, list(self._plan.values()))
        self._running = ExitStack()
        self._started: set[str] = set()

    def start(self, *names: str) -> None:
        """Start engines at the same time, and return when all are ready."""
        wanted = [self._plan[name] for name in names if name not in self._started]
        for process in wanted:
            self._running.enter_context(_run(process, self._stack.home.log(process.name)))
            self._started.add(process.name)
        # A fixture may be asked for from within a test's own loop.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(_await_ready(wanted))).result()

    def close(self) -> None:
        """Stop everything and remove its data."""
        self._running.close()
        shutil.rmtree(self._folder)


@contextmanager
def _run(process: Process, log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        running = subprocess.Popen(
            process.argv, cwd=process.cwd, env=process.env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield
        finally:
            running.terminate()
            try:
                running.wait(timeout=process.stop_s)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


async def _await_ready(plan: list[Process]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        for process in plan:
            while await probes.why_not(process.ready) is not None:
                await asyncio.sleep(0.1)

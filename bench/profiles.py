"""Flame graphs of the busiest services, while pairs write to each other: docs/images/flame-*.svg. By py-spy, which must be root."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bench.pairs import USERS, Pairs
from bench.processes import Processes

PROFILED = ("gateway", "router", "writer")
RATE = 1000.0
WARM_S, SECONDS = 10.0, 20
SAMPLES = 200
"""A second."""
FOLDER = Path(__file__).parent.parent / "docs" / "images"


async def draw(edge: str) -> None:
    """Draw one instance of each, one after the other."""
    processes = Processes()
    pairs = Pairs(edge, processes)
    await pairs.open(USERS)
    try:
        for service in PROFILED:
            pid = processes.of(service)[0].pid
            load = asyncio.get_running_loop().create_task(pairs.run(RATE, 0.0, WARM_S + SECONDS + WARM_S))
            await asyncio.sleep(WARM_S)
            await _record(pid, FOLDER / f"flame-{service}.svg")
            print(f"  {service}: {await load}", flush=True)
    finally:
        await pairs.close()


async def _record(pid: int, path: Path) -> None:
    # Only what holds the interpreter's lock: who waits in uvloop or gRPC for something to do looks busy from outside.
    command = [str(Path(sys.executable).parent / "py-spy"), "record", "--pid", str(pid), "--gil", "--rate", str(SAMPLES)]
    command += ["--duration", str(SECONDS), "--format", "flamegraph", "--output", str(path)]
    recorder = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
    _, faults = await recorder.communicate()
    if recorder.returncode:
        raise RuntimeError(f"py-spy could not look at {pid}: {faults.decode().strip()}")

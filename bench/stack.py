"""What a stack costs before anyone speaks: the time until it is ready, its memory, its idle CPU."""

from __future__ import annotations

import asyncio
import time

from bench.processes import Processes, elastic_chat
from bench.results import Figure, figure

RUNS = 3
IDLE_S = 30


async def measure(edge: str) -> list[Figure]:
    """Start and stop the stack a few times, everything having been downloaded before; then watch it do nothing."""
    del edge  # everything is about the processes
    starts: list[float] = []
    for _ in range(RUNS):
        await asyncio.to_thread(elastic_chat, "down")
        began = time.perf_counter()
        await asyncio.to_thread(elastic_chat, "up")
        starts.append(time.perf_counter() - began)
    processes = Processes()
    await asyncio.sleep(IDLE_S / 2)
    idle: list[float] = []
    for _ in range(RUNS):
        before = sum(processes.cpu_s().values())
        await asyncio.sleep(IDLE_S)
        idle.append((sum(processes.cpu_s().values()) - before) / IDLE_S * 100)
    memory = sum(processes.memory().values()) / 1e9
    return [
        figure("warm start until every health check is green", "s", starts, 25),
        figure("resident memory of the whole stack", "GB", [memory], 3.5),
        figure("idle CPU of the whole stack", "% core", idle, 15),
    ]

"""How fast the writer brings into the database what the log has kept for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from bench.pairs import USERS, Pairs
from bench.processes import Processes
from bench.results import Figure, figure
from launcher.topology import HOST, Topology

RATE, SECONDS, RUNS = 2000.0, 20.0, 3
QUIET_S = 2.0
LOOK_S = 0.1


async def measure(edge: str) -> list[Figure]:
    """Freeze the writer, let many messages be written, wake it, and watch it catch up."""
    topology = Topology(int(edge.rpartition(":")[2]))
    doors = [f"http://{HOST}:{instance.http_port}/metrics" for instance in topology.instances("writer")]
    processes, rates, costs = Processes(), list[float](), list[float]()
    pairs = Pairs(edge, processes)
    await pairs.open(USERS)
    try:
        for _ in range(RUNS):
            with _frozen(processes):
                print(f"  {await pairs.run(RATE, 0.0, SECONDS)}", flush=True)
                before = processes.cpu_s()["writer"]
            rows, took_s = await _caught_up(doors)
            rates.append(rows / took_s)
            costs.append((processes.cpu_s()["writer"] - before) / rows * 1e6)
            print(f"  {rows:.0f} rows in {took_s:.2f} s", flush=True)
    finally:
        await pairs.close()
    return [
        figure("rows written a second after an outage", "rows/s", rates, 10_000, at_least=True),
        figure("CPU of the writer for a row", "us", costs),
    ]


@contextmanager
def _frozen(processes: Processes) -> Iterator[None]:
    writers = processes.of("writer")
    for one in writers:
        one.suspend()
    try:
        yield
    finally:
        for one in writers:
            one.resume()


async def _caught_up(doors: list[str]) -> tuple[float, float]:
    """Return how many rows were written until no more came, and the seconds from the first to the last."""
    async with aiohttp.ClientSession() as http:
        seen = [(time.perf_counter(), await _rows(http, doors))]
        while seen[-1][1] == seen[0][1] or time.perf_counter() - _first(seen, seen[-1][1]) < QUIET_S:
            seen.append((time.perf_counter(), await _rows(http, doors)))
            await asyncio.sleep(LOOK_S)
    start, end = seen[0][1], seen[-1][1]
    began = max(at for at, rows in seen if rows == start)
    return end - start, _first(seen, end) - began


def _first(seen: list[tuple[float, float]], rows: float) -> float:
    return next(at for at, there in seen if there == rows)


async def _rows(http: aiohttp.ClientSession, doors: list[str]) -> float:
    total = 0.0
    for door in doors:
        async with http.get(door) as response:
            lines = (await response.text()).splitlines()
        total += sum(float(line.split()[-1]) for line in lines if line.startswith("chat_writer_rows_total"))
    return total

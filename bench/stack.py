"""What a stack costs before anyone speaks: the time until it is ready, its memory, its idle CPU."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil

from bench.results import Figure, figure

RUNS = 3
IDLE_S = 30
ELASTIC_CHAT = Path(sys.executable).parent / "elastic-chat"


def measure() -> list[Figure]:
    """Start and stop the stack a few times, everything having been downloaded before; then watch it do nothing."""
    starts: list[float] = []
    for _ in range(RUNS):
        subprocess.run([ELASTIC_CHAT, "down"], check=True, stdout=subprocess.DEVNULL)
        began = time.perf_counter()
        subprocess.run([ELASTIC_CHAT, "up"], check=True, stdout=subprocess.DEVNULL)
        starts.append(time.perf_counter() - began)
    processes = _processes()
    time.sleep(IDLE_S / 2)
    idle: list[float] = []
    for _ in range(RUNS):
        before = _cpu_s(processes)
        time.sleep(IDLE_S)
        idle.append((_cpu_s(processes) - before) / IDLE_S * 100)
    memory = sum(process.memory_info().rss for process in processes) / 1e9
    return [
        figure("warm start until every health check is green", "s", starts, 25),
        figure("resident memory of the whole stack", "GB", [memory], 3.5),
        figure("idle CPU of the whole stack", "% core", idle, 15),
    ]


def _processes() -> list[psutil.Process]:
    status = json.loads(subprocess.run([ELASTIC_CHAT, "status", "--json"], check=True, capture_output=True, text=True).stdout)
    roots = [psutil.Process(pid) for pid in {*(one["pid"] for one in status["processes"]), status["supervisor"]["pid"]}]
    found = {process.pid: process for root in roots for process in (root, *root.children(recursive=True))}
    return list(found.values())


def _cpu_s(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)

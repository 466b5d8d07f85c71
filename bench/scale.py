"""What more gateways and routers do: the same load with one, two and four of each, on one machine."""

from __future__ import annotations

import asyncio

from bench.pairs import USERS, Pairs
from bench.processes import Processes, elastic_chat
from bench.results import Figure, figure
from bench.steps import at_rate, figures_of, highest_rate
from launcher.topology import DEFAULT_SCALE

COUNTS = (1, 2, 4)
SCALED = ("gateway", "router")
RATE = 1000.0


async def measure(edge: str) -> list[Figure]:
    """Scale, and let the same people write to each other."""
    figures: list[Figure] = []
    try:
        for count in COUNTS:
            await asyncio.to_thread(_scale, dict.fromkeys(SCALED, count))
            figures += await _measured(edge, count)
    finally:
        await asyncio.to_thread(_scale, DEFAULT_SCALE)
    return figures


async def _measured(edge: str, count: int) -> list[Figure]:
    pairs = Pairs(edge, Processes())
    await pairs.open(USERS)
    try:
        steps = await at_rate(pairs.run, RATE)
        highest, _ = await highest_rate(pairs.run, RATE)
    finally:
        await pairs.close()
    name = f"{count} gateways, {count} routers"
    return [
        *figures_of(steps, f"{name}, {RATE:,.0f} msg/s", {}, "delivered message"),
        figure(f"{name}: highest rate with nothing wrong and p99 <= 200 ms", "msg/s", [highest]),
    ]


def _scale(counts: dict[str, int]) -> None:
    for service in SCALED:
        elastic_chat("scale", service, str(counts[service]))
    if counts["gateway"] > 1:
        # Lanes that are there stay with their routers for minutes. A gateway that comes anew opens all of its own.
        elastic_chat("restart", "gateway")

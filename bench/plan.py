"""What a large system would take, reckoned from what was measured on a small one. docs/scaling.md says what is assumed, and what is not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

MESSAGES, CONNECTIONS = 100_000, 1_000_000
"""A second; open."""
FULL = 0.6
"""Of a core, or of a machine, that may be busy: a crash of another leaves its work to it."""
AT_RATE = "4,000 msg/s"
"""Batches are large on a machine that is full, as they are on one that has many times the messages."""


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of process: how many copies do the same work, and whether one process can use one core only."""

    kind: str
    copies: int = 1
    is_single: bool = True


PARTS = (
    Part("edge", is_single=False),
    Part("gateway"),
    Part("gateway-sidecar", is_single=False),
    Part("router"),
    Part("router-sidecar", is_single=False),
    Part("valkey"),
    Part("kafka", copies=3, is_single=False),
    Part("writer"),
    Part("cassandra", copies=3, is_single=False),
)


def plan(pairs: Mapping[str, float], connections: Mapping[str, float]) -> list[str]:
    """Return the lines of a table, a row for each part, from the medians of two files of results."""
    lines = [
        f"| part | CPU for a message, as measured | copies | cores at {MESSAGES:,} msg/s | that is |",
        "|---|---|---|---|---|",
    ]
    total = 0.0
    for part in PARTS:
        cost = pairs[f"{AT_RATE}: of that {part.kind}"]
        cores = cost * MESSAGES * part.copies / 1e6
        total += cores
        count = math.ceil(cores / FULL)
        made_of = f"{count} processes" if part.is_single else f"{count} vCPU"
        lines.append(f"| {part.kind} | {cost:.0f} us | {part.copies} | {cores:.1f} | {made_of} |")
    lines.append(f"| all | | | {total:.0f} | {math.ceil(total / FULL)} vCPU |")
    memory = ", ".join(
        f"{name.rpartition(': ')[2]} {value * CONNECTIONS / 1024**2:.0f} GB"
        for name, value in connections.items()
        if name.startswith("memory for an idle connection") and value * CONNECTIONS > 1024**2
    )
    return [*lines, "", f"Memory for {CONNECTIONS:,} idle connections: {memory}."]

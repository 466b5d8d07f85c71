"""The pictures of docs/performance.md, drawn from bench/results/: the same results give the same files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pygal
from pygal.style import CleanStyle

# For plugins, of which we have none, pygal adds a finder of a kind that Python has given up, and warns of at every import after that.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

Figures = Mapping[str, float]
"""The medians of a file of results, by figure."""

_AT_RATE = re.compile(r"([\d,]+) msg/s: of that (.+)")
_MOST_KINDS = 9
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
"""Says among other things on which day it was drawn."""
_STAGE = re.compile(r"(.+), (\d+) at a time(?:: .+)?")


def cpu_of_pairs(pairs: Figures) -> bytes:
    """Draw what a delivered message costs each kind of process, at each rate."""
    cost: dict[str, dict[str, float]] = {}
    in_all: dict[str, float] = {}
    for name, value in pairs.items():
        if found := _AT_RATE.fullmatch(name):
            cost.setdefault(found[1], {})[found[2]] = value
            in_all[found[2]] = in_all.get(found[2], 0.0) + value
    shown = sorted(in_all, key=in_all.__getitem__, reverse=True)[:_MOST_KINDS]
    chart = _chart(pygal.StackedBar, "CPU for each delivered message in pairs, microseconds", [f"{rate} msg/s" for rate in cost])
    for kind in shown:
        chart.add(kind, [of.get(kind, 0.0) for of in cost.values()])
    chart.add("others", [round(sum(value for kind, value in of.items() if kind not in shown), 1) for of in cost.values()])
    return _drawn(chart)


def delivery_of_pairs(pairs: Figures) -> bytes:
    """Draw how long a delivery takes at each rate."""
    rates = [name.removesuffix(": delivery, p50") for name in pairs if name.endswith(": delivery, p50")]
    chart = _chart(pygal.Bar, "Delivery in pairs, milliseconds (logarithmic)", rates, logarithmic=True)
    for percent in ("p50", "p99"):
        chart.add(percent, [pairs[f"{rate}: delivery, {percent}"] for rate in rates])
    return _drawn(chart)


def stages(figures: Figures) -> bytes:
    """Draw what a stage costs a message that comes alone, and one that comes with others: client and server together."""
    cost: dict[str, dict[str, float]] = {}
    for name, value in figures.items():
        if found := _STAGE.fullmatch(name):
            of = cost.setdefault(found[1], {})
            of[found[2]] = round(of.get(found[2], 0.0) + value, 3)
    chart = _chart(pygal.HorizontalBar, "CPU for each message of a stage, microseconds", list(cost), height=480)
    for size in dict.fromkeys(size for of in cost.values() for size in of):
        chart.add(f"{size} at a time", [of.get(size) for of in cost.values()])
    return _drawn(chart)


def scale(figures: Figures) -> bytes:
    """Draw the highest rate with one, two and four gateways and routers."""
    highest = {name.partition(":")[0]: value for name, value in figures.items() if ": highest rate" in name}
    chart = _chart(pygal.Bar, "Highest rate on two cores, messages a second", list(highest))
    chart.add("msg/s", list(highest.values()))
    return _drawn(chart)


CHARTS: dict[str, Sequence[Any]] = {
    "pairs": (cpu_of_pairs, delivery_of_pairs),
    "stages": (stages,),
    "scale": (scale,),
}
"""What is drawn of each file of results."""


def _chart(kind: Any, title: str, labels: Iterable[str], **options: Any) -> Any:
    chart = kind(style=CleanStyle, js=(), width=900, legend_at_bottom=True, print_values=False, **options)
    chart.title = title
    chart.x_labels = list(labels)
    return chart


def _drawn(chart: Any) -> bytes:
    chart.uuid = "chart"  # which pygal makes by chance
    drawn: bytes = chart.render()
    return _COMMENT.sub(b"", drawn)

"""Results: figures with their spread, the commands, the versions and the machine, as JSON and as a table."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).parent / "results"
PACKAGES = ("grpcio", "aiohttp", "aiokafka", "cassandra-driver", "redis", "protobuf", "uvloop")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure: the median of several runs and its spread; `goal` is a bound in the same unit, None if there is none.

    The bound is an upper one unless `at_least`.
    """

    figure: str
    unit: str
    median: float
    min: float
    max: float
    goal: float | None
    ok: bool | None
    at_least: bool = False


def figure(name: str, unit: str, values: Sequence[float], goal: float | None = None, *, at_least: bool = False) -> Figure:
    """Return the figure of several runs."""
    median = statistics.median(values)
    ok = None if goal is None else (median >= goal if at_least else median <= goal)
    return Figure(name, unit, round(median, 3), round(min(values), 3), round(max(values), 3), goal, ok, at_least)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` per cent of `values` are no higher than (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(percent / 100 * len(ordered) + 0.5) - 1))]


def _machine() -> dict[str, object]:
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return {"cores": os.cpu_count(), "cpu": cpu, "system": platform.platform(), "python": platform.python_version()}


def save(name: str, figures: Sequence[Figure], command: str = "") -> None:
    """Write bench/results/NAME.json."""
    FOLDER.mkdir(exist_ok=True)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    document = {
        "figures": [asdict(one) for one in figures],
        "command": command or "python -m bench " + " ".join(sys.argv[1:]),
        "commit": commit,
        "versions": {package: version(package) for package in PACKAGES},
        "machine": _machine(),
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def show(figures: Sequence[Figure]) -> None:
    """Print figures, a line each."""
    for one in figures:
        bound = ">=" if one.at_least else "<="
        goal = "" if one.goal is None else f"   goal {bound} {one.goal:g}: {'met' if one.ok else 'MISSED'}"
        print(f"{one.figure:55} {one.median:10.3f} {one.unit:8} ({one.min:g} to {one.max:g}){goal}")


def compare(one: Path, other: Path) -> None:
    """Print the figures of two files of results side by side, and by what the second is the first."""
    ours, theirs = ({row["figure"]: row for row in json.loads(path.read_text(encoding="utf-8"))["figures"]} for path in (one, other))
    width = max(map(len, ours), default=0)
    print(f"{'':{width}} {one.stem:>12} {other.stem:>12}")
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        a, b = (rows.get(name, {}).get("median") for rows in (ours, theirs))
        ratio = f"x {b / a:.2f}" if a and b is not None else ""
        unit = (ours.get(name) or theirs[name])["unit"]
        print(f"{name:{width}} {_cell(a)} {_cell(b)} {unit} {ratio}")


def _cell(value: float | None) -> str:
    return f"{'-' if value is None else f'{value:g}':>12}"

"""What the processes of the running stack take of the machine, by what they are."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

ELASTIC_CHAT = Path(sys.executable).parent / "elastic-chat"


def elastic_chat(*arguments: str) -> None:
    """Run a command of the launcher on the stack that is measured. Raises CalledProcessError if it fails."""
    subprocess.run([ELASTIC_CHAT, *arguments], check=True, stdout=subprocess.DEVNULL)


class Processes:
    """Every process that the launcher started, children included. Instances of one service count together: gateway, gateway-sidecar."""

    def __init__(self) -> None:
        status = json.loads(subprocess.run([ELASTIC_CHAT, "status", "--json"], check=True, capture_output=True, text=True).stdout)
        roots = {one["pid"]: re.sub(r"-\d+", "", one["name"]) for one in status["processes"]}
        roots[status["supervisor"]["pid"]] = "supervisor"
        self._found: dict[psutil.Process, str] = {}
        for pid, kind in sorted(roots.items(), key=lambda root: root[1] == "supervisor"):
            process = psutil.Process(pid)
            for one in (process, *process.children(recursive=True)):
                self._found.setdefault(one, kind)

    def of(self, kind: str) -> list[psutil.Process]:
        """Return the processes of a kind."""
        return [process for process, one in self._found.items() if one == kind]

    def cpu_s(self) -> dict[str, float]:
        """Return the seconds of CPU that each kind of process has taken since it began."""
        return self._sums({process: sum(process.cpu_times()[:2]) for process in self._found})

    def memory(self) -> dict[str, float]:
        """Return the resident memory of each kind of process, in bytes."""
        return self._sums({process: float(process.memory_info().rss) for process in self._found})

    def _sums(self, values: Mapping[psutil.Process, float]) -> dict[str, float]:
        sums: dict[str, float] = {}
        for process, value in values.items():
            kind = self._found[process]
            sums[kind] = sums.get(kind, 0.0) + value
        return sums


MOST_FILES = 100_000


def allow_files() -> None:
    """Let this process, and those that it starts, have as many open files as the machine allows: a socket for each connection."""
    with suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def own_cpu_s() -> float:
    """Return the seconds of CPU that this process has taken."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)

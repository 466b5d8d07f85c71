"""What processes take of the machine, together with those that they have started."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes held in memory, and the seconds of a core that were used since the start."""

    memory_bytes: int
    cpu_seconds: float

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.memory_bytes + other.memory_bytes, self.cpu_seconds + other.cpu_seconds)


NONE = Usage(0, 0.0)


def of_trees(running: Mapping[int, tuple[int, Usage]], roots: Sequence[int]) -> dict[int, Usage]:
    """Return what each of the `roots` takes together with its children and theirs.

    `running` has, for the pid of every process, the pid of its parent and what it takes itself.
    """
    children: dict[int, list[int]] = defaultdict(list)
    for pid, (parent, _) in running.items():
        children[parent].append(pid)
    sums: dict[int, Usage] = {}
    for root in roots:
        if root in running:
            tree = [root]
            for pid in tree:
                tree += children[pid]
            sums[root] = sum((running[pid][1] for pid in tree), NONE)
    return sums


def running() -> dict[int, tuple[int, Usage]]:
    """Return parent and usage of every process of this machine that may be looked at: one look for all, because each costs."""
    seen = psutil.process_iter(["ppid", "memory_info", "cpu_times"])
    return {
        one.pid: (one.info["ppid"], Usage(one.info["memory_info"].rss, one.info["cpu_times"].user + one.info["cpu_times"].system))
        for one in seen
        if one.info["memory_info"] is not None and one.info["cpu_times"] is not None
    }

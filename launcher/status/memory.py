"""What processes hold in memory, together with those that they have started."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import psutil


def of_trees(running: Mapping[int, tuple[int, int]], roots: Sequence[int]) -> dict[int, int]:
    """Return how many bytes each of the `roots` holds together with its children and theirs.

    `running` has, for the pid of every process, the pid of its parent and its own bytes.
    """
    children: dict[int, list[int]] = defaultdict(list)
    for pid, (parent, _) in running.items():
        children[parent].append(pid)
    sums: dict[int, int] = {}
    for root in roots:
        if root in running:
            tree = [root]
            for pid in tree:
                tree += children[pid]
            sums[root] = sum(running[pid][1] for pid in tree)
    return sums


def running() -> dict[int, tuple[int, int]]:
    """Return parent and bytes of every process of this machine that may be looked at: one look for all, because each costs."""
    seen = psutil.process_iter(["ppid", "memory_info"])
    return {one.pid: (one.info["ppid"], one.info["memory_info"].rss) for one in seen if one.info["memory_info"] is not None}

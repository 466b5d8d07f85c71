"""How every process of a stack is: whether it does its work, since when, what it takes, and what an operator should know."""

from __future__ import annotations

import asyncio
import http.client
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from launcher import membership, operate, probes
from launcher.plan import Stack, processes
from launcher.settings import Settings
from launcher.supervision.daemon import Daemon, State
from launcher.supervision.record import Crash

LAG_METRIC = "chat_writer_lag_records"
LAG_WORTH_A_NOTE = 1000
"""Records. Up to here a writer is as good as current: it writes thousands in a second."""
MEGABYTE = 1_000_000

DRAINED, DRAINING = "drained", "draining"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """How a process is: `waiting_for` says what it lacks, None if it is healthy; `crashes` how often it ended without being told to.

    `memory_bytes` is what it and its children hold, if it runs; `lag_records` how far a writer is behind, if it tells.
    """

    name: str
    state: str
    pid: int | None
    since: str | None
    waiting_for: str | None
    crashes: int
    last_crash: str | None
    memory_bytes: int | None = None
    lag_records: int | None = None

    @property
    def healthy(self) -> bool:
        """Whether it runs and does its work, or does not because an operator wants it so."""
        return self.state in {DRAINED, DRAINING} or (self.state == "running" and self.waiting_for is None)

    @property
    def note(self) -> str:
        """What a person should know about it."""
        notes = [self.waiting_for] if self.waiting_for else []
        if self.lag_records is not None and self.lag_records > LAG_WORTH_A_NOTE:
            notes.append(f"{self.lag_records:,} records behind")
        if self.last_crash and not self.waiting_for:
            notes.append(f"last crash: {self.last_crash}")
        return "; ".join(notes)

    @property
    def row(self) -> tuple[str, ...]:
        """What the table shows, in the order of `COLUMNS`."""
        memory = "" if self.memory_bytes is None else f"{self.memory_bytes / MEGABYTE:,.0f} MB"
        since = (self.since or "")[:19].replace("T", " ")
        return self.name, self.state, str(self.pid or ""), memory, since, str(self.crashes or ""), self.note

    def as_json(self) -> dict[str, Any]:
        """Return it as `status --json` shows it."""
        return {
            "name": self.name,
            "state": self.state,
            "healthy": self.healthy,
            "pid": self.pid,
            "since": self.since,
            "waitingFor": self.waiting_for,
            "crashes": self.crashes,
            "lastCrash": self.last_crash,
            "memoryBytes": self.memory_bytes,
            "lagRecords": self.lag_records,
        }


COLUMNS = ("process", "state", "pid", "memory", "since", "crashes", "note")


def look(settings: Settings) -> tuple[Daemon, list[ProcessStatus]]:
    """Return how every process is, in the order in which they start.

    Raises:
        LaunchError: nothing runs.

    """
    daemon, stack = operate.running(settings)
    plan = list(processes(stack))
    states, record, drained = daemon.states(), daemon.record(), membership.drained(settings.home)
    answers, lags = asyncio.run(_ask(stack))
    memory = memory_of_trees(_running_processes(), [state.pid for state in states.values() if state.pid])
    return daemon, [
        assess(
            states[process.name],
            answer,
            record.crashes_of(process.name),
            drained=process.name in drained,
            memory_bytes=memory.get(states[process.name].pid or 0),
            lag_records=lags.get(process.name),
        )
        for process, answer in zip(plan, answers, strict=True)
    ]


def assess(
    state: State, answer: str | None, crashes: Sequence[Crash], *, drained: bool, memory_bytes: int | None, lag_records: int | None
) -> ProcessStatus:
    """Make one of what supervisord knows of a process, and of its own `answer`: what it lacks, or None."""
    shown = "running" if state.state == "STARTING" and answer is None else state.state.lower()
    if drained:
        shown = DRAINED if state.pid is None else DRAINING
    return ProcessStatus(
        name=state.name,
        state=shown,
        pid=state.pid,
        since=state.since.isoformat() if state.since else None,
        waiting_for=None if drained else answer or state.fault or None,
        crashes=len(crashes),
        last_crash=f"{crashes[-1].how}, {crashes[-1].at.isoformat()}" if crashes else None,
        memory_bytes=memory_bytes,
        lag_records=lag_records,
    )


def memory_of_trees(running: Mapping[int, tuple[int, int]], roots: Sequence[int]) -> dict[int, int]:
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


def metric(text: str, name: str) -> float | None:
    """Return the value of a metric without labels in Prometheus' text format, or None if it is not there."""
    for line in text.splitlines():
        found, _, value = line.partition(" ")
        if found == name:
            return float(value)
    return None


async def _ask(stack: Stack) -> tuple[list[str | None], dict[str, int | None]]:
    writers = list(stack.topology.instances("writer"))
    answers, lags = await asyncio.gather(
        operate.ask(list(processes(stack))),
        asyncio.gather(*(asyncio.to_thread(_lag, writer.http_port) for writer in writers)),
    )
    return answers, {writer.name: lag for writer, lag in zip(writers, lags, strict=True)}


def _lag(http_port: int) -> int | None:
    try:
        _, body = probes.get(http_port, "/metrics")
    except (OSError, http.client.HTTPException):  # that it does not answer is told in its own place
        return None
    lag = metric(body.decode(), LAG_METRIC)
    return None if lag is None else int(lag)


def _running_processes() -> dict[int, tuple[int, int]]:
    """Return parent and bytes of every process of this machine that may be looked at: one look for all, because each costs."""
    seen = psutil.process_iter(["ppid", "memory_info"])
    return {one.pid: (one.info["ppid"], one.info["memory_info"].rss) for one in seen if one.info["memory_info"] is not None}

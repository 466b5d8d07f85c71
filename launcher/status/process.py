"""How a process is, made of what supervisord knows of it, of what it answers, and of what an operator wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from launcher.status.told import Told
from launcher.status.usage import Usage
from launcher.supervision.daemon import State
from launcher.supervision.record import Crash

LAG_WORTH_A_NOTE = 1000
"""Records. Up to here a writer is as good as current: it writes thousands in a second."""
DRAINED, DRAINING = "drained", "draining"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """How a process is: `waiting_for` says what it lacks, None if it is healthy; `crashes` how often it ended without being told to.

    `service` is the one that it is an instance of, if any; `usage` what it and its children take, if it runs; `told` what it says of
    itself.
    """

    name: str
    state: str
    pid: int | None
    since: str | None
    waiting_for: str | None
    crashes: int
    last_crash: str | None
    service: str | None
    usage: Usage | None
    told: Told

    @property
    def healthy(self) -> bool:
        """Whether it runs and does its work, or does not because an operator wants it so."""
        return self.state in {DRAINED, DRAINING} or (self.state == "running" and self.waiting_for is None)

    @property
    def note(self) -> str:
        """What a person should know about it."""
        notes = [self.waiting_for] if self.waiting_for else []
        if self.told.lag_records is not None and self.told.lag_records > LAG_WORTH_A_NOTE:
            notes.append(f"{self.told.lag_records:,} records behind")
        if self.last_crash and not self.waiting_for:
            notes.append(f"last crash: {self.last_crash}")
        return "; ".join(notes)

    def as_json(self) -> dict[str, Any]:
        """Return it as `status --json` shows it."""
        return {
            "name": self.name,
            "service": self.service,
            "version": self.told.version,
            "state": self.state,
            "healthy": self.healthy,
            "pid": self.pid,
            "since": self.since,
            "waitingFor": self.waiting_for,
            "crashes": self.crashes,
            "lastCrash": self.last_crash,
            "memoryBytes": self.usage.memory_bytes if self.usage else None,
            "cpuSeconds": round(self.usage.cpu_seconds, 2) if self.usage else None,
            "connections": self.told.connections,
            "lagRecords": self.told.lag_records,
            "commands": self.told.commands,
            "deliveries": self.told.deliveries,
        }


def assess(
    state: State,
    answer: str | None,
    crashes: Sequence[Crash],
    *,
    drained: bool,
    service: str | None,
    usage: Usage | None,
    told: Told,
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
        service=service,
        usage=usage,
        told=told,
    )

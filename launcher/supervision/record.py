"""What supervisord's log tells: which processes it started, with which pid, and how those ended that nobody stopped.

The log outlives supervisord, and is the one place where it says how a process ended. One log is one run of a stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_LINE = re.compile(r"(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ \w+ (?P<text>.*)")
_STARTED = re.compile(r"supervisord started with pid (?P<pid>\d+)")
_SPAWNED = re.compile(r"spawned: '(?P<name>[^']+)' with pid (?P<pid>\d+)")
_EXITED = re.compile(r"exited: (?P<name>\S+) \((?P<how>.+); (?:not )?expected\)")
_STOPPED = re.compile(r"stopped: (?P<name>\S+) \(")

SUPERVISOR = "supervisord"


@dataclass(frozen=True, slots=True)
class Started:
    """A process that was started and has not been seen to end."""

    name: str
    pid: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Crash:
    """A process that ended and had not been told to."""

    name: str
    how: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A run of a stack, as its log tells it."""

    running: tuple[Started, ...]
    crashes: tuple[Crash, ...]

    def crashes_of(self, name: str) -> tuple[Crash, ...]:
        """Return the crashes of one process, oldest first."""
        return tuple(crash for crash in self.crashes if crash.name == name)


def read(log: Iterable[str]) -> Record:
    """Read the lines of supervisord's log, whose times are UTC. Lines of other kinds are passed over."""
    running: dict[str, Started] = {}
    crashes: list[Crash] = []
    for at, text in _timed(log):
        if found := _STARTED.match(text):
            running[SUPERVISOR] = Started(SUPERVISOR, int(found["pid"]), at)
        elif found := _SPAWNED.match(text):
            running[found["name"]] = Started(found["name"], int(found["pid"]), at)
        elif found := _EXITED.match(text):
            running.pop(found["name"], None)
            crashes.append(Crash(found["name"], found["how"], at))
        elif found := _STOPPED.match(text):
            running.pop(found["name"], None)
    return Record(tuple(running.values()), tuple(crashes))


def _timed(log: Iterable[str]) -> Iterator[tuple[datetime, str]]:
    for line in log:
        if found := _LINE.match(line):
            yield datetime.fromisoformat(found["when"]).replace(tzinfo=UTC), found["text"]

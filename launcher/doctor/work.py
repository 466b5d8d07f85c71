"""What a stack does: its processes, how far the writer is, and what could not be applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from launcher.dead_letters import Writer
from launcher.doctor.finding import Finding, well, wrong
from launcher.home import Home
from launcher.status.process import DRAINED, DRAINING, ProcessStatus
from launcher.supervision.record import Crash
from launcher.topology import Topology

RECENT = timedelta(hours=1)
"""A crash is worth a look for so long: what goes on crashing is seen, and what was mended is forgotten."""
LAG = 10_000
"""Records: more than a writer that keeps up ever has before it."""


def processes(found: Sequence[ProcessStatus]) -> Iterator[Finding]:
    """Look at every process."""
    for one in found:
        if not one.healthy:
            cure = f"Read `elastic-chat logs {one.name}`; `elastic-chat restart {one.name}` tries at once"
            yield wrong("processes", f"{one.name} ({one.state}): {one.note or 'it does not do its work'}", cure)
    aside = [one.name for one in found if one.state in {DRAINED, DRAINING}]
    healthy = sum(one.healthy for one in found) - len(aside)
    drained = f", and {', '.join(aside)} drained, as you wanted" if aside else ""
    yield well("processes", f"{healthy} of {len(found)} are healthy{drained}")


def crashes(seen: Sequence[Crash], now: datetime | None = None) -> Iterator[Finding]:
    """Look at what ended without being told to in the last hour."""
    recent = [crash for crash in seen if crash.at > (now or datetime.now(UTC)) - RECENT]
    for name in sorted({crash.name for crash in recent}):
        of = [crash for crash in recent if crash.name == name]
        times = "once" if len(of) == 1 else f"{len(of)} times"
        yield wrong(
            "crashes",
            f"{name} has crashed {times} in the last hour, last at {of[-1].at:%R:%S} UTC ({of[-1].how})",
            f"Read `elastic-chat logs {name}` around that time",
        )
    if not recent:
        yield well("crashes", "none in the last hour")


def lag(found: Sequence[ProcessStatus]) -> Iterator[Finding]:
    """Look at how far the writers are behind the log."""
    for one in found:
        records = one.told.lag_records
        if records is None:
            continue
        if records > LAG:
            cure = f"See with `elastic-chat logs {one.name}` whether Cassandra keeps up; `elastic-chat scale writer 2` adds one"
            yield wrong("lag", f"{one.name} is {records:,} records behind: readers find them in the live view only", cure)
        else:
            yield well("lag", f"{one.name} is {records:,} records behind")


def dead_letters(home: Home, topology: Topology) -> Iterator[Finding]:
    """Look at what the writer could not apply. Raises LaunchError if the writer does not tell."""
    waiting = sum(not letter.redriven for letter in Writer.of(home, topology).letters())
    if waiting:
        seen = f"{waiting} {'record waits that' if waiting == 1 else 'records wait that'} the writer could not apply"
        yield wrong("dead letters", seen, "See `elastic-chat dead-letters list`, and docs/operations.md for what each reason wants")
    else:
        yield well("dead letters", "none waits")

"""`elastic-chat status`: how every process is."""

from __future__ import annotations

import os
from collections.abc import Sequence

from launcher import status as process_status
from launcher.commands.fit import Column, Fitted, Row
from launcher.commands.frame import Answer, command
from launcher.settings import Settings
from launcher.status.process import ProcessStatus

MEGABYTE = 1_000_000

COLUMNS = (
    Column("process"),
    Column("state"),
    Column("version", spare=6),
    Column("pid", spare=7, right=True),
    Column("memory", spare=4, right=True),
    Column("since", spare=5),
    Column("connections", spare=1, right=True),
    Column("lag", spare=2, right=True),
    Column("crashes", spare=3, right=True),
    Column("note", wraps=True),
)


@command(
    examples={
        "elastic-chat status": "look once",
        "elastic-chat status --watch": "look every two seconds, in a terminal of any size",
        "elastic-chat status --json | jq '.processes[] | select(.healthy | not)'": "what is wrong, for a script",
    },
    exits={0: "Every process does its work, or was told not to.", 1: "Something is wrong, or nothing runs."},
    facts={
        "supervisor": "its pid",
        "processes": (
            "for each: name, service (of an instance), version, state, healthy, pid, since, waitingFor, crashes, lastCrash, memoryBytes, "
            "cpuSeconds (since its start), connections and deliveries (of a gateway), lagRecords (of a "
            "writer), commands (of a router)"
        ),
    },
    watch=True,
)
def status() -> Answer:
    """Show how every process is.

    Each is asked, in its own protocol, whether it does its work. `version` is that of the code which runs; `connections` are those of a
    gateway's clients; `lag` is how many records of the log the writers have before them, which each of them tells of all; `crashes` how
    often a process has ended in this run of the stack without being told to.
    """
    daemon, found = process_status.look(Settings.from_environment(os.environ))
    supervisor = daemon.process()
    facts = {"supervisor": {"pid": supervisor.pid if supervisor else None}, "processes": [one.as_json() for one in found]}
    return Answer(facts, view(found), ok=all(one.healthy for one in found))


def view(found: Sequence[ProcessStatus]) -> Fitted:
    """Return what people see."""
    return Fitted(_head(found), COLUMNS, [Row(_cells(one), _style(one), urgent=not one.healthy) for one in found])


def _head(found: Sequence[ProcessStatus]) -> str:
    healthy = sum(one.healthy for one in found)
    connections = sum(one.told.connections or 0 for one in found)
    lag = max((one.told.lag_records or 0 for one in found), default=0)  # each writer tells that of all of them
    return f"{healthy} of {len(found)} are healthy, {_count(connections, 'connection')}, {_count(lag, 'record')} behind"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _cells(one: ProcessStatus) -> tuple[str, ...]:
    return (
        one.name,
        one.state,
        one.told.version or "",
        str(one.pid or ""),
        "" if one.usage is None else f"{one.usage.memory_bytes / MEGABYTE:,.0f} MB",
        (one.since or "")[:19].replace("T", " "),
        _number(one.told.connections),
        _number(one.told.lag_records),
        str(one.crashes or ""),
        one.note,
    )


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _style(one: ProcessStatus) -> str:
    if not one.healthy:
        return "red"
    return "green" if one.state == "running" else "yellow"

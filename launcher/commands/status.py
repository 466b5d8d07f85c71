"""`elastic-chat status`: how every process is."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from launcher import status as process_status
from launcher.commands.frame import Answer, command
from launcher.settings import Settings
from launcher.status import COLUMNS, ProcessStatus


@command(
    examples={
        "elastic-chat status": "look once",
        "elastic-chat status --json": "for scripts",
    },
    exits={0: "Every process does its work, or was told not to.", 1: "Something is wrong, or nothing runs."},
    facts={
        "supervisor": "its pid",
        "processes": "an object for each process",
    },
)
def status() -> Answer:
    """Show how every process is."""
    daemon, found = process_status.look(Settings.from_environment(os.environ))
    supervisor = daemon.process()
    facts = {"supervisor": {"pid": supervisor.pid if supervisor else None}, "processes": [one.as_json() for one in found]}
    return Answer(facts, _table(found), ok=all(one.healthy for one in found))


def _table(found: Sequence[ProcessStatus]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        right = column in {"pid", "memory", "crashes"}
        table.add_column(column, justify="right" if right else "left", no_wrap=column in {"process", "memory"})
    for one in found:
        name, state, *rest = one.row
        table.add_row(name, Text(state, style=_style(one)), *rest)
    return table


def _style(one: ProcessStatus) -> str:
    if not one.healthy:
        return "red"
    return "green" if one.state == "running" else "yellow"

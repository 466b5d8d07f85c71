"""What the processes of a stack said: each in its own file, shown one after the other or as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from launcher.errors import LaunchError
from launcher.home import Home
from launcher.topology import SERVICES

LOOK_S = 0.2


def files(home: Home, name: str | None) -> list[Path]:
    """Return the logs of a process, of every instance of a service, or of all.

    Raises:
        LaunchError: nothing of that name has said anything.

    """
    logs = sorted(home.logs.glob("*.log"))
    if name is None:
        return logs
    found = [log for log in logs if log.stem == name or (name in SERVICES and log.stem.rpartition("-")[0] == name)]
    if not found:
        raise LaunchError(
            f"There is no log of {name}", f"Take a service ({', '.join(SERVICES)}) or one of {', '.join(log.stem for log in logs)}"
        )
    return found


def show(logs: Sequence[Path], out: Callable[[str], None], *, last: int, follow: bool) -> None:
    """Give the last lines of each log to `out`, each with the name of its process if there are several; then, if asked, those that come."""
    open_logs = [(log, log.open(encoding="utf-8", errors="replace")) for log in logs]
    try:
        for log, file in open_logs:
            for line in file.read().splitlines()[-last:]:
                out(_labelled(log, line, len(logs)))
        while follow:
            if not any([_drain(log, file, out, len(logs)) for log, file in open_logs]):  # noqa: C419 - every one of them is drained
                time.sleep(LOOK_S)
    finally:
        for _, file in open_logs:
            file.close()


def _drain(log: Path, file: TextIO, out: Callable[[str], None], count: int) -> bool:
    lines = file.readlines()
    for line in lines:
        out(_labelled(log, line.rstrip("\n"), count))
    return bool(lines)


def _labelled(log: Path, line: str, count: int) -> str:
    return line if count == 1 else f"{log.stem:<20} {line}"

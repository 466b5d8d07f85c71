"""What the processes of a stack said: each in its own file, shown one after the other or as they come."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

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
    if not logs:
        raise LaunchError(
            f"Nothing has been logged in {home.root}", "Start a stack with `make up`, or set ELASTIC_CHAT_HOME to the folder of one"
        )
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
    tails = [_Tail(log) for log in logs]
    width = max(len(log.stem) for log in logs)

    def tell(tail: _Tail, lines: Sequence[str]) -> None:
        for line in lines:
            out(line if len(tails) == 1 else f"{tail.log.stem:<{width}} {line}")

    with ExitStack() as files:
        for tail in tails:
            files.callback(tail.close)
            tell(tail, tail.lines()[-last:])
        while follow:
            for tail in tails:
                tell(tail, tail.lines())
            time.sleep(LOOK_S)


class _Tail:
    """A log that is read while it is written, and through its rotation."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._file = log.open(encoding="utf-8", errors="replace")
        self._begun = ""

    def lines(self) -> list[str]:
        """Return the lines that have come since the last time. A line that is still being written waits for its end."""
        *whole, self._begun = (self._begun + self._file.read()).split("\n")
        if not whole and self._was_rotated():
            self._file.close()
            self._file = self.log.open(encoding="utf-8", errors="replace")
        return whole

    def close(self) -> None:
        self._file.close()

    def _was_rotated(self) -> bool:
        try:
            return self.log.stat().st_ino != os.fstat(self._file.fileno()).st_ino
        except FileNotFoundError:  # renamed, and the new one is not there yet
            return False

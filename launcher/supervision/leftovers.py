"""Processes that outlived their supervisord: killed hard, it can't take them along."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psutil

from launcher.supervision.record import Started

SAME_PROCESS = timedelta(seconds=2)
"""How far the logged start of a process and its real one are apart at most. A pid that is used again belongs to a later one."""

GRACE_S = 20


def still_running(started: Iterable[Started]) -> list[psutil.Process]:
    """Return those of the processes started that still run, and are not others which were given their pids."""
    return [process for one in started if (process := _find(one)) is not None]


def end(processes: list[psutil.Process]) -> None:
    """Stop processes with everything in their process groups: SIGTERM first, and SIGKILL for what is there 20 seconds later."""
    _signal(processes, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(processes, timeout=GRACE_S)
    _signal(stubborn, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=GRACE_S)


def _find(started: Started) -> psutil.Process | None:
    try:
        process = psutil.Process(started.pid)
        born = datetime.fromtimestamp(process.create_time(), UTC)
        same = abs(born - started.at) <= SAME_PROCESS and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        # supervisord makes each process the leader of a group of its own
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)

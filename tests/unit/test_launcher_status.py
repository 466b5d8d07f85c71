"""What `status` makes of what it hears."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from launcher.status import COLUMNS, ProcessStatus, assess, memory_of_trees, metric
from launcher.supervision.daemon import State
from launcher.supervision.record import Crash

SINCE = datetime(2026, 11, 25, 6, 0, 3, tzinfo=UTC)
CRASH = Crash("writer-1", "exit status 1", SINCE)


def state(name: str = "STARTING", pid: int | None = 12, fault: str = "") -> State:
    return State("writer-1", name, pid, SINCE if pid else None, fault)


def assessed(of: State, answer: str | None = None, crashes: tuple[Crash, ...] = (), **facts: Any) -> ProcessStatus:
    return assess(of, answer, crashes, **{"drained": False, "memory_bytes": 90_400_000, "lag_records": None} | facts)


@pytest.mark.parametrize(
    ("status", "shown", "healthy", "note"),
    [
        (assessed(state("RUNNING")), "running", True, ""),
        (assessed(state("STARTING")), "running", True, ""),
        (assessed(state("STARTING"), "not ready"), "starting", False, "not ready"),
        (assessed(state("RUNNING"), "not ready", (CRASH,)), "running", False, "not ready"),
        (assessed(state("BACKOFF", None, "Exited too quickly")), "backoff", False, "Exited too quickly"),
        (assessed(state("RUNNING"), None, (CRASH,)), "running", True, "last crash: exit status 1, 2026-11-25T06:00:03+00:00"),
        (assessed(state("STOPPED", None), "not listening yet", drained=True), "drained", True, ""),
        (assessed(state("STOPPING"), "not ready", drained=True), "draining", True, ""),
        (assessed(state("STOPPED", None), "not listening yet"), "stopped", False, "not listening yet"),
        (assessed(state("RUNNING"), lag_records=1000), "running", True, ""),
        (assessed(state("RUNNING"), lag_records=12345), "running", True, "12,345 records behind"),
        (assessed(state("RUNNING"), "not ready", lag_records=12345), "running", False, "not ready; 12,345 records behind"),
    ],
)
def test_a_process_is_shown_with_what_it_lacks(status: ProcessStatus, shown: str, note: str, *, healthy: bool) -> None:
    assert (status.state, status.healthy, status.note) == (shown, healthy, note)


def test_a_row_has_every_column() -> None:
    row = assessed(state("RUNNING"), None, (CRASH, CRASH), memory_bytes=1_056_400_000).row
    assert dict(zip(COLUMNS, row, strict=True)) == {
        "process": "writer-1",
        "state": "running",
        "pid": "12",
        "memory": "1,056 MB",
        "since": "2026-11-25 06:00:03",
        "crashes": "2",
        "note": "last crash: exit status 1, 2026-11-25T06:00:03+00:00",
    }
    assert assessed(state("STOPPED", None), drained=True, memory_bytes=None).row == ("writer-1", "drained", "", "", "", "", "")


def test_scripts_get_memory_and_lag_as_numbers() -> None:
    told = assessed(state("RUNNING"), lag_records=0).as_json()
    assert (told["memoryBytes"], told["lagRecords"], told["healthy"]) == (90_400_000, 0, True)


def test_the_memory_of_a_process_is_that_of_its_children_too() -> None:
    running = {1: (0, 1), 10: (1, 100), 11: (10, 20), 12: (11, 3), 20: (1, 7000)}
    assert memory_of_trees(running, [10, 20, 30]) == {10: 123, 20: 7000}


def test_a_metric_is_found_by_its_whole_name() -> None:
    text = "# HELP lag Records.\n# TYPE lag gauge\nlag_more 7.0\nlag 12345.0\n"
    assert metric(text, "lag") == 12345
    assert metric(text, "behind") is None

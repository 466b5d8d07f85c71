"""What `doctor` makes of what it sees. That a healthy stack is found healthy, and an ill one ill, is tried on a stack that runs."""

from __future__ import annotations

import json
import os
import resource
import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from launcher import preflight
from launcher.cli import main
from launcher.doctor import cassandra, kafka, machine, mesh, redis, work
from launcher.doctor.finding import Finding, Verdict
from launcher.doctor.programs import program, programs
from launcher.envoys.certificates import Certificate
from launcher.envoys.links import Host, Link, Links
from launcher.home import Home
from launcher.settings import Settings
from launcher.status.process import ProcessStatus
from launcher.status.told import Told
from launcher.supervision.record import Crash
from launcher.topology import Topology

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def verdicts(found: Iterable[Finding]) -> list[Verdict]:
    made = list(found)
    for one in made:
        assert one.seen
        assert bool(one.cure) == (one.verdict is Verdict.WRONG), one
    return [one.verdict for one in made]


def only(found: Iterable[Finding]) -> Finding:
    (one,) = made = list(found)
    verdicts(made)
    return one


def test_a_machine_with_one_core_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert only(machine.cores()).seen == "1 core"
    assert only(machine.cores()).verdict is Verdict.WRONG
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert only(machine.cores()).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("free", "running", "verdict"), [(1e9, False, "wrong"), (1e9, True, "ok"), (1e8, True, "wrong"), (9e9, False, "ok")]
)
def test_a_stack_wants_less_memory_when_it_has_its_own_already(
    monkeypatch: pytest.MonkeyPatch, free: float, verdict: str, *, running: bool
) -> None:
    class Memory:
        available = free

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    assert only(machine.memory(running=running)).verdict == verdict


@pytest.mark.parametrize(
    ("free", "running", "verdict"), [(2e9, False, "wrong"), (2e9, True, "ok"), (5e8, True, "wrong"), (9e9, False, "ok")]
)
def test_the_disk_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: float, verdict: str, *, running: bool) -> None:
    class Usage:
        def __init__(self, _: Path) -> None:
            self.free = free

    monkeypatch.setattr(machine.shutil, "disk_usage", Usage)
    assert only(machine.disk([tmp_path / "home"], running=running)).verdict == verdict


def test_how_many_files_a_process_may_open_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert "2,048 connections" in only(machine.open_files()).seen
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 65_536))
    assert only(machine.open_files()).verdict is Verdict.OK
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, resource.RLIM_INFINITY))
    assert only(machine.open_files()).seen == "no limit"


def test_a_port_that_the_system_may_lend_is_told_unless_it_is_reserved() -> None:
    assert machine.outgoing(8080, 32_768, 60_999, "").verdict is Verdict.OK
    lent = machine.outgoing(32_500, 32_768, 60_999, "")
    assert (lent.verdict, "32768 to 33399 are ours" in lent.seen) == (Verdict.WRONG, True)
    suggested = 31_868
    assert f"ELASTIC_CHAT_PORT to {suggested} or less" in lent.cure
    assert machine.outgoing(suggested, 32_768, 60_999, "").verdict is Verdict.OK
    assert machine.outgoing(suggested + 1, 32_768, 60_999, "").verdict is Verdict.WRONG
    assert machine.outgoing(32_500, 32_768, 60_999, "22,32500-33399\n").verdict is Verdict.OK
    assert machine.outgoing(32_500, 32_768, 60_999, "32500-33398\n").verdict is Verdict.WRONG


def test_a_clock_that_was_set_back_is_noticed_by_what_is_on_the_disk(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert only(machine.clock(home)).verdict is Verdict.SKIPPED
    home.create()
    assert only(machine.clock(home)).verdict is Verdict.OK
    log = home.log("router-1")
    log.touch()
    os.utime(log, (time.time() + 3600,) * 2)
    assert only(machine.clock(home)).verdict is Verdict.WRONG


def test_the_folder_must_be_writable_short_and_its_keys_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert verdicts(machine.folder(home)) == [Verdict.OK]
    home.create()
    assert verdicts(machine.folder(home)) == [Verdict.OK, Verdict.OK]
    home.keys.chmod(0o755)
    assert verdicts(machine.folder(home)) == [Verdict.OK, Verdict.WRONG]
    assert only(machine.folder(Home(tmp_path / ("x" * 120)))).verdict is Verdict.WRONG
    file = tmp_path / "file"
    file.touch()
    assert "can't be written to" in only(machine.folder(Home(file / "home"))).seen


def test_every_fault_of_the_environment_is_a_finding() -> None:
    settings = Settings.from_environment({"CHAT_GATEWAY_HARTBEAT": "1", "CHAT_NODE_ID": "x"})
    assert verdicts(machine.environment(settings)) == [Verdict.WRONG] * 2
    assert next(iter(machine.environment(settings))).cure == "Did you mean CHAT_GATEWAY_HEARTBEAT? Correct or remove it"
    assert verdicts(machine.environment(Settings.from_environment({}))) == [Verdict.OK]


def engine(tmp_path: Path, script: str, version: str = "1.40.0") -> Path:
    path = tmp_path / "engines" / f"envoy-{version}-0123456789ab" / "bin" / "envoy"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("script", "version", "verdict", "seen"),
    [
        ("echo 'envoy  version: 9e55/1.40.0/Clean/RELEASE/BoringSSL'", "1.40.0", "ok", "1.40.0"),
        ("echo 'openjdk version \"17.0.9\" 2023-10-17' >&2", "17.0.9.2", "ok", "17.0.9"),
        ("echo 'Valkey server v=9.1.2 sha=00'", "9.1.2.post2", "ok", "9.1.2"),
        ("echo 'nginx version: nginx/1.4' >&2", "1.40.0", "wrong", "it is 1.4, and 1.40.0 was locked"),
        ("echo nothing", "1.40.0", "wrong", "does not tell its version"),
        ("exit 3", "1.40.0", "wrong", "does not tell its version"),
    ],
)
def test_an_engine_must_run_and_be_the_one_that_was_locked(tmp_path: Path, script: str, version: str, verdict: str, seen: str) -> None:
    path = engine(tmp_path, script, version)
    found = only([program("envoy", path, "--version")])
    assert (found.verdict, seen in found.seen) == (verdict, True), found
    assert not found.cure or str(path.parents[1]) in found.cure


def test_an_engine_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    path = engine(tmp_path, "")
    path.chmod(0o600)
    assert "does not run (PermissionError)" in program("envoy", path, "--version").seen


def test_engines_that_were_not_fetched_are_nothing_wrong(tmp_path: Path) -> None:
    assert set(verdicts(programs(tmp_path))) == {Verdict.SKIPPED}


def process(name: str, state: str = "running", waiting_for: str | None = None, lag: int | None = None) -> ProcessStatus:
    return ProcessStatus(name, state, 1, None, waiting_for, 0, None, None, None, Told(lag_records=lag))


def test_a_process_that_is_not_healthy_is_told_and_one_that_was_drained_is_not() -> None:
    found = list(work.processes([process("a"), process("b", waiting_for="not ready"), process("c", "drained")]))
    assert verdicts(found) == [Verdict.WRONG, Verdict.OK]
    assert found[0].seen == "b (running): not ready"
    assert found[1].seen == "1 of 3 are healthy, and c drained, as you wanted"


def test_crashes_of_the_last_hour_are_told_and_older_ones_are_not() -> None:
    ago = [Crash("router-1", "exit status 1", NOW - timedelta(minutes=minutes)) for minutes in (90, 40, 5)]
    found = only(work.crashes(ago, NOW))
    assert found.seen == "router-1 has crashed 2 times in the last hour, last at 11:55:00 UTC (exit status 1)"
    assert only(work.crashes(ago[:1], NOW)).verdict is Verdict.OK


def test_a_writer_that_is_far_behind_is_told() -> None:
    assert verdicts(work.lag([process("a"), process("w1", lag=10_000), process("w2", lag=10_001)])) == [Verdict.OK, Verdict.WRONG]


def link(*instances: str, faults: tuple[str, ...] = (), service: str = "router") -> Link:
    hosts = tuple(Host(name, "", faults if name == "router-1" else (), 0, 0, 0) for name in instances)
    return Link("gateway-1-sidecar", service, service, hosts)


@pytest.mark.parametrize(
    ("seen", "drained", "told"),
    [
        (Links((link("router-1", "router-2"),)), (), None),
        (Links((link("router-1"),)), ("router-2",), None),
        (Links((link("router-1"),)), (), "gateway-1-sidecar does not know router-2"),
        (Links((link("router-1", "router-2", "router-3"),)), (), "gateway-1-sidecar still knows router-3"),
        (Links((link("router-1", "router-2"),)), ("router-2",), "gateway-1-sidecar still knows router-2"),
        (Links((link("router-1", "router-2", faults=("ejected",)),)), (), "gateway-1-sidecar on the way to router: router-1 ejected"),
        (Links((), ("edge",)), (), "edge does not answer at its admin interface"),
    ],
)
def test_every_envoy_must_know_every_instance_that_was_not_drained(seen: Links, drained: tuple[str, ...], told: str | None) -> None:
    found = only(mesh.agreement(seen, Topology(), drained))
    assert (found.verdict is Verdict.OK) if told is None else (found.seen == told)


def certificate(left: timedelta) -> Certificate:
    return Certificate("edge", "own", "/x", "0a", (), NOW + left - timedelta(days=1), NOW + left)


def test_a_certificate_that_was_not_renewed_is_told() -> None:
    assert only(mesh.certificates([])).verdict is Verdict.SKIPPED
    assert only(mesh.certificates([certificate(timedelta(hours=20)), certificate(timedelta(hours=3))], NOW)).verdict is Verdict.OK
    assert "ends at" in only(mesh.certificates([certificate(timedelta(hours=20)), certificate(timedelta(hours=2))], NOW)).seen
    assert "has ended" in only(mesh.certificates([certificate(timedelta(0))], NOW)).seen


GOOD_REDIS: dict[str, Any] = {
    "used_memory": 8_000_000,
    "maxmemory": 1_000_000_000,
    "maxmemory_policy": "noeviction",
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "aof_last_bgrewrite_status": "ok",
}


@pytest.mark.parametrize(
    ("look", "told"),
    [
        (redis.memory, {"used_memory": 900_000_000}),
        (redis.memory, {"maxmemory": 0}),
        (redis.policy, {"maxmemory_policy": "allkeys-lru"}),
        (redis.persistence, {"aof_enabled": 0}),
        (redis.persistence, {"aof_last_write_status": "err"}),
        (redis.persistence, {"aof_last_bgrewrite_status": "err"}),
    ],
)
def test_a_redis_that_is_full_forgets_or_does_not_write_is_told(look: Any, told: dict[str, Any]) -> None:
    assert look(GOOD_REDIS).verdict is Verdict.OK
    assert only([look(GOOD_REDIS | told)]).verdict is Verdict.WRONG


def partition(number: int, replicas: int = 3, in_sync: int = 3, leader: int = 1) -> dict[str, Any]:
    return {"partition": number, "leader": leader, "replicas": list(range(replicas)), "isr": list(range(in_sync))}


@pytest.mark.parametrize(
    ("partitions", "told"),
    [
        ([partition(0), partition(1)], None),
        ([partition(0), partition(1, in_sync=2)], "t: not every broker follows in partition 1"),
        ([partition(0, leader=-1), partition(1, leader=-1)], "t: nobody leads partitions 0, 1, so that nothing can be written there"),
        ([partition(0, replicas=1, in_sync=1), partition(1)], "t: partition 0 lie on fewer brokers than 3"),
    ],
)
def test_every_partition_must_have_a_leader_and_brokers_that_follow(partitions: list[dict[str, Any]], told: str | None) -> None:
    found = only([kafka.topic_finding("t", partitions, 3)])
    assert (found.verdict is Verdict.OK) if told is None else (found.seen == told)


def test_the_tables_must_be_those_that_the_code_knows() -> None:
    assert [cassandra.schema("k", "writer", 3, found).verdict for found in (2, 3, 4)] == [Verdict.WRONG, Verdict.OK, Verdict.WRONG]
    assert "restart writer" in cassandra.schema("k", "writer", 3, 2).cure
    assert [cassandra.nodes(versions, 3).verdict for versions in (1, 2)] == [Verdict.OK, Verdict.WRONG]
    assert all(cassandra.newest(migrations) >= 1 for _, migrations in cassandra.OWNERS.values())


@pytest.mark.parametrize("look", [redis.redis, cassandra.cassandra, lambda port: kafka.kafka(port, 1)])
def test_an_engine_that_does_not_answer_is_a_finding(look: Any, unused_port: int) -> None:
    found = only(look(unused_port))
    assert found.verdict is Verdict.WRONG
    assert found.seen.startswith("it does not tell how it is")


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def test_the_command_fails_if_anything_is_wrong_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ELASTIC_CHAT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(preflight, "MEMORY", 10**15)
    done = CliRunner().invoke(main, ["doctor", "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"]) == (1, False)
    (memory,) = (one for one in told["findings"] if one["check"] == "memory")
    assert (memory["verdict"], memory["cure"]) == ("wrong", "Stop something else, or take a machine with at least 4 GB")
    assert {"check": "stack", "verdict": "skipped", "seen": "none runs here", "cure": None} in told["findings"]
    assert "Stop something else" in CliRunner().invoke(main, ["doctor"]).output

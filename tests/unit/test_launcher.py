"""The launcher's rules: names and ports, what is looked at before a start, and what a supervisor's log tells."""

from __future__ import annotations

import ctypes
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from chatkit.core.clock import SystemClock
from launcher import preflight
from launcher.engines import Engines
from launcher.engines.store import arrived, made_once
from launcher.engines.wheels import refusal, requirement
from launcher.errors import LaunchError
from launcher.home import LONGEST_SOCKET_PATH, Home, write_atomically
from launcher.keys import ensure_link_key, ensure_push_key, ensure_signing_key
from launcher.mesh.rendering import http_socket, render_sidecar, watches
from launcher.operate import cluster_id
from launcher.plan import Stack, Wave, processes, service_environment
from launcher.render import configuration, supervisor_configuration
from launcher.settings import Settings
from launcher.supervision import leftovers, record
from launcher.topology import HOST, MAX_INSTANCES, SERVICES, Topology
from launcher.tracing import Tracing
from svc_presence.push.vapid import Vapid

NOWHERE = Path("/nowhere")
ENGINES = Engines(NOWHERE, NOWHERE, NOWHERE, NOWHERE, (), ())


def stack(home: Path = NOWHERE, port: int = 8080) -> Stack:
    return Stack(Home(home), Topology(port), ENGINES)


def traced(**environment: str) -> Stack:
    settings = Settings.from_environment({f"ELASTIC_CHAT_TRACE_{name}": value for name, value in environment.items()})
    return replace(stack(), tracing=settings.tracing)


def test_no_two_processes_share_a_port_and_a_full_stack_fits_into_a_thousand() -> None:
    topology = Topology(10_000, dict.fromkeys(SERVICES, MAX_INSTANCES))
    plan = processes(Stack(Home(NOWHERE), topology, ENGINES, tracing=Tracing(1.0, HOST, topology.collector_port)))
    ports = [port for process in plan for port in process.ports]
    assert len(set(ports)) == len(ports)
    assert min(ports) >= 10_000
    assert max(ports) < 11_000


def test_every_instance_has_its_sidecar_and_services_start_last() -> None:
    plan = list(processes(stack()))
    names = [process.name for process in plan]
    for instance in stack().topology.instances():
        assert {instance.name, f"{instance.name}-sidecar"} <= set(names)
    assert [process.wave for process in plan] == sorted(process.wave for process in plan)
    assert {process.name for process in plan if process.wave is Wave.ENGINES} == {"valkey", "kafka", "cassandra"}


def collectors(of: Stack) -> set[str]:
    """Return where the Envoys of a stack tell what they trace."""
    found = set[str]()
    for path, text in configuration(of).items():
        if path.parent == of.home.envoy:
            clusters = {one["name"]: one for one in yaml.safe_load(text)["static_resources"]["clusters"]}
            assert ("tracing:" in text) == ("collector" in clusters)
            if "collector" in clusters:
                ((host,),) = [one["lb_endpoints"] for one in clusters["collector"]["load_assignment"]["endpoints"]]
                address = host["endpoint"]["address"]["socket_address"]
                found.add(f"http://{address['address']}:{address['port_value']}")
    return found


@pytest.mark.parametrize(
    ("of", "url", "share", "is_own"),
    [
        (stack(), None, None, False),
        (traced(SHARE="0", COLLECTOR="http://otel:4317"), None, None, False),
        (traced(SHARE="0.01"), f"http://{HOST}:8089", "0.01", True),
        (traced(SHARE="1", COLLECTOR="http://otel:4317"), "http://otel:4317", "1.0", False),
    ],
)
def test_what_is_traced_goes_to_the_collector_outside_or_to_the_stacks_own(
    of: Stack, url: str | None, share: str | None, *, is_own: bool
) -> None:
    plan = {process.name: process for process in processes(of)}
    services = [plan[one.name].env for one in of.topology.instances()]
    assert {env.get("CHAT_TRACE_COLLECTOR") for env in services} == {url}
    assert {env.get("CHAT_TRACE_SHARE") for env in services} == {share}
    assert collectors(of) == ({url} if url else set())
    assert ("collector" in plan) == is_own


def test_every_file_that_a_process_reads_is_rendered() -> None:
    home = Path("/somewhere/a home")
    made = configuration(stack(home))
    plan = list(processes(stack(home)))
    for process in plan:
        for argument in process.argv:
            path = Path(argument.removeprefix("@"))
            if path.is_relative_to(home / "run") and path.suffix:
                assert path in made, f"{process.name} reads {path}"
    assert "program:gateway-1-sidecar" in supervisor_configuration(Home(home), plan)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("PORT", "x"), ("PORT", "80"), ("PORT", "65000"), ("LOG_LEVEL", "loud")),
        *(("TRACE_SHARE", "1.1"), ("TRACE_SHARE", "-1"), ("TRACE_SHARE", "some"), ("TRACE_SHARE", ".")),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(LaunchError, match=f"ELASTIC_CHAT_{name} is '{value}'. Set it to"):
        Settings.from_environment({f"ELASTIC_CHAT_{name}": value})


@pytest.mark.parametrize("value", ["localhost:4317", "https://localhost:4317", "http://localhost", "http://a b:1", "http://x:y"])
def test_a_collector_is_where_envoys_find_it_too(value: str) -> None:
    with pytest.raises(LaunchError, match=f"ELASTIC_CHAT_TRACE_COLLECTOR is '{value}'. Write it as"):
        Settings.from_environment({"ELASTIC_CHAT_TRACE_COLLECTOR": value})


def test_a_busy_port_is_named_with_who_has_it() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(LaunchError, match=rf"Port {port}, which edge needs, is taken by .*pid {os.getpid()}\)\. Stop that, or set"):
            preflight.check_port("edge", port)
    preflight.check_port("edge", port)


def test_too_little_of_anything_is_told_with_its_cure() -> None:
    with pytest.raises(LaunchError, match=r"Python 3\.10, and 3\.11 or newer is needed\. Run"):
        preflight.check_python((3, 10))
    with pytest.raises(LaunchError, match=r"Only 1\.0 GB are free where /x is.*\. Free some"):
        preflight.check_disk(Path("/x"), 10**9)
    with pytest.raises(LaunchError, match=r"Only 1\.0 GB of memory are free.*\. Stop something"):
        preflight.check_memory(10**9)
    preflight.check_python((3, 11))
    preflight.check_disk(Path("/x"), 10**12)
    preflight.check_memory(10**12)


def test_a_home_that_cannot_be_written_or_is_too_deep_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(LaunchError, match=r"Cannot write to .*Set ELASTIC_CHAT_HOME"):
        Home(blocked / "home").create()
    with pytest.raises(LaunchError, match=r"too long.*Set ELASTIC_CHAT_HOME to a shorter one"):
        Home(tmp_path / ("x" * 120)).create()


def test_a_home_in_which_the_socket_of_every_instance_has_its_place_is_deep_enough(tmp_path: Path) -> None:
    paths = [http_socket(instance, Home(tmp_path).envoy) for instance in Topology().largest.instances()]
    room = LONGEST_SOCKET_PATH - max(len(str(path)) for path in paths)
    Home(tmp_path.with_name(tmp_path.name + "x" * room)).create()
    with pytest.raises(LaunchError, match="too long"):
        Home(tmp_path.with_name(tmp_path.name + "x" * (room + 1))).create()


def test_what_pip_did_not_give_is_one_clear_line() -> None:
    assert "is not the file that launcher/engines/wheels.lock names" in str(
        refusal("a==1", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES")
    )
    assert "(the package index can't be reached)" in str(
        refusal("a==1", "WARNING: Retrying after connection broken by ...\nERROR: No matching distribution found for a==1.")
    )
    assert str(refusal("a==1", "warning\nERROR: No matching distribution found for a==1.")) == (
        "Could not download a==1 (No matching distribution found for a==1). "
        "Check the network (a first start needs it) and run the command again."
    )


def test_a_requirement_is_its_pin_with_all_of_its_hashes() -> None:
    lock = "b==2 \\\n    --hash=sha256:00\na==1 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22\n"
    assert requirement("a", lock) == "a==1 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22"
    with pytest.raises(KeyError):
        requirement("c", lock)


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "engine"

    def fail(part: Path) -> None:
        (part / "half").write_text("12345")
        raise LaunchError("the line went dead", "try again")

    def make(part: Path) -> None:
        assert list(part.iterdir()) == []
        (part / "whole").touch()

    with pytest.raises(LaunchError):
        made_once(folder, fail)
    assert not folder.exists()
    assert arrived(folder) == 5
    made_once(folder, make)
    assert arrived(folder) == 0, "what was left behind is gone"
    made_once(folder, fail)
    assert [path.name for path in folder.iterdir()] == ["whole"]


def test_the_signing_key_is_made_once_and_is_nobody_elses_business(tmp_path: Path) -> None:
    path = tmp_path / "accounts.pem"
    ensure_signing_key(path)
    first = path.read_bytes()
    ensure_signing_key(path)
    assert path.read_bytes() == first
    assert path.stat().st_mode & 0o077 == 0
    assert b"PRIVATE KEY" in first


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "eds" / "router.yaml"
    write_atomically(path, "old")
    with path.open() as reader:
        write_atomically(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert [one.name for one in path.parent.iterdir()] == ["router.yaml"]


LOG = """\
2026-11-25 06:00:00,000 INFO supervisord started with pid 11
2026-11-25 06:00:01,000 INFO spawned: 'router-1' with pid 12
2026-11-25 06:00:02,000 INFO spawned: 'history-1' with pid 13
2026-11-25 06:00:03,000 WARN exited: router-1 (terminated by SIGKILL; not expected)
2026-11-25 06:00:04,000 INFO spawned: 'router-1' with pid 14
2026-11-25 06:00:05,000 INFO success: router-1 entered RUNNING state, process has stayed up for > than 10 seconds (startsecs)
2026-11-25 06:00:06,000 INFO stopped: history-1 (exit status 0)
a line of another kind
"""


def test_a_supervisors_log_tells_what_runs_and_what_crashed() -> None:
    told = record.read(LOG.splitlines())
    assert {(one.name, one.pid) for one in told.running} == {("supervisord", 11), ("router-1", 14)}
    (crash,) = told.crashes_of("router-1")
    assert (crash.how, crash.at) == ("terminated by SIGKILL", datetime(2026, 11, 25, 6, 0, 3, tzinfo=UTC))
    assert told.crashes_of("history-1") == ()


def test_a_pid_that_was_given_to_another_process_is_not_taken_for_ours() -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    assert leftovers.still_running([record.Started("router-1", os.getpid(), at)]) == []


def test_the_id_of_a_kafka_cluster_never_looks_like_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", lambda size: b"\xff" * size)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", cluster_id())


def test_a_machine_on_which_envoys_could_not_watch_their_files_is_refused_with_a_cure() -> None:
    preflight.check_watches_left(128, 84, 44)
    with pytest.raises(LaunchError, match=r"44 inotify instances; this user has 85, and may have 128\. .*max_user_instances"):
        preflight.check_watches_left(128, 85, 44)
    with open_inotify():
        assert preflight.watches_in_use() >= 1


@contextmanager
def open_inotify() -> Iterator[None]:
    descriptor = ctypes.CDLL(None).inotify_init()
    try:
        yield
    finally:
        os.close(descriptor)


def test_in_zones_those_who_call_somebody_watch_one_file_more() -> None:
    whole, parted = Topology(8080), Topology(8080, zones=["east", "west"])
    texts = [render_sidecar(one, parted, NOWHERE) for one in parted.instances()]
    assert watches(parted) - watches(whole) == sum("name: siblings" in text for text in texts) == 10


def test_files_are_kept_in_the_home_unless_an_operator_says_where(tmp_path: Path) -> None:
    (files,) = Topology(8080).instances("files")
    made = stack(tmp_path)
    assert service_environment(files, made)["CHAT_FILES_FOLDER"] == str(tmp_path / "data" / "files")
    for name in ("CHAT_FILES_FOLDER", "CHAT_FILES_S3_BUCKET", "CHAT_FILES_S3_BUCKET_FILE"):
        elsewhere = service_environment(files, replace(made, chosen={"files": {name: "x"}}))
        assert {key: value for key, value in elsewhere.items() if "FOLDER" in key or "BUCKET" in key} == {name: "x"}


def test_the_key_of_pushes_is_made_once_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    ensure_push_key(home.push_key)
    key = home.push_key.read_text()
    assert Vapid(key, "", SystemClock()).public_key
    assert home.push_key.stat().st_mode & 0o077 == 0
    ensure_push_key(home.push_key)
    assert home.push_key.read_text() == key


def test_the_key_of_links_is_made_once_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    ensure_link_key(home.link_key)
    key = home.link_key.read_text()
    assert len(key) >= 64
    assert home.link_key.stat().st_mode & 0o077 == 0
    ensure_link_key(home.link_key)
    assert home.link_key.read_text() == key

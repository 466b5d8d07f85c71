"""The supervisor of a stack, with small processes in place of the stack's: waves, crashes, and an end by force."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from launcher.errors import LaunchError
from launcher.home import Home, write_atomically
from launcher.plan import Process, Wave
from launcher.probes import Http
from launcher.render import supervisor_configuration
from launcher.supervision import leftovers
from launcher.supervision.daemon import Daemon

PATIENCE_S = 30
SLEEPER = "import signal; print('here', flush=True); signal.pause()"
POLITE = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit()); print('here', flush=True); signal.pause()"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
QUITTER = "raise SystemExit(3)"


@pytest.fixture
def home() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="supervised-"))  # pytest's own are too deep for a socket
    home = Home(folder)
    home.create()
    yield home
    shutil.rmtree(folder)


@pytest.fixture
def daemon(home: Home) -> Iterator[Daemon]:
    plan = [
        process("engine", Wave.ENGINES, SLEEPER),
        process("sidecar", Wave.MESH, SLEEPER),
        process("service", Wave.SERVICES, SLEEPER),
        process("quitter", Wave.SERVICES, QUITTER),
    ]
    yield from running(home, plan)


@pytest.fixture
def two(home: Home) -> Iterator[Daemon]:
    yield from running(home, [process("polite", Wave.SERVICES, POLITE), process("stubborn", Wave.SERVICES, STUBBORN, stop_s=1)])


def running(home: Home, plan: list[Process]) -> Iterator[Daemon]:
    write_atomically(home.supervisor_config, supervisor_configuration(home, plan))
    daemon = Daemon(home)
    daemon.start()
    yield daemon
    leftovers.end(leftovers.still_running(daemon.record().running))


def process(name: str, wave: Wave, program: str, stop_s: int = 10) -> Process:
    return Process(name, wave, (sys.executable, "-c", program), Path(tempfile.gettempdir()), Http(1, "/"), stop_s, env={"A": "50%"})


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not {what} within {PATIENCE_S} s"
        time.sleep(0.05)


def until_here(daemon: Daemon, *names: str) -> None:
    logs = [daemon.home.log(name) for name in names]
    until(lambda: all(log.exists() and log.read_text() == "here\n" for log in logs), "started")


def test_waves_start_one_by_one_and_end_in_the_opposite_order(daemon: Daemon) -> None:
    assert {one.state for one in daemon.states().values()} == {"STOPPED"}
    daemon.launch("engine")
    states = daemon.states()
    assert states["engine"].pid is not None
    assert states["sidecar"].pid is None
    daemon.launch("sidecar")
    daemon.launch("service")
    daemon.launch("service")
    daemon.launch("quitter")
    supervisor = daemon.process()
    assert supervisor is not None
    until_here(daemon, "engine", "sidecar", "service")
    daemon.shut_down()
    supervisor.wait(PATIENCE_S)
    stopped = [line.split()[4] for line in daemon.home.supervisor_log.read_text().splitlines() if " stopped: " in line]
    # "quitter" ends by itself, and may be ended just then.
    assert [name for name in stopped if name != "quitter"] == ["service", "sidecar", "engine"]
    assert not daemon.alive()
    assert leftovers.still_running(daemon.record().running) == []


def test_a_killed_process_is_started_again_and_its_end_is_told(daemon: Daemon) -> None:
    daemon.launch("engine")
    first = daemon.states()["engine"].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: daemon.states()["engine"].pid not in {None, first}, "started again")
    assert [crash.how for crash in daemon.record().crashes_of("engine")] == ["terminated by SIGKILL"]


def test_a_process_that_ends_at_once_is_tried_again_after_a_pause(daemon: Daemon) -> None:
    daemon.launch("service")
    daemon.launch("quitter")
    until(lambda: len(daemon.record().crashes_of("quitter")) >= 2, "tried twice")
    first, second, *_ = daemon.record().crashes_of("quitter")
    assert first.how == second.how == "exit status 3"
    assert second.at > first.at
    assert daemon.states()["service"].pid is not None


def test_a_restart_gives_a_new_process_and_is_no_crash(daemon: Daemon) -> None:
    daemon.launch("service")
    until_here(daemon, "service")
    first = daemon.states()["service"].pid
    daemon.restart("service")
    assert daemon.states()["service"].pid not in {None, first}
    assert daemon.record().crashes_of("service") == ()
    with pytest.raises(LaunchError, match="No process is called nobody"):
        daemon.restart("nobody")


def test_a_stop_tells_whether_the_process_ended_by_itself(two: Daemon) -> None:
    two.launch("polite")
    two.launch("stubborn")
    until_here(two, "polite", "stubborn")
    assert two.stop("polite")
    assert two.states()["polite"].state == "STOPPED"
    assert two.stop("polite"), "nothing is left to do"
    assert not two.stop("stubborn")
    assert two.stop("stubborn"), "this time nothing was killed"
    two.launch("polite")
    two.launch("polite")
    assert two.states()["polite"].pid is not None
    with pytest.raises(LaunchError, match="No process is called nobody"):
        two.stop("nobody")


def test_a_process_between_two_tries_is_stopped_and_not_tried_again(daemon: Daemon) -> None:
    daemon.launch("quitter")
    until(lambda: daemon.states()["quitter"].state == "BACKOFF", "between two tries")
    assert daemon.stop("quitter")
    assert daemon.states()["quitter"].state == "STOPPED"


def test_what_outlives_a_killed_supervisor_is_found_and_ended(daemon: Daemon) -> None:
    for name in ("engine", "sidecar", "service"):
        daemon.launch(name)
    until_here(daemon, "engine", "sidecar", "service")
    children = {daemon.states()[name].pid for name in ("engine", "sidecar", "service")}
    supervisor = daemon.process()
    assert supervisor is not None
    supervisor.kill()
    supervisor.wait(PATIENCE_S)
    assert not daemon.alive()
    left = leftovers.still_running(daemon.record().running)
    assert {one.pid for one in left} == children
    leftovers.end(left)
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in left)


def test_a_supervisor_that_cannot_start_says_why(home: Home) -> None:
    write_atomically(home.supervisor_config, "[supervisord]\nminfds = many\n")
    with pytest.raises(LaunchError, match=r"supervisord did not start .*many"):
        Daemon(home).start()

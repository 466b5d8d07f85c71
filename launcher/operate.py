"""What the commands do: bring a stack up, take it down, look at it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from launcher import engines, preflight, probes, render, web
from launcher.display import Display
from launcher.errors import LaunchError
from launcher.home import write_atomically
from launcher.keys import ensure_signing_key
from launcher.plan import WEB, Process, Stack, Wave, processes
from launcher.settings import Settings
from launcher.supervision import leftovers
from launcher.supervision.daemon import Daemon
from launcher.topology import Topology

READY_S = 120.0
"""How long a wave may take to get ready; a cold disk and a busy machine included."""
LOOK_S = 0.15
HOPELESS = 4
"""Crashes during one start after which a process is given up."""
FORMAT_S = 60
LAST_LINES = 8


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """How a process is: `waiting_for` says what it lacks, None if it is healthy; `crashes` how often it ended without being told to."""

    name: str
    state: str
    pid: int | None
    since: str | None
    waiting_for: str | None
    crashes: int
    last_crash: str | None

    @property
    def healthy(self) -> bool:
        """Whether it runs and does its work."""
        return self.state == "running" and self.waiting_for is None

    def as_json(self) -> dict[str, Any]:
        """Return it as `status --json` shows it."""
        return {
            "name": self.name,
            "state": self.state,
            "healthy": self.healthy,
            "pid": self.pid,
            "since": self.since,
            "waitingFor": self.waiting_for,
            "crashes": self.crashes,
            "lastCrash": self.last_crash,
        }


def up(settings: Settings, display: Display) -> Stack:
    """Start what does not run yet, and return when every process is ready. Twice is harmless.

    Raises:
        LaunchError: something stands in the way, or does not get ready; what was started goes on, so that one can look at it.

    """
    home = settings.home
    home.create()
    with home.exclusively():
        daemon = Daemon(home)
        running = daemon.alive()
        if running:
            _refuse_other_port(settings)
        else:
            _clean_up(daemon, display)
            preflight.check_machine((home.root, settings.cache))
        stack = Stack(home, Topology(settings.port), engines.provide(settings.cache, display), settings.log_level)
        plan = list(processes(stack))
        if not running:
            preflight.check_ports(plan)
            web.build(WEB, settings.cache, display)
            prepare(stack, plan)
            daemon.start()
        for wave in Wave:
            daemon.start_wave(wave)
            if wave is Wave.ENGINES:
                # Services wait for engines, but their logs are cleaner and the engines quicker if they need not.
                _await_ready(daemon, [process for process in plan if process.wave is wave], display, "Engines")
        _await_ready(daemon, plan, display, "Processes")
        return stack


def down(settings: Settings, display: Display) -> bool:
    """Stop everything that `up` started, services first. Return False if nothing ran."""
    home = settings.home
    if not home.run.exists():
        return False
    with home.exclusively():
        daemon = Daemon(home)
        if not daemon.alive():
            return _clean_up(daemon, display)
        running = daemon.record().running
        supervisor = daemon.process()
        display.note("Stopping: services drain first")
        daemon.shut_down()
        if supervisor is not None:
            with suppress(psutil.TimeoutExpired):  # then it is ended with what it runs
                supervisor.wait(timeout=READY_S)
        leftovers.end(leftovers.still_running(running))
        return True


def restart(settings: Settings, display: Display, name: str) -> None:
    """Stop one process gracefully, start it again, and return when it is ready and the mesh knows.

    Raises:
        LaunchError: nothing runs, there is no such process, or it does not get ready.

    """
    daemon = _running(settings)
    daemon.restart(name)
    _await_ready(daemon, list(processes(_described(settings))), display, f"Restarting {name}")


def status(settings: Settings) -> tuple[Daemon, list[ProcessStatus]]:
    """Return how every process is, in the order in which they start.

    Raises:
        LaunchError: nothing runs.

    """
    daemon = _running(settings)
    plan = list(processes(_described(settings)))
    states, record = daemon.states(), daemon.record()
    answers = asyncio.run(_ask(plan))
    found = []
    for process, answer in zip(plan, answers, strict=True):
        state = states[process.name]
        crashes = record.crashes_of(process.name)
        last = f"{crashes[-1].how}, {crashes[-1].at.isoformat()}" if crashes else None
        since = state.since.isoformat() if state.since else None
        shown = "running" if state.state == "STARTING" and answer is None else state.state.lower()
        found.append(ProcessStatus(process.name, shown, state.pid, since, answer or state.fault or None, len(crashes), last))
    return daemon, found


def running_topology(settings: Settings) -> Topology:
    """Return where the stack that runs listens.

    Raises:
        LaunchError: nothing runs.

    """
    _running(settings)
    return Topology(json.loads(settings.home.stack.read_text(encoding="utf-8"))["port"])


def _running(settings: Settings) -> Daemon:
    daemon = Daemon(settings.home)
    if not daemon.alive():
        raise LaunchError(
            "No stack is running here", "Start one with `make up`, or set ELASTIC_CHAT_HOME to the folder of the one that you mean"
        )
    return daemon


def _described(settings: Settings) -> Stack:
    """Return the stack that runs: its port is what it was started with, whatever the environment says now."""
    with settings.home.stack.open(encoding="utf-8") as file:
        port = json.load(file)["port"]
    return Stack(settings.home, Topology(port), engines.provide(settings.cache, Display()), settings.log_level)


def _refuse_other_port(settings: Settings) -> None:
    port = json.loads(settings.home.stack.read_text(encoding="utf-8"))["port"]
    if port != settings.port:
        raise LaunchError(
            f"The stack in {settings.home.root} runs on port {port}, and {settings.port} was asked for",
            "Stop it with `make down` first, or set ELASTIC_CHAT_HOME to another folder",
        )


def _clean_up(daemon: Daemon, display: Display) -> bool:
    """End what a supervisord left that was killed hard. Return whether there was anything."""
    left = leftovers.still_running(daemon.record().running)
    if left:
        display.note(f"Ending {len(left)} processes of a stack whose supervisor is gone")
        leftovers.end(left)
    for file in (daemon.home.supervisor_socket, daemon.home.supervisor_pid):
        file.unlink(missing_ok=True)
    return bool(left)


def prepare(stack: Stack, plan: Sequence[Process]) -> None:
    """Write every configuration, make keys, and format Kafka's storage the first time."""
    home = stack.home
    for name in ("valkey", "kafka", "cassandra"):
        (home.data / name).mkdir(exist_ok=True)
    for process in plan:
        process.cwd.mkdir(parents=True, exist_ok=True)
    for path, text in render.configuration(stack).items():
        write_atomically(path, text)
    write_atomically(home.supervisor_config, render.supervisor_configuration(home, plan))
    write_atomically(home.stack, json.dumps({"port": stack.topology.port}))
    ensure_signing_key(home.signing_key)
    if not (home.data / "kafka" / "meta.properties").exists():
        _format_kafka(stack)


def _format_kafka(stack: Stack) -> None:
    run = stack.home.run / "kafka"
    cluster_id = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    done = subprocess.run(
        [
            *(str(stack.engines.java), f"@{run / 'java.args'}", "kafka.tools.StorageTool", "format"),
            *("--cluster-id", cluster_id, "--config", str(run / "server.properties")),
        ],
        cwd=run,
        capture_output=True,
        text=True,
        timeout=FORMAT_S,
        check=False,
    )
    if done.returncode:
        log = stack.home.log("kafka-format")
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise LaunchError("Kafka's storage could not be formatted", f"Read {log}")


def _await_ready(daemon: Daemon, plan: Sequence[Process], display: Display, what: str) -> None:
    with display.tally(what, len(plan)) as tally:
        asyncio.run(_until_ready(daemon, plan, tally))


async def _until_ready(daemon: Daemon, plan: Sequence[Process], tally: Any) -> None:  # noqa: ANN401 - a Tally
    """Ask every process until each has been ready once."""
    deadline = time.monotonic() + READY_S
    waiting = list(plan)
    before = Counter(crash.name for crash in daemon.record().crashes)
    while True:
        answers = await _ask(waiting)
        waiting = [process for process, answer in zip(waiting, answers, strict=True) if answer is not None]
        tally(len(plan) - len(waiting), ", ".join(process.name for process in waiting[:3]))
        if not waiting:
            return
        states, crashes = daemon.states(), Counter(crash.name for crash in daemon.record().crashes)
        for process in waiting:
            if states[process.name].state == "FATAL" or crashes[process.name] - before[process.name] >= HOPELESS:
                raise _not_ready(daemon, process, "it ends as soon as it is started")
        if time.monotonic() > deadline:
            raise _not_ready(daemon, waiting[0], next(answer for answer in answers if answer is not None))
        await asyncio.sleep(LOOK_S)


async def _ask(plan: Sequence[Process]) -> list[str | None]:
    return await asyncio.gather(*(probes.why_not(process.ready) for process in plan))


def _not_ready(daemon: Daemon, process: Process, reason: str) -> LaunchError:
    state = daemon.states()[process.name].state.lower()
    log = daemon.home.log(process.name)
    return LaunchError(f"{process.name} ({state}) is not ready: {reason}", f"Read its log, {log}; here is its end", _last_lines(log))


def _last_lines(log: Path) -> str:
    with suppress(FileNotFoundError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
    return ""

"""What the commands do: bring a stack up, take it down, and wait until what was started is ready."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from launcher import engines, membership, preflight, probes, render, web
from launcher.certificates import delivery
from launcher.config import chosen as config
from launcher.display import Display
from launcher.errors import LaunchError
from launcher.home import write_atomically
from launcher.keys import ensure_link_key, ensure_push_key, ensure_signing_key
from launcher.mesh.rendering import watches
from launcher.plan import STACK_STOP_S, WEB, Process, Stack, Wave, processes
from launcher.recording import record_topology, recorded_topology, running_topology
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


def up(settings: Settings, display: Display) -> Stack:
    """Start what does not run yet, and return when every process is ready and gets calls. Twice is harmless. What was drained is back then.

    Raises:
        LaunchError: something stands in the way, or does not get ready; what was started goes on, so that one can look at it.

    """
    home = settings.home
    home.create()
    with home.exclusively(display.note_wait):
        daemon = Daemon(home)
        alive = daemon.alive()
        if alive:
            _refuse_other_port(settings)
        else:
            _clean_up(daemon, display)
            preflight.check_machine((home.root, settings.cache))
        topology = running_topology(settings) if alive else Topology(settings.port, zones=list(settings.zones))
        if alive and (pending := config.pending(settings, topology)):
            display.note(f"Not yet in use: what this environment says of {', '.join(pending)}. `down` and `up` take it over")
        chosen = config.recorded(home) if alive else config.choose(settings)
        provided = engines.provide(settings.cache, display)
        stack = config.stack_of(home, topology, provided, chosen)
        plan = list(processes(stack))
        if alive:
            for name in membership.drained(home):
                daemon.stop(name)  # it may still be at it, and could not be started then
            membership.put_back_all(home, stack.topology)
        else:
            preflight.check_ports(plan)
            preflight.check_watches(watches(topology))
            web.build(WEB, settings.cache, display)
            prepare(stack, plan)
            config.record(home, chosen)
            config.check(stack)
            daemon.start()
        for wave in Wave:
            members = [process for process in plan if process.wave is wave]
            daemon.launch(*(process.name for process in members))
            if wave is Wave.ENGINES:
                # Services wait for engines, but their logs are cleaner and the engines quicker if they need not.
                await_ready(daemon, members, display, "Engines")
        await_ready(daemon, membership.serving(plan, topology), display, "Processes")
        return stack


def down(settings: Settings, display: Display) -> bool:
    """Stop everything that `up` started, services first. Return False if nothing ran."""
    home = settings.home
    if not home.run.exists():
        return False
    with home.exclusively(display.note_wait):
        daemon = Daemon(home)
        if not daemon.alive():
            return _clean_up(daemon, display)
        started = daemon.record().running
        supervisor = daemon.process()
        display.note("Stopping: services drain first")
        daemon.shut_down()
        if supervisor is not None:
            with suppress(psutil.TimeoutExpired):  # then it is ended with what it runs
                supervisor.wait(timeout=STACK_STOP_S)
        leftovers.end(leftovers.still_running(started))
        return True


def restart(settings: Settings, display: Display, name: str) -> None:
    """Stop one process gracefully, start it again, and return when all of the stack is ready again.

    Raises:
        LaunchError: nothing runs, there is no such process, or it does not get ready.

    """
    daemon, stack = running(settings)
    plan = list(processes(stack))
    if name not in {process.name for process in plan}:
        raise LaunchError(f"No process is called {name}", f"Take one of {', '.join(process.name for process in plan)}")
    daemon.restart(name)
    drained = membership.drained(settings.home)
    await_ready(daemon, [process for process in plan if process.name not in drained], display, f"Restarting {name}")


def running(settings: Settings) -> tuple[Daemon, Stack]:
    """Return the stack that runs: its port is what it was started with, whatever the environment says now.

    Raises:
        LaunchError: nothing runs.

    """
    home, topology, chosen = settings.home, running_topology(settings), config.recorded(settings.home)
    return Daemon(home), config.stack_of(home, topology, engines.provide(settings.cache, Display()), chosen)


def _refuse_other_port(settings: Settings) -> None:
    port = recorded_topology(settings.home).port
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
    home.drained.unlink(missing_ok=True)
    # All that the stack may ever have: so nothing has to be told to supervisord when it is scaled.
    largest = replace(stack, topology=stack.topology.largest)
    write_atomically(home.supervisor_config, render.supervisor_configuration(home, processes(largest)))
    record_topology(home, stack.topology)
    if not stack.is_production:
        ensure_signing_key(home.signing_key)
        ensure_push_key(home.push_key)
    ensure_link_key(home.link_key)
    delivery.renew(home, stack.topology)
    if not (home.data / "kafka" / "meta.properties").exists():
        _format_kafka(stack)


def cluster_id() -> str:
    """Return a new id for a Kafka cluster: 16 bytes in base64. It never begins with a dash, which the tool would take for an option."""
    first, *others = os.urandom(16)
    return base64.urlsafe_b64encode(bytes([first & 0x7F, *others])).decode().rstrip("=")


def _format_kafka(stack: Stack) -> None:
    run = stack.home.run / "kafka"
    done = subprocess.run(
        [
            *(str(stack.engines.java), f"@{run / 'java.args'}", "kafka.tools.StorageTool", "format"),
            *("--cluster-id", cluster_id(), "--config", str(run / "server.properties")),
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


def await_ready(daemon: Daemon, plan: Sequence[Process], display: Display, what: str) -> None:
    """Return when every process of `plan` has been ready once.

    Raises:
        LaunchError: one does not get ready, or ends again and again.

    """
    with display.tally(what, len(plan)) as tally:
        asyncio.run(_until_ready(daemon, plan, tally))


async def _until_ready(daemon: Daemon, plan: Sequence[Process], tally: Any) -> None:  # noqa: ANN401 - a Tally
    """Ask every process until each has been ready once."""
    deadline = time.monotonic() + READY_S
    waiting = list(plan)
    before = Counter(crash.name for crash in daemon.record().crashes)
    while True:
        answers = await ask(waiting)
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


async def ask(plan: Sequence[Process]) -> list[str | None]:
    """Return for each process what it lacks, or None if it is ready."""
    return await asyncio.gather(*(probes.why_not(process.ready) for process in plan))


def _not_ready(daemon: Daemon, process: Process, reason: str) -> LaunchError:
    state = daemon.states()[process.name].state.lower()
    log = daemon.home.log(process.name)
    return LaunchError(f"{process.name} ({state}) is not ready: {reason}", f"Read its log, {log}; here is its end", _last_lines(log))


def _last_lines(log: Path) -> str:
    with suppress(FileNotFoundError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
    return ""

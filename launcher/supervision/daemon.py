"""The supervisord of a stack, spoken to over its Unix socket."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
import xmlrpc.client
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from launcher.errors import LaunchError
from launcher.home import Home
from launcher.plan import STACK_STOP_S
from launcher.supervision import record
from launcher.unix import UnixConnection

START_TIMEOUT_S = 20
CALL_TIMEOUT_S = 20
"""No call waits for a process, so that this is for a machine that is very busy."""

LOOK_S = 0.1

INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME")
"""What a process of the stack knows of the environment of whoever started it: not its proxies, and not its settings."""

ALREADY_STARTED, NOT_RUNNING = 60, 70
ENDED = {"STOPPED", "FATAL"}
"""The states that a process leaves only when it is told to."""

BY_SIGNAL = -1
"""What supervisord gives as the exit status of a process that a signal ended."""


@dataclass(frozen=True, slots=True)
class State:
    """One process as supervisord sees it."""

    name: str
    state: str
    """`STARTING`, `RUNNING`, `BACKOFF`, `STOPPING`, `STOPPED`, `EXITED` or `FATAL`."""

    pid: int | None
    since: datetime | None
    """When it was started, if it runs."""

    fault: str
    """Why it could not be started, if supervisord knows."""

    was_killed: bool = False
    """Whether its last run was ended by a signal that it did not handle."""


class Daemon:
    """A handle on the supervisord of one home, which may or may not be running."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._supervisor: Any = xmlrpc.client.ServerProxy("http://supervisord", transport=_UnixTransport(home.supervisor_socket)).supervisor

    def alive(self) -> bool:
        """Return whether it answers."""
        try:
            self._supervisor.getState()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False
        return True

    def start(self) -> None:
        """Start it, with none of its processes yet, and a log of its own for this run.

        Raises:
            LaunchError: it did not start.

        """
        log = self.home.supervisor_log
        if log.exists():
            log.rename(log.with_name(log.name + ".1"))
        self.home.supervisor_socket.unlink(missing_ok=True)
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.home.supervisor_config)],
            env={**environment, "TZ": "UTC"},  # the log's times are read back
            cwd=self.home.run,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it said nothing"])[0].removeprefix("Error: ")
            raise LaunchError(f"supervisord did not start ({reason.rstrip('.')})", f"See {log}")

    def restart(self, name: str) -> None:
        """Stop a process gracefully, if it runs, and start it again.

        Raises:
            LaunchError: there is no such process, or it can't be started.

        """
        self.stop(name)
        self.launch(name)

    def stop(self, name: str) -> bool:
        """Stop a process, if it runs, and return when it has ended: False if it had to be killed when its time was up.

        Raises:
            LaunchError: there is no such process, it does not end, or the supervisor does meanwhile.

        """
        (full,) = self._full(name)
        deadline, ran = time.monotonic() + STACK_STOP_S, False
        while time.monotonic() < deadline:
            try:
                state = self.states()[name]
                if state.state in ENDED:
                    return not (ran and state.was_killed)
                ran = True
                if state.state != "STOPPING":
                    self._supervisor.stopProcess(full, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != NOT_RUNNING:  # it is between two runs: look again
                    raise LaunchError(f"Could not stop {name} ({fault.faultString})", f"See {self.home.supervisor_log}") from fault
            except (OSError, http.client.HTTPException) as error:
                raise LaunchError(
                    f"The stack was stopped while {name} was stopping", "Start it with `make up` if it is to go on"
                ) from error
            time.sleep(LOOK_S)
        raise LaunchError(f"{name} does not stop", f"See {self.home.supervisor_log}")

    def launch(self, *names: str) -> None:
        """Start processes that don't run. Whether they get ready is another question.

        Raises:
            LaunchError: there is no such process, or it can't be started.

        """
        for name, full in zip(names, self._full(*names), strict=True):
            try:
                self._supervisor.startProcess(full, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != ALREADY_STARTED:
                    raise LaunchError(f"Could not start {name} ({fault.faultString})", f"See {self.home.log(name)}") from fault

    def states(self) -> dict[str, State]:
        """Return every process by name."""
        return {info["name"]: _state(info) for info in self._supervisor.getAllProcessInfo()}

    def shut_down(self) -> None:
        """Ask it to stop all processes, wave by wave, and then itself. Returns at once."""
        self._supervisor.shutdown()

    def record(self) -> record.Record:
        """Return what its log tells of this run, or of the last one."""
        try:
            with self.home.supervisor_log.open(encoding="utf-8", errors="replace") as log:
                return record.read(log)
        except FileNotFoundError:
            return record.Record((), ())

    def process(self) -> psutil.Process | None:
        """Return it as a process of this machine, if it runs."""
        try:
            return psutil.Process(int(self.home.supervisor_pid.read_text(encoding="ascii")))
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def _full(self, *names: str) -> list[str]:
        groups = {info["name"]: info["group"] for info in self._supervisor.getAllProcessInfo()}
        for name in names:
            if name not in groups:
                raise LaunchError(f"No process is called {name}", "See `elastic-chat status` for those that there are")
        return [f"{groups[name]}:{name}" for name in names]


def _state(info: dict[str, Any]) -> State:
    runs = bool(info["pid"])
    return State(
        name=info["name"],
        state=info["statename"],
        pid=info["pid"] if runs else None,
        since=datetime.fromtimestamp(info["start"], UTC) if runs else None,
        fault=info["spawnerr"],
        was_killed=not runs and info["exitstatus"] == BY_SIGNAL,
    )


class _UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over a Unix socket: a connection for each call, so that none is left open."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:  # noqa: ANN401 - as it is declared
        connection = UnixConnection(self._path, CALL_TIMEOUT_S)
        self._connection = host, connection
        return connection

    def single_request(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as it is declared
        try:
            return super().single_request(*arguments, **options)
        finally:
            self.close()

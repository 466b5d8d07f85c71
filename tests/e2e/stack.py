"""A whole stack, run as a user runs it, on ports and in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.topology import Instance, Topology
from tests.ports import free_base

ROOT = Path(__file__).parents[2]
PUSH_OFFSET = 790
SHARED = "E2E_STACK"
"""Environment: the port and the home of a stack that runs already, for several processes that test it at once."""
COMMAND = Path(sys.executable).parent / "elastic-chat"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that runs."""

    topology: Topology
    home: Path
    log_level: str = "debug"

    @classmethod
    def made(cls, log_level: str = "debug") -> Stack:
        """Return one that does not run yet, with an empty folder of its own: the path of a socket in it must be short."""
        return cls(Topology(free_base(range(24_080, 31_000, 1_000))), Path(tempfile.mkdtemp(prefix="elastic-chat-")), log_level)

    @classmethod
    @contextmanager
    def started(cls, **environment: str) -> Iterator[Stack]:
        """Start one for as long as it is needed; nothing of it is left."""
        made = cls.made()
        try:
            made.run("up", check=True, **environment)
            yield made
        finally:
            made.run("down", check=False)
            shutil.rmtree(made.home)

    @classmethod
    @contextmanager
    def shared(cls) -> Iterator[Stack]:
        """Give the one that others test, too, or start one."""
        if place := os.environ.get(SHARED):
            port, home = place.split(maxsplit=1)
            yield cls(Topology(int(port)), Path(home))
            return
        with cls.started() as made:
            yield made

    @property
    def edge(self) -> str:
        return f"http://127.0.0.1:{self.topology.edge_port}"

    @property
    def push_port(self) -> int:
        """Where tests run a push service, to which presence may send."""
        return self.topology.port + PUSH_OFFSET

    @property
    def push_host(self) -> str:
        return f"127.0.0.1:{self.push_port}"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def run(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        environ = os.environ | {
            "ELASTIC_CHAT_PORT": str(self.topology.port),
            "ELASTIC_CHAT_HOME": str(self.home),
            "ELASTIC_CHAT_LOG_LEVEL": self.log_level,
            "CHAT_PRESENCE_PUSH_HOSTS": self.push_host,
            **environment,
        }
        done = subprocess.run([COMMAND, *arguments], env=environ, capture_output=True, text=True, check=False, cwd=ROOT, timeout=240)
        assert not check or done.returncode == 0, f"elastic-chat {' '.join(arguments)}: {done.stdout}\n{done.stderr}"
        return done

    def status(self) -> dict[str, dict[str, Any]]:
        """Return what `status --json` says, by process name."""
        return {one["name"]: one for one in json.loads(self.run("status", "--json", check=False).stdout)["processes"]}

    def instance(self, name: str) -> Instance:
        return next(instance for instance in self.topology.instances() if instance.name == name)

"""Which stack runs: written down when it starts, for the commands that come later and for whoever watches it."""

from __future__ import annotations

import json
from dataclasses import asdict

from launcher import scrape
from launcher.errors import LaunchError
from launcher.home import Home, write_atomically
from launcher.settings import Settings
from launcher.supervision.daemon import Daemon
from launcher.topology import Topology


def record_topology(home: Home, topology: Topology) -> None:
    """Write down which stack runs."""
    write_atomically(home.stack, json.dumps(asdict(topology)))
    write_atomically(home.targets, scrape.targets(topology))


def recorded_topology(home: Home) -> Topology:
    """Return which stack runs, or ran last."""
    return Topology(**json.loads(home.stack.read_text(encoding="utf-8")))


def running_topology(settings: Settings) -> Topology:
    """Return where the stack that runs listens: its port is what it was started with, whatever the environment says now.

    Raises:
        LaunchError: nothing runs.

    """
    if not Daemon(settings.home).alive():
        raise LaunchError(
            "No stack is running here", "Start one with `make up`, or set ELASTIC_CHAT_HOME to the folder of the one that you mean"
        )
    return recorded_topology(settings.home)

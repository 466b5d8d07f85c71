"""What a shell proposes for a name: the instances and services of the stack that runs, or of the one that `up` would start.

Proposing must be quick and never fail, so nothing is asked but the file that says what runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

import click

from launcher.errors import LaunchError
from launcher.rollout import ALL
from launcher.settings import Settings
from launcher.topology import SERVICES, Topology

OTHERS = ("edge", "web", "certifier", "console", "collector", "valkey", "kafka", "cassandra")
"""The processes that belong to no instance."""


def complete_services(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Propose services."""
    return _that_begin(SERVICES, begun)


def complete_instances(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Propose instances of services."""
    return _that_begin(_instances(), begun)


def complete_processes(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Propose services, and processes of all kinds."""
    instances = _instances()
    return _that_begin((*SERVICES, *instances, *(f"{one}-sidecar" for one in instances), *OTHERS), begun)


def complete_restartable(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """Propose what can be restarted."""
    return [*_that_begin((ALL,), begun), *complete_processes(context, parameter, begun)]


def _that_begin(names: Iterable[str], begun: str) -> list[str]:
    return [name for name in names if name.startswith(begun)]


def _instances() -> list[str]:
    try:
        topology = Topology(**json.loads(Settings.from_environment(os.environ).home.stack.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, LaunchError):  # nothing ran here yet, or the settings make no sense: `up` will say so
        topology = Topology()
    return [instance.name for instance in topology.instances()]

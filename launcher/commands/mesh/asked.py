"""What is asked about: the stack that runs, and all of its services or one."""

from __future__ import annotations

import os

import click

from launcher.recording import running_topology
from launcher.settings import Settings
from launcher.topology import SERVICES, Topology

of_service = click.argument(
    "service", required=False, type=click.Choice(tuple(SERVICES)), help="Only what goes to this service. All, unless given."
)


def topology() -> Topology:
    """Return where the Envoys are. Raises LaunchError if nothing runs."""
    return running_topology(Settings.from_environment(os.environ))

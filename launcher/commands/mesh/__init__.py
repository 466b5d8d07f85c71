"""`elastic-chat mesh`: what the Envoys know of the services, of their methods, and of their certificates."""

from __future__ import annotations

import click

from launcher.commands.frame import Group
from launcher.commands.mesh.certificates import certificates
from launcher.commands.mesh.links import hosts, links
from launcher.commands.mesh.methods import methods


@click.group(cls=Group, default="links", commands=[links, hosts, methods, certificates])
def mesh() -> None:
    """Show what the Envoys know of each other and of the services.

    All of them are asked, at their admin interfaces. Without a command, `links` is meant.
    """

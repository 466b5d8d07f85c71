"""`elastic-chat grpcurl`: how the operator reaches a service."""

from __future__ import annotations

import os

import click

from launcher import access, rollout
from launcher.commands.complete import complete_instances
from launcher.commands.frame import Answer, command
from launcher.errors import LaunchError
from launcher.recording import running_topology
from launcher.settings import Settings


@command(
    examples={
        "elastic-chat grpcurl router-2": "the way to the second router",
        "elastic-chat grpcurl writer": "the way to the first writer",
    },
    facts={"instance": "its name", "options": "the options of grpcurl, the address last"},
)
@click.argument("name", shell_complete=complete_instances, help="An instance, or a service, whose first instance is meant then.")
def grpcurl(name: str) -> Answer:
    """Print the way for grpcurl to an instance.

    It is a list of options, which the shell can put in: grpcurl $(elastic-chat grpcurl router-2) list. They make grpcurl the operator,
    whom every sidecar lets in.
    """
    settings = Settings.from_environment(os.environ)
    found = rollout.find(name, running_topology(settings))
    if not found or name == rollout.ALL:
        raise LaunchError(f"{name} is no instance of a service, and no service", "See `elastic-chat status` for what there is")
    options = access.grpcurl(settings.home, found[0])
    return Answer({"instance": found[0].name, "options": options}, " ".join(options))

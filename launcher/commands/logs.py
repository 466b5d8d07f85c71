"""`elastic-chat logs`: what was said."""

from __future__ import annotations

import os

import click

from launcher import logs as log_files
from launcher.commands.complete import complete_processes
from launcher.commands.frame import command
from launcher.settings import Settings


@command(
    examples={
        "elastic-chat logs": "the last lines of every process",
        "elastic-chat logs gateway -f": "what both gateways say, as they say it",
        "elastic-chat logs kafka -n 1000": "more of one process",
    },
    exits={0: "It was shown, or Ctrl-C ended it."},
)
@click.argument("name", required=False, shell_complete=complete_processes, help="A service, or a process. All, unless given.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is said from now on, until Ctrl-C.")
@click.option("-n", "--lines", default=100, show_default=True, help="How many lines of each log.")
def logs(name: str | None, *, follow: bool, lines: int) -> None:
    """Show what was said.

    By everything, by all instances of a service, or by one process. Works also when nothing runs. Services and Envoys write a line of
    JSON for each event; with several logs, each line begins with who wrote it.
    """
    try:
        log_files.show(log_files.files(Settings.from_environment(os.environ).home, name), click.echo, last=lines, follow=follow)
    except KeyboardInterrupt:
        return

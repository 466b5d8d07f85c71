"""The `elastic-chat` command: its commands are in `launcher.commands`."""

from __future__ import annotations

import click

from launcher.commands.completion import completion
from launcher.commands.config import config
from launcher.commands.dead_letters import dead_letters
from launcher.commands.frame import Group
from launcher.commands.logs import logs
from launcher.commands.rollout import drain, restart, scale
from launcher.commands.stack import down, up
from launcher.commands.status import status

COMMANDS = (up, down, status, logs, restart, drain, scale, config, dead_letters, completion)


class InOrder(Group):
    """Lists its commands in the order in which one needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(self.commands)


@click.group(
    cls=InOrder,
    commands={each.name or "": each for each in COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="elastic-chat", message="elastic-chat %(version)s")
def main() -> None:
    """Run a whole Elastic-Chat on this machine.

    ELASTIC_CHAT_HOME is the folder that holds its data, logs and keys (./.elastic-chat unless set), ELASTIC_CHAT_PORT the port of
    its edge (8080), from which all others derive, ELASTIC_CHAT_LOG_LEVEL how much its services tell (info).
    """


if __name__ == "__main__":
    main()

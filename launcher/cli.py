"""The `elastic-chat` command: its commands are in `launcher.commands`."""

from __future__ import annotations

import click

from launcher.commands.completion import completion
from launcher.commands.config import config
from launcher.commands.dead_letters import dead_letters
from launcher.commands.doctor import doctor
from launcher.commands.frame import EXITS, Group
from launcher.commands.logs import logs
from launcher.commands.mesh import mesh
from launcher.commands.rollout import drain, restart, scale
from launcher.commands.stack import down, up
from launcher.commands.status import status
from launcher.settings import VARIABLES

COMMANDS = (up, down, status, logs, restart, drain, scale, mesh, doctor, config, dead_letters, completion)


class Main(Group):
    """Lists its commands in the order in which one needs them, and the variables that all of them know."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        with formatter.section("Environment"):
            formatter.write_dl([(one.name, f"{one.doc} [default: {one.default_text}]") for one in VARIABLES])
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), what) for code, what in EXITS.items()])


@click.group(
    cls=Main,
    commands={each.name or "": each for each in COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="elastic-chat", message="elastic-chat %(version)s")
def main() -> None:
    """Run a whole Elastic-Chat on this machine, and look after it.

    Every command has examples in its own help: `elastic-chat COMMAND --help`.
    """


if __name__ == "__main__":
    main()

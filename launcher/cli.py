"""The `elastic-chat` command: its commands are in `launcher.commands`."""

from __future__ import annotations

import importlib

import click

from launcher.commands.frame import EXITS, Group
from launcher.settings import VARIABLES

COMMANDS = {
    "up": "stack",
    "down": "stack",
    "status": "status",
    "logs": "logs",
    "restart": "rollout",
    "drain": "rollout",
    "scale": "rollout",
    "mesh": "mesh",
    "trace": "trace",
    "grpcurl": "access",
    "rotate": "certificates",
    "doctor": "doctor",
    "config": "config",
    "user": "user",
    "dead-letters": "dead_letters",
    "completion": "completion",
}
"""Every command, in the order in which one needs them, and the module that has it."""


class Main(Group):
    """Loads a command only when it is asked for: some need much that others don't, and a shell that completes words can't wait."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(importlib.import_module(f"launcher.commands.{COMMANDS[cmd_name]}"), cmd_name.replace("-", "_"))
        return found

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        with formatter.section("Environment"):
            formatter.write_dl([(one.name, f"{one.doc} [default: {one.default_text}]") for one in VARIABLES])
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), what) for code, what in EXITS.items()])


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="elastic-chat", message="elastic-chat %(version)s")
def main() -> None:
    """Run a whole Elastic-Chat on this machine, and look after it.

    Every command has examples in its own help: `elastic-chat COMMAND --help`.
    """


if __name__ == "__main__":
    main()

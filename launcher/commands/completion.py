"""`elastic-chat completion`: what a shell must know to complete our command lines."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from launcher.commands.frame import command
from launcher.errors import LaunchError

NAME = "elastic-chat"
VARIABLE = "_ELASTIC_CHAT_COMPLETE"
"""The variable by which click is asked for proposals; its name follows from ours."""

SHELLS = ("bash", "zsh", "fish")


@command(
    examples={
        'eval "$(elastic-chat completion bash)"': "in ~/.bashrc",
        'eval "$(elastic-chat completion zsh)"': "in ~/.zshrc, after compinit",
        "elastic-chat completion fish > ~/.config/fish/completions/elastic-chat.fish": "once",
    },
)
@click.argument("shell", type=click.Choice(SHELLS), help="The shell.")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what lets a shell complete our commands.

    Commands, options, and the names of services, instances and processes. `elastic-chat` must be on the PATH of that shell:
    `export PATH="$PWD/.venv/bin:$PATH"`.
    """
    made = get_completion_class(shell)
    if made is None:
        raise LaunchError(f"There is no completion for {shell}", f"Take one of {', '.join(SHELLS)}")
    click.echo(made(context.find_root().command, {}, NAME, VARIABLE).source())

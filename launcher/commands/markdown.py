"""The help of every command as one page: docs/command.md is made of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

import click

from launcher.commands.frame import Command, Group


def page(root: Group, name: str) -> str:
    """Return the commands of `root`, which people call by `name`, in the order in which its help lists them."""
    return "\n".join(_group(root, click.Context(root, info_name=name, **root.context_settings)))


def _group(group: Group, context: click.Context) -> Iterator[str]:
    for command in group.members:
        inner = click.Context(command, info_name=command.name, parent=context)
        yield from (f"## {inner.command_path}", "", _text(command), "")
        if isinstance(command, Group):
            yield from _group(command, inner)
        else:
            yield from _command(command, inner)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from ("```", f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}", "```", "")
    records = [record for one in command.get_params(context) if "--help" not in one.opts and (record := one.get_help_record(context))]
    if records:
        yield from _table("argument or option", ((f"`{name}`", text) for name, text in records))
    if isinstance(command, Command):
        yield from _table("example", ((f"`{line}`", what) for line, what in command.manual.examples.items()))
        if command.manual.facts:
            yield from _table("key of `--json`", ((f"`{key}`", what) for key, what in command.manual.facts.items()))
        yield from _table("exit code", ((str(code), text) for code, text in sorted(command.manual.all_exits.items())))


def _table(heading: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"| {heading} | |", "|---|---|")
    for first, second in rows:
        yield f"| {_cell(first)} | {_cell(second)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")


def _text(command: click.Command) -> str:
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

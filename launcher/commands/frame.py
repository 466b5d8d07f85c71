"""What all commands have in common: how they are described, how they answer people and scripts, and how they fail.

A command returns an `Answer`, and knows neither JSON nor terminals. docs/command.md says what scripts can rely on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live

from launcher.errors import LaunchError

WIDTH = 1000
"""Columns of a table that goes into a file or a pipe: there a row has one line, however long it is."""

EVERY_S = 2.0
"""How often `--watch` looks."""

AS_JSON, WATCH, EVERY = (f"{__name__}.{name}" for name in ("as_json", "watch", "every"))

EXITS = {
    0: "It is done.",
    1: "It can't be done; standard error says what is wrong, and what to do about it.",
    2: "The command line makes no sense.",
}
"""What the exit codes of a command mean, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has found out: `facts` for scripts, `text` for people. If it is not `ok`, the command exits with 1."""

    facts: Mapping[str, Any]
    text: RenderableType
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Manual:
    """What there is to say of a command besides its own text and its options."""

    examples: Mapping[str, str]
    """Command lines, and what each does."""

    exits: Mapping[int, str] = field(default_factory=dict)
    """What its exit codes mean where it is not what `EXITS` says."""

    facts: Mapping[str, str] = field(default_factory=dict)
    """What it tells scripts: each key of its answer, and its meaning. A command without them has no `--json`."""

    watch: bool = False
    """Whether it may be asked to look again and again."""

    @property
    def all_exits(self) -> dict[int, str]:
        return EXITS | dict(self.exits)


class Command(click.Command):
    """A command with a manual."""

    def __init__(self, *arguments: Any, manual: Manual, **options: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*arguments, **options)
        self.manual = manual
        if manual.watch:
            self.params += [
                _option("--watch", WATCH, "Look again and again, until Ctrl-C.", is_flag=True),
                _option(
                    "--every", EVERY, "How long to wait between two looks.", type=click.FloatRange(0.1), default=EVERY_S, metavar="SECONDS"
                ),
            ]
        if manual.facts:
            self.params.append(_option("--json", AS_JSON, "Print one line of JSON instead of text.", is_flag=True))

    def invoke(self, ctx: click.Context) -> None:
        """Carry it out and say what came of it: in one line what is wrong, and what to do, if it fails."""
        as_json = bool(ctx.meta.get(AS_JSON))
        try:
            if ctx.meta.get(WATCH):
                _watch(lambda: super(Command, self).invoke(ctx), every=ctx.meta[EVERY], as_json=as_json)
                return
            answer = super().invoke(ctx)
        except LaunchError as error:
            refuse(error, as_json=as_json)
        else:
            if isinstance(answer, Answer):
                say(answer, as_json=as_json)
                if not answer.ok:
                    ctx.exit(1)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what people look for at the end of a manual."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Examples"):
            formatter.write_dl([(line, _sentence(what)) for line, what in self.manual.examples.items()])
        if self.manual.facts:
            with formatter.section("JSON"):
                formatter.write_dl(list(self.manual.facts.items()))
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), what) for code, what in sorted(self.manual.all_exits.items())])


class Group(click.Group):
    """Commands about one thing, in the order in which they are given. One of them, `default`, is meant if none is named."""

    command_class = Command

    def __init__(self, *arguments: Any, default: str | None = None, **options: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*arguments, **options)
        self.default = default

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(self.commands)

    @property
    def members(self) -> list[click.Command]:
        """All of them."""
        context = click.Context(self)
        return [found for name in self.list_commands(context) if (found := self.get_command(context, name))]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self.default and (not args or args[0] not in {*self.commands, *ctx.help_option_names}):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def command(
    name: str | None = None,
    *,
    examples: Mapping[str, str],
    exits: Mapping[int, str] | None = None,
    facts: Mapping[str, str] | None = None,
    watch: bool = False,
) -> Callable[[Callable[..., Answer | None]], Command]:
    """Make a command of a function. Its docstring is the text of its help; see `Manual` for the rest."""
    return click.command(name, cls=Command, manual=Manual(examples, exits or {}, facts or {}, watch))


def say(answer: Answer, *, as_json: bool) -> None:
    """Print an answer."""
    if as_json:
        click.echo(json.dumps({"ok": answer.ok, **answer.facts}))
    elif isinstance(answer.text, str):
        click.echo(answer.text)
    else:
        _console().print(answer.text)


def refuse(error: LaunchError, *, as_json: bool) -> None:
    """Say what is wrong and what to do about it, to scripts, too, and exit with 1."""
    if as_json:
        click.echo(json.dumps({"ok": False, "error": {"cause": error.cause, "cure": error.cure, "detail": error.detail}}))
    click.echo(f"elastic-chat: {error}", err=True)
    sys.exit(1)


def _watch(look: Callable[[], Any], *, every: float, as_json: bool) -> None:
    """Look again and again until Ctrl-C: drawn over in a terminal, and one after the other elsewhere."""
    try:
        if as_json or not sys.stdout.isatty():
            while True:
                say(look(), as_json=as_json)
                time.sleep(every)
        with Live(_Filling(look().text), console=_console(), screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(every)
                live.update(_Filling(look().text), refresh=True)
    except KeyboardInterrupt:
        return


@dataclass(frozen=True, slots=True)
class _Filling:
    """Tells what it shows how high the screen is, which a `Live` keeps to itself."""

    shown: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self.shown, options.update(height=console.height))


def _console() -> Console:
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDTH)


def _option(name: str, key: str, text: str, **options: Any) -> click.Option:  # noqa: ANN401 - whatever an option takes
    """Return an option that the frame itself reads, and the command need not know of."""

    def keep(ctx: click.Context, _: click.Parameter, value: object) -> None:
        ctx.meta[key] = value

    return click.Option([name], expose_value=False, callback=keep, help=text, show_default=not options.get("is_flag"), **options)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."

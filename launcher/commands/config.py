"""`elastic-chat config`: every setting, its value, and where that comes from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import click
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from launcher.commands.frame import Answer, command
from launcher.config import chosen, values
from launcher.config.values import Source, Value
from launcher.home import Home
from launcher.recording import running_topology
from launcher.settings import Settings
from launcher.supervision.daemon import Daemon
from launcher.topology import SERVICES, Topology

NAME = "elastic-chat"
STYLES = {Source.DEFAULT: "dim", Source.LAUNCHER: "", Source.ENVIRONMENT: "green", Source.FILE: "green"}


@command(
    examples={
        "elastic-chat config": "everything",
        "elastic-chat config gateway": "what gateways have",
        "elastic-chat config lifetime heartbeat": "the settings with one of these words in their names",
        "elastic-chat config --changed": "what an operator has set",
    },
    exits={0: "The environment has no fault.", 1: "A variable of the environment can't be used; all are told."},
    facts={
        "running": "whether these are the settings of a stack that runs, and not those that `up` would start one with",
        "settings": "for each: of (a process, or elastic-chat), name, value, source (default, environment, file or launcher), default, doc",
        "faults": "what is wrong with variables of this environment",
        "pending": "variables that say something else here than where the stack that runs was started: `down` and `up` take them over",
    },
)
@click.argument("words", nargs=-1, metavar="[WORD]...", help="A service, an instance, elastic-chat, or a part of the names of settings.")
@click.option("--changed", is_flag=True, help="Only what an operator has set.")
def config(words: tuple[str, ...], *, changed: bool) -> Answer:
    """Show every setting, its value, and its source.

    A setting of a service is chosen by a `CHAT_*` variable in the environment of `up`, or by the file that `NAME_FILE` names; the launcher
    itself gives those that say where things are. A stack that runs keeps what it was started with. Secrets are not shown, but the paths of
    their files are.
    """
    settings = Settings.from_environment(os.environ)
    faults = list(chosen.find_faults(settings.of_services))
    running = Daemon(settings.home).alive()
    wanted = (
        chosen.Chosen(settings.log_level, settings.origins, settings.tracing, {}, settings.environment)
        if faults
        else chosen.choose(settings)
    )
    has = chosen.recorded(settings.home) if running else wanted
    topology = running_topology(settings) if running else Topology(settings.port)
    pending = chosen.pending(settings, topology) if running and not faults else []
    found = [one for one in _all(settings.home, topology, has) if _is_asked_for(one, words)]
    if changed:
        found = [one for one in found if one.source in {Source.ENVIRONMENT, Source.FILE}]
    facts = {"running": running, "settings": [one.as_json() for one in found], "faults": faults, "pending": pending}
    return Answer(facts, Group(*_text(found, faults, pending)), ok=not faults)


def _all(home: Home, topology: Topology, has: chosen.Chosen) -> Iterator[Value]:
    yield from values.of_launcher(os.environ, NAME)
    stack = chosen.stack_of(home, topology, chosen.ANYWHERE, has)
    for instance in topology.instances():
        yield from values.of_instance(instance, stack)


def _is_asked_for(one: Value, words: Sequence[str]) -> bool:
    return not words or any(word in {one.of, _kind(one)} or word.upper() in one.name for word in words)


def _kind(one: Value) -> str:
    service = one.of.rpartition("-")[0]
    return service if service in SERVICES else one.of


def _text(found: Iterable[Value], faults: Sequence[str], pending: Sequence[str]) -> Iterator[Text | Padding]:
    for kind, members in groupby(found, key=_kind):
        yield Text(kind, style="bold")
        by_name: dict[str, list[Value]] = {}
        for one in members:
            by_name.setdefault(one.name, []).append(one)
        for name, of in by_name.items():
            yield Padding(
                Text.assemble((f"{name} = {_values(of)}", STYLES[of[0].source]), f"  ({of[0].source})"), (0, 0, 0, 2), expand=False
            )
            yield Padding(Text(of[0].doc, style="dim"), (0, 0, 0, 6), expand=False)
    for fault in faults:
        yield Text(fault, style="red")
    if pending:
        yield Text(f"Not yet in use: what this environment says of {', '.join(pending)}. `down` and `up` take it over.", style="yellow")


def _values(of: Sequence[Value]) -> str:
    """Return the value that all instances have, or that of each."""
    if len({one.value for one in of}) == 1:
        return of[0].value or "(none)"
    return ", ".join(f"{one.value} ({one.of})" for one in of)

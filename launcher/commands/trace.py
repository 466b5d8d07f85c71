"""`elastic-chat trace`: the way of a message, step by step."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from chatkit.core.ids import is_uuid
from launcher.commands.frame import Answer, command
from launcher.config import chosen as config
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.recording import recorded_topology
from launcher.settings import Settings
from launcher.traces import Step, Traces, as_json, at_ms, tree


@command(
    examples={"elastic-chat trace 019c1f2e-5c3a-7d10-8000-3f7a9b2c4d5e": "show the way of a message, of which the client has the id"},
    facts={
        "messageId": "its id",
        "steps": "for each: name, node, depth, atMs (since the first began), tookMs, facts; each after the one that it follows from",
    },
)
@click.argument("message_id", help="The id that its client gave the message.")
def trace(message_id: str) -> Answer:
    """Show the way of a message as a tree with times.

    A message is traced if chance wants it: ELASTIC_CHAT_TRACE_SHARE=0.01 in the environment of `up` traces one in a hundred, 1 traces all.
    Times are those of each machine's own clock.
    """
    if not is_uuid(message_id):
        raise LaunchError(f"{message_id} is no message_id", "Give the UUID that the client made, as it is in its `send` and in the logs")
    home = Settings.from_environment(os.environ).home
    found = Traces(home.traces).of(message_id.lower())
    if not found:
        raise LaunchError(f"There is no trace of {message_id}", _where_else(home, message_id))
    return Answer({"messageId": message_id, "steps": as_json(found)}, "\n".join(_lines(list(tree(found)), found[0].began_ns)))


def _where_else(home: Home, message_id: str) -> str:
    """Say what to do about a trace that is not here."""
    tracing = config.recorded(home).tracing
    if tracing is None:
        return "Start the stack with ELASTIC_CHAT_TRACE_SHARE=1 to have every message traced"
    if not tracing.is_own(recorded_topology(home)):
        return f"This stack tells the collector at {tracing.url}: look there for a step whose message_id is {message_id}"
    return f"Of a hundred messages {100 * tracing.share:g} are traced; what was traced shows up within two seconds"


def _lines(rows: Sequence[tuple[int, Step]], began_ns: int) -> list[str]:
    width = max(2 * depth + len(one.name) for depth, one in rows)
    nodes = max(len(one.node) for _, one in rows)
    return [
        f"{'  ' * depth + one.name:<{width}}  {one.node:<{nodes}}  at {at_ms(one, began_ns):8.1f} ms  took {one.took_ms:8.1f} ms  "
        + " ".join(f"{name}={value}" for name, value in one.facts.items())
        for depth, one in rows
    ]

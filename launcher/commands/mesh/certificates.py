"""`elastic-chat mesh certificates`: what the Envoys prove who they are with, and how long still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from launcher.commands.fit import Column, Fitted, Row
from launcher.commands.frame import Answer, command
from launcher.commands.mesh.asked import topology
from launcher.envoys import certificates as in_use


@command(
    examples={"elastic-chat mesh certificates": "what runs out when"},
    exits={0: "None has ended.", 1: "One has ended, or nothing runs."},
    facts={"certificates": "for each Envoy: envoy, kind (own or trusted), path, serial, names, begins, ends"},
)
def certificates() -> Answer:
    """Show the certificates that the Envoys use."""
    now = datetime.now(UTC)
    found = in_use.look(topology())
    rows = [
        Row(
            (
                one.envoy,
                "ended" if one.ends <= now else _left(one.ends - now),
                one.kind,
                ", ".join(one.names),
                f"{one.ends:%F %R}",
                one.serial,
            ),
            "red" if one.ends <= now else "green",
            urgent=one.ends <= now,
        )
        for one in sorted(found, key=lambda one: one.ends)
    ]
    columns = (
        Column("envoy"),
        Column("left"),
        Column("kind", spare=2),
        Column("names"),
        Column("ends", spare=1),
        Column("serial", spare=3),
    )
    text = Fitted("", columns, rows) if rows else "The Envoys use no certificates."
    return Answer({"certificates": [one.as_json() for one in found]}, text, ok=all(one.ends > now for one in found))


def _left(rest: timedelta) -> str:
    return f"{rest.days} d" if rest.days else f"{rest.seconds // 3600} h {rest.seconds % 3600 // 60} min"

"""`elastic-chat mesh methods`: what is called, how often, and how fast."""

from __future__ import annotations

import time

import click

from launcher.commands.fit import Column, Fitted, Row
from launcher.commands.frame import Answer, command
from launcher.commands.mesh.asked import of_service, topology
from launcher.envoys import methods as called
from launcher.envoys.methods import QUANTILES

SAMPLE_S = 2.0


@command(
    examples={
        "elastic-chat mesh methods": "what is called now",
        "elastic-chat mesh methods history --sample 10": "history, over ten seconds",
        "elastic-chat mesh methods --sample 0": "everything since the Envoys were started",
    },
    facts={
        "seconds": "how long the sample took; null if it is everything since the start",
        "methods": (
            "for each caller and method: caller (a service, or edge), service, method, calls and failed (since the start), sampled: calls, "
            "failed, byStatus (gRPC status to number), messagesSent, messagesReceived, perSecond, p50Ms, p95Ms, p99Ms"
        ),
    },
    watch=True,
)
@of_service
@click.option(
    "--sample", type=click.FloatRange(0), default=SAMPLE_S, show_default=True, metavar="SECONDS", help="How long to look; 0 for all so far."
)
def methods(service: str | None, sample: float) -> Answer:
    """Show which methods are called, how often, and how fast.

    As the callers' Envoys count and time it: from the request on its way to the service until the answer has come, retries included. A
    stream counts when it ends, and takes as long as it lasts, so that of streams the messages tell more. Time is counted in whole
    milliseconds. What comes over a WebSocket is in
    none of these. `calls` and `failed` are since the Envoys were started; the other numbers are of the sample.
    """
    stack = topology()
    before = None
    if sample:
        before = called.look(stack)
        time.sleep(sample)
    asked = [one for one in called.measured(called.look(stack), before, sample) if service in {None, one.method.service}]
    rows = [
        Row(
            (
                f"{one.method.service}.{one.method.name}",
                one.method.caller,
                f"{one.calls.total:,}",
                f"{one.calls.failed:,}",
                f"{one.sampled.total / one.seconds:,.1f}" if one.seconds else "",
                f"{one.sampled.sent:,}",
                f"{one.sampled.received:,}",
                *(_milliseconds(one.sampled.quantile(part)) for part in QUANTILES),
            ),
            urgent=bool(one.sampled.failed),
        )
        for one in asked
    ]
    columns = (
        Column("method"),
        Column("caller"),
        Column("calls", right=True),
        Column("failed", right=True),
        Column("per s", spare=1, right=True),
        Column("sent", spare=5, right=True),
        Column("received", spare=6, right=True),
        Column("p50 ms", spare=3, right=True),
        Column("p95 ms", spare=4, right=True),
        Column("p99 ms", spare=2, right=True),
    )
    facts = {"seconds": sample or None, "methods": [one.as_json() for one in asked]}
    return Answer(facts, Fitted("", columns, rows))


def _milliseconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1 else "<1"

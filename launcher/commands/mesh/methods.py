"""`elastic-chat mesh methods`: what is called, how often, and how fast."""

from __future__ import annotations

import time
from typing import Any

import click

from launcher.commands.fit import Column, Fitted, Row
from launcher.commands.frame import Answer, command
from launcher.commands.mesh.asked import of_service, topology
from launcher.envoys import methods as called
from launcher.envoys.methods import QUANTILES, Calls, Method

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
    before = called.look(stack)
    if sample:
        time.sleep(sample)
    after = called.look(stack) if sample else before
    sampled = after.since(before) if sample else after.sums
    asked = [(method, calls, sampled[method]) for method, calls in after.sums.items() if service in {None, method.service}]
    rows = [
        Row(
            (
                f"{method.service}.{method.name}",
                method.caller,
                f"{calls.total:,}",
                f"{calls.failed:,}",
                f"{new.total / sample:,.1f}" if sample else "",
                f"{new.sent:,}",
                f"{new.received:,}",
                *(_milliseconds(new.quantile(part)) for part in QUANTILES),
            ),
            urgent=bool(new.failed),
        )
        for method, calls, new in asked
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
    facts = {"seconds": sample or None, "methods": [_method(*one, sample) for one in asked]}
    return Answer(facts, Fitted("", columns, rows))


def _method(method: Method, calls: Calls, new: Calls, seconds: float) -> dict[str, Any]:
    return {
        "caller": method.caller,
        "service": method.service,
        "method": method.name,
        "calls": calls.total,
        "failed": calls.failed,
        "sampled": {
            "calls": new.total,
            "failed": new.failed,
            "byStatus": dict(new.by_status),
            "messagesSent": new.sent,
            "messagesReceived": new.received,
            "perSecond": new.total / seconds if seconds else None,
            **{f"p{part * 100:.0f}Ms": new.quantile(part) for part in QUANTILES},
        },
    }


def _milliseconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1 else "<1"

"""Traces: what became of some messages, and how long each step took.

Where a message comes in it is decided whether it is traced: by the gateway that reads it from a connection, or by the edge, of which a call
of REST or gRPC is a call as others are. Its context (a W3C `traceparent`) then goes beside it, through batches of messages that have none,
and through calls between services. Who is given no context does nothing; and with a share of 0 no tracer is even loaded.

Of each trace, a step says `message_id`: by that it is found. Where a gateway begins it, that is also the id of the trace.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from contextvars import ContextVar
from typing import Protocol

from chatkit.core.ids import MessageId
from chatkit.settings import ServiceSettings

TRACEPARENT = "traceparent"
"""The name of a context in the headers of calls, and of Kafka's records."""

_context: ContextVar[str] = ContextVar("trace_context", default="")


def current_context() -> str:
    """Return the context of the step that this task works for; empty if it is not traced."""
    return _context.get()


def bind_context(context: str) -> None:
    """Let the calls that this task makes, and the tasks that it starts, follow from a step."""
    _context.set(context)


class Span(Protocol):
    """A step that has begun. What the steps that follow from it are given is its `context`."""

    context: str

    def end(self, **facts: str | int) -> None:
        """Take note that it has ended, and what there is to say of it."""


class Tracer(Protocol):
    """Begins spans. Neither method waits, or fails."""

    def root(self, name: str, message_id: MessageId) -> Span | None:
        """Begin the first span of a message; None if this one is not traced."""

    def span(self, name: str, context: str) -> Span | None:
        """Begin a span that follows from another; None if `context` is empty, or says that the other is not traced."""


class NoTracer:
    """Traces nothing."""

    def root(self, name: str, message_id: MessageId) -> Span | None:
        del name, message_id
        return None

    def span(self, name: str, context: str) -> Span | None:
        del name, context
        return None


NOTHING: Tracer = NoTracer()


@contextmanager
def followed(tracer: Tracer, name: str, contexts: Iterable[str], **facts: str | int) -> Iterator[Sequence[Span]]:
    """Do for a batch what is a step for each of those in it that have a context."""
    spans = [span for context in contexts if context and (span := tracer.span(name, context))]
    try:
        yield spans
    finally:
        for span in spans:
            span.end(**facts)


def tracer_of(service: str, settings: ServiceSettings, stack: AsyncExitStack) -> Tracer:
    """Return what the settings ask for. What has not been told to the collector is told when `stack` is closed."""
    if not settings.trace_share:
        return NOTHING
    # Only now: to load it takes memory and time, which nobody pays who traces nothing.
    telemetry = importlib.import_module("chatkit.tracing.telemetry")
    tracer: Tracer = telemetry.connect(service, settings.node_id, settings.trace_share, settings.trace_collector, stack)
    return tracer

"""Traces by OpenTelemetry, told to a collector by OTLP."""

from __future__ import annotations

from contextlib import AsyncExitStack
from uuid import UUID

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chatkit.core.backoff import happens
from chatkit.core.ids import MessageId
from chatkit.tracing import TRACEPARENT, Span

EVERY_MS = 500
"""How often the collector is told what has ended, by a thread of its own."""
COLLECTOR_S = 3
"""How long it may take: what it does not take is dropped."""


class _Ids(RandomIdGenerator):
    """Gives a trace that begins here the id of its message."""

    next_trace = 0

    def generate_trace_id(self) -> int:
        return self.next_trace


class TelemetrySpan:
    """A span that is recorded."""

    __slots__ = ("_span", "context")

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        of = span.get_span_context()
        self.context = f"00-{trace.format_trace_id(of.trace_id)}-{trace.format_span_id(of.span_id)}-01"

    def end(self, **facts: str | int) -> None:
        self._span.set_attributes(facts)
        self._span.end()


class TelemetryTracer:
    """Traces a share of messages, and every one that comes with a context."""

    def __init__(self, provider: TracerProvider, ids: _Ids, share: float) -> None:
        self._tracer = provider.get_tracer("elastic-chat")
        self._ids = ids
        self._share = share
        self._nobody = trace.set_span_in_context(trace.INVALID_SPAN)

    def root(self, name: str, message_id: MessageId) -> Span | None:
        if not happens(self._share):
            return None
        self._ids.next_trace = UUID(message_id).int
        return TelemetrySpan(self._tracer.start_span(name, self._nobody, attributes={"message_id": message_id}))

    def span(self, name: str, context: str) -> Span | None:
        if not context:
            return None
        parent = TraceContextTextMapPropagator().extract({TRACEPARENT: context}, self._nobody)
        of = trace.get_current_span(parent).get_span_context()
        if not (of.is_valid and of.trace_flags.sampled):
            return None
        return TelemetrySpan(self._tracer.start_span(name, parent))


def connect(service: str, node_id: str, share: float, collector: str, stack: AsyncExitStack) -> TelemetryTracer:
    """Return a tracer that tells `collector`. Nobody waits for it: what it does not take is lost."""
    ids = _Ids()
    resource = Resource({"service.name": service, "service.instance.id": node_id})
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(collector, insecure=not collector.startswith("https://"), timeout=COLLECTOR_S)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EVERY_MS))
    stack.callback(provider.shutdown)
    return TelemetryTracer(provider, ids, share)

"""`python -m launcher.collector HOME PORT`: takes what the services and Envoys of a stack trace, and keeps it for `elastic-chat trace`.

It speaks OTLP, as every collector does: where there is one already, the stack tells that one instead (ELASTIC_CHAT_TRACE_COLLECTOR).
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as rpc
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from launcher.home import Home
from launcher.topology import HOST
from launcher.traces import Step, Traces

OF_ENVOY = ("grpc.status_code", "http.status_code", "response_flags", "upstream_cluster.name")
"""What is kept of what an Envoy says of a call, which is much, and has addresses."""
GRACE_S = 1.0
"""How long what is being told may take when it stops."""


class Collector(rpc.TraceServiceServicer):
    """Takes spans, one call at a time."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    def Export(self, request: pb.ExportTraceServiceRequest, context: grpc.ServicerContext) -> pb.ExportTraceServiceResponse:  # noqa: N802
        del context
        self._traces.add(steps_of(request))
        return pb.ExportTraceServiceResponse()


def steps_of(request: pb.ExportTraceServiceRequest) -> Iterator[Step]:
    """Yield what a process tells."""
    for told in request.resource_spans:
        of = _facts(told.resource.attributes)
        for scope in told.scope_spans:
            for span in scope.spans:
                yield _step(span, of)


def _step(span: trace_pb2.Span, of: Mapping[str, str]) -> Step:
    facts = _facts(span.attributes)
    if of.get("service.name") == "envoy":
        facts = {name: facts[name] for name in OF_ENVOY if facts.get(name, "-") != "-"}
    return Step(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.name.rpartition("/")[2],  # of a method, the node tells whose it is
        of.get("service.instance.id", ""),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        facts,
    )


def _facts(attributes: Iterable[common_pb2.KeyValue]) -> dict[str, str]:
    return {one.key: str(getattr(one.value, one.value.WhichOneof("value") or "string_value")) for one in attributes}


def serve(traces: Traces, port: int) -> grpc.Server:
    """Start to take spans."""
    server = grpc.server(ThreadPoolExecutor(max_workers=1))  # a file has one writer
    rpc.add_TraceServiceServicer_to_server(Collector(traces), server)  # type: ignore[no-untyped-call]
    server.add_insecure_port(f"{HOST}:{port}")
    server.start()
    return server


def main(home: Home, port: int) -> None:
    """Take spans until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))  # before there are threads, which take over what is blocked
    server = serve(Traces(home.traces), port)
    signal.sigwait((signal.SIGTERM,))
    server.stop(GRACE_S).wait()


if __name__ == "__main__":
    main(Home(Path(sys.argv[1])), int(sys.argv[2]))

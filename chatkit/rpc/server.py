"""The way in: a gRPC server with health, reflection, and one place where errors become statuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import grpc
import structlog
from google.protobuf import descriptor_pool
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_health.v1.health import aio as health  # pyright: ignore[reportAttributeAccessIssue]

from chatkit.core.errors import ChatError, Reason
from chatkit.metrics import OK, OUTCOMES, counter, histogram
from chatkit.rpc.answer import take_headers
from chatkit.rpc.caller import REQUEST_ID, bind_request_id
from chatkit.rpc.errors import abort
from chatkit.rpc.reflection import enable_reflection
from chatkit.tracing import NOTHING, TRACEPARENT, Tracer, bind_context

log = structlog.get_logger()

CALLS = counter(
    "chat_rpc_calls_total", "Calls that ended, by method and by reason (OK if they were carried out).", method=(), reason=OUTCOMES
)
SECONDS = histogram("chat_rpc_seconds", "Seconds that unary calls took.", (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10), method=())

NOT_DELIVERED = "x-not-delivered"
"""The response header by which a sidecar tells that its service never saw the call: whoever made it may try another instance."""

LEAVING = (("x-envoy-immediate-health-check-fail", "true"),)
"""What an answer begins with from a server that is about to stop: the Envoy that made the call sends the next one elsewhere, and does not
wait for its next health check to learn why.
"""

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class _Conduct(grpc.aio.ServerInterceptor):
    """Bind the request id, count and time the call, trace it if it is to be, and turn what a handler raises into a status; what it did not
    mean to raise into INTERNAL.
    """

    leaving = False

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler: Handler | None = await continuation(handler_call_details)
        method = str(handler_call_details.method)
        if handler is None or method.startswith("/grpc."):
            return handler
        if handler.unary_unary is not None:
            behavior = handler.unary_unary
            if self._tracer is not NOTHING:
                behavior = _traced(behavior, method, self._tracer)
            return grpc.unary_unary_rpc_method_handler(
                _unary(behavior, method, leaving=self.leaving),
                request_deserializer=_decoded(handler),
                response_serializer=handler.response_serializer,
            )
        if handler.stream_stream is None:
            raise TypeError(f"{method} is of a kind that no contract uses yet")
        return grpc.stream_stream_rpc_method_handler(
            _stream(handler.stream_stream, method),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _decoded(handler: Handler) -> Callable[[bytes], Any]:
    """Return what decodes a request, or gives the error that says why not: one that it raised would reach the caller without a reason."""

    def decode(data: bytes) -> Any:  # noqa: ANN401 - any message
        try:
            return handler.request_deserializer(data) if handler.request_deserializer else data
        except DecodeError:
            return ChatError(Reason.BAD_FRAME, "the request is not the message that this method takes")

    return decode


def _begin(context: Any, method: str) -> None:  # noqa: ANN401 - gRPC's own class is private
    request_id = dict(context.invocation_metadata() or ()).get(REQUEST_ID)
    bind_request_id(str(request_id) if request_id else "")
    structlog.contextvars.bind_contextvars(method=method)


async def _refuse(context: Any, method: str, error: Exception) -> None:  # noqa: ANN401 - gRPC's own class is private
    if not isinstance(error, ChatError):
        log.error("call_failed", exc_info=error)
        error = ChatError(Reason.INTERNAL)
    CALLS[method, error.reason].inc()
    await abort(context, error)


def _unary(behavior: Callable[[Any, Any], Any], method: str, *, leaving: bool) -> Callable[[Any, Any], Any]:
    ok, seconds = CALLS[method, OK], SECONDS[method]

    async def handle(request: Any, context: Any) -> Any:  # noqa: ANN401 - any message
        _begin(context, method)
        try:
            if isinstance(request, ChatError):
                raise request  # noqa: TRY301 - it is refused like all others
            with seconds.time():
                response = await behavior(request, context)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - this is the one place where errors become statuses
            await _send_headers(context, leaving=leaving)
            return await _refuse(context, method, error)
        await _send_headers(context, leaving=leaving)
        ok.inc()
        return response

    return handle


async def _send_headers(context: Any, *, leaving: bool) -> None:  # noqa: ANN401 - gRPC's own class is private
    headers = (*(LEAVING if leaving else ()), *take_headers())
    if headers:
        await context.send_initial_metadata(headers)


def _traced(behavior: Callable[[Any, Any], Any], method: str, tracer: Tracer) -> Callable[[Any, Any], Any]:
    """Make a call that comes with a context a step of its trace, from which all follows that it does."""

    async def handle(request: Any, context: Any) -> Any:  # noqa: ANN401 - any message
        span = tracer.span(method, str(dict(context.invocation_metadata() or ()).get(TRACEPARENT, "")))
        if span is None:
            return await behavior(request, context)
        bind_context(span.context)
        outcome: str = Reason.INTERNAL
        try:
            response = await behavior(request, context)
            outcome = OK
        except ChatError as error:
            outcome = error.reason
            raise
        finally:
            message_id = getattr(request, "message_id", "")
            span.end(outcome=outcome, **({"message_id": message_id} if message_id else {}))
        return response

    return handle


def _stream(behavior: Callable[[Any, Any], Any], method: str) -> Callable[[Any, Any], Any]:
    ok = CALLS[method, OK]

    async def handle(requests: Any, context: Any) -> None:  # noqa: ANN401 - any message
        _begin(context, method)
        try:
            await behavior(requests, context)
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # noqa: BLE001 - this is the one place where errors become statuses
            await _refuse(context, method, error)
        else:
            ok.inc()

    return handle


def _paths(service: str) -> list[str]:
    """Return the paths of all methods of a service, as its contract has them."""
    found = descriptor_pool.Default().FindServiceByName(service)
    return [f"/{service}/{method.name}" for method in found.methods]


class GrpcServer:
    """A gRPC server of one process: its services, grpc.health.v1 and reflection."""

    def __init__(
        self, address: str, services: Sequence[str], register: Callable[[grpc.aio.Server], None], tracer: Tracer = NOTHING
    ) -> None:
        self._services = ("", *services)
        self._health = health.HealthServicer()
        self._conduct = _Conduct(tracer)
        self._server = grpc.aio.server(
            interceptors=(self._conduct,),
            options=(
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", 16 * 1024 * 1024),
                ("grpc.max_send_message_length", 16 * 1024 * 1024),
                # A query of 200 users is in the headers: Envoy's limit is the one that counts.
                ("grpc.max_metadata_size", 64 * 1024),
                ("grpc.http2.min_ping_interval_without_data_ms", 5000),
                ("grpc.keepalive_permit_without_calls", 1),
            ),
        )
        methods = [path for service in services for path in _paths(service)]
        CALLS.admit("method", methods)
        SECONDS.admit("method", methods)
        register(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        enable_reflection((*services, HEALTH), self._server)
        self._server.add_insecure_port(address)

    async def start(self) -> None:
        """Take calls, and say SERVING."""
        await self._server.start()
        for service in self._services:
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)

    async def announce_stop(self) -> None:
        """Say NOT_SERVING from now on, and with every answer that this server is leaving, so that the mesh sends nothing new."""
        self._conduct.leaving = True
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace_s: float) -> None:
        """Stop: wait up to `grace_s` seconds for calls to end, then cut them."""
        await self._server.stop(grace_s)

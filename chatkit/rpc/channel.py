"""The way out: one channel to the own sidecar, which knows where every service is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from chatkit.rpc.caller import REQUEST_ID, current_request_id
from chatkit.tracing import TRACEPARENT, current_context

DEADLINE_S = 5.0
"""What a unary call may take unless it says otherwise."""
OPTIONS = (
    ("grpc.enable_retries", 0),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.max_send_message_length", 16 * 1024 * 1024),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
)
"""Of a channel that is soon back after a break."""


class _Defaults(grpc.aio.UnaryUnaryClientInterceptor):
    """Give every unary call a deadline, and of the task that makes it the request id, and the trace context if it has one."""

    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,  # noqa: ANN401 - any message
    ) -> Any:  # noqa: ANN401 - gRPC's own signature
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()))
        if metadata.get(REQUEST_ID) is None:
            metadata.add(REQUEST_ID, current_request_id())
        if context := current_context():
            metadata.add(TRACEPARENT, context)
        details = grpc.aio.ClientCallDetails(
            client_call_details.method,
            client_call_details.timeout or DEADLINE_S,
            metadata,
            client_call_details.credentials,
            client_call_details.wait_for_ready,
        )
        return await continuation(details, request)


def mesh_channel(target: str) -> grpc.aio.Channel:
    """Return a channel to the sidecar's egress listener. Retries are the sidecar's, so gRPC's own are off."""
    return grpc.aio.insecure_channel(target, options=OPTIONS, interceptors=(_Defaults(),))

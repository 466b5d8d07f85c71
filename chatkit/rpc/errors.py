"""Errors across the wire: a ChatError becomes a status with google.rpc.ErrorInfo, and that becomes a ChatError again."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from chatkit.core.errors import DOMAIN, ChatError, Reason

_STATUS_KEY = "grpc-status-details-bin"

_FALLBACK = {
    grpc.StatusCode.DEADLINE_EXCEEDED: Reason.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Reason.OVERLOADED,
    grpc.StatusCode.UNAUTHENTICATED: Reason.UNAUTHENTICATED,
    grpc.StatusCode.UNAVAILABLE: Reason.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: Reason.UNAVAILABLE,
}


def duration(value: timedelta) -> Duration:
    """Return a timedelta as the wire has it."""
    result = Duration()
    result.FromTimedelta(value)
    return result


def status_of(error: ChatError) -> Status:
    """Return the google.rpc.Status of an error: code, message, ErrorInfo, and RetryInfo if the server has an opinion."""
    details = [_packed(ErrorInfo(reason=error.reason, domain=DOMAIN))]
    if error.retry_after is not None:
        details.append(_packed(RetryInfo(retry_delay=duration(error.retry_after))))
    code: int = grpc.StatusCode[error.row.status].value[0]
    return Status(code=code, message=error.message, details=details)


async def abort(context: grpc.aio.ServicerContext[object, object], error: ChatError) -> None:
    """End the call with an error. Never returns: gRPC raises to unwind the handler."""
    await context.abort(
        grpc.StatusCode[error.row.status],
        error.message,
        trailing_metadata=((_STATUS_KEY, status_of(error).SerializeToString()),),
    )


def error_of(failure: grpc.aio.AioRpcError) -> ChatError:
    """Return what a failed call means: the reason that the other service gave, or what the status alone tells."""
    status = rpc_status.from_call(cast("grpc.Call", failure))  # which has the two accessors that are read
    if status is not None:
        info, retry = ErrorInfo(), RetryInfo()
        retry_after = None
        reason = None
        for detail in status.details:
            if detail.Unpack(info) and info.domain == DOMAIN and info.reason in Reason.__members__:
                reason = Reason(info.reason)
            elif detail.Unpack(retry):
                retry_after = retry.retry_delay.ToTimedelta()
        if reason is not None:
            return ChatError(reason, status.message, retry_after=retry_after)
    return ChatError(_FALLBACK.get(failure.code(), Reason.INTERNAL))


def _packed(message: ErrorInfo | RetryInfo) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed

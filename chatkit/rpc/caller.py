"""Who calls: what the edge found out about the caller travels as metadata, which the mesh lets nobody forge.

The edge checks the access token and sets `x-user-id`, `x-session-id` and `x-role` from it, having removed whatever came from outside. A
gateway sets the first two for the user of a connection. An operator, who calls a service's sidecar from inside, says so by `x-role`.
`x-request-id` follows a command through every service and its logs.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

import grpc
import structlog

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, is_uuid, new_id

USER_ID = "x-user-id"
SESSION_ID = "x-session-id"
ROLE = "x-role"
REQUEST_ID = "x-request-id"

ADMIN = "admin"
"""The role of those who may call methods for administrators. It is a claim of their access tokens."""
OPERATOR = "operator"
"""What stands there if nobody's token does, because the call comes from inside: no token ever says it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The user in whose name a call is made."""

    user_id: UserId
    session_id: SessionId


_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Return the id of the request that this task works for, or a new one if it works for none."""
    return _request_id.get() or new_id()


def bind_request_id(request_id: str) -> None:
    """Make `request_id` the id that this task's logs and calls carry."""
    _request_id.set(request_id)
    structlog.contextvars.bind_contextvars(request_id=request_id)


def caller_of(context: grpc.aio.ServicerContext[object, object]) -> Caller:
    """Return the caller, or raise UNAUTHENTICATED if the call has none: methods for users begin with this."""
    metadata = dict(context.invocation_metadata() or ())
    user_id = str(metadata.get(USER_ID, ""))
    if not is_uuid(user_id):
        raise ChatError(Reason.UNAUTHENTICATED, "this method takes an access token: log in and send `authorization: Bearer TOKEN`")
    return Caller(UserId(user_id), SessionId(str(metadata.get(SESSION_ID, ""))))


def admin_of(context: grpc.aio.ServicerContext[object, object]) -> Caller | None:
    """Return the administrator who calls, or None for the operator; raise PERMISSION_DENIED for everyone else, and UNAUTHENTICATED for
    nobody: methods for administrators begin with this.
    """
    metadata = dict(context.invocation_metadata() or ())
    role = metadata.get(ROLE, "")
    if role == OPERATOR and USER_ID not in metadata:
        return None
    caller = caller_of(context)
    if role != ADMIN:
        raise ChatError(Reason.PERMISSION_DENIED, "only an administrator may do this")
    return caller


def caller_metadata(caller: Caller) -> tuple[tuple[str, str], ...]:
    """Return the metadata of a call that is made in the name of `caller`."""
    return ((USER_ID, caller.user_id), (SESSION_ID, caller.session_id))

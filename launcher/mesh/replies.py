"""The answers that Envoys make themselves, shaped like those of the services."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode

from chatkit.core.errors import DOMAIN, TABLE, Reason
from chatkit.rpc.server import NOT_DELIVERED


@dataclass(frozen=True, slots=True)
class LocalReply:
    """An answer that an Envoy makes itself, shaped like those of the services.

    `when` is a CEL expression on the answer as Envoy would have given it; the first that holds counts. Without `http` its status stays, and
    without `message` its text; on gRPC, which has neither, the message is the cure then.
    """

    when: str
    reason: Reason
    http: int | None = None
    message: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def code(self) -> int:
        """The number of the gRPC status."""
        number: int = StatusCode[TABLE[self.reason].status].value[0]
        return number

    @property
    def text(self) -> str:
        """The message on gRPC."""
        return self.message or TABLE[self.reason].cure

    @property
    def details(self) -> str:
        """The answer as `grpc-status-details-bin` holds it: base64 of a google.rpc.Status."""
        info = Any()
        info.Pack(ErrorInfo(reason=self.reason, domain=DOMAIN))
        status = Status(code=self.code, message=self.text, details=[info])
        return base64.b64encode(status.SerializeToString()).decode().rstrip("=")


UNREACHABLE = "The service can't be reached: try again with the same message_id."

SIDECAR_REPLIES = (
    LocalReply(
        "response.code_details.contains('connection_failure') || response.code_details.contains('refused_stream')",
        Reason.UNAVAILABLE,
        503,
        UNREACHABLE,
        headers=((NOT_DELIVERED, "true"),),
    ),
    LocalReply(
        "response.code_details.startsWith('rbac_access_denied')",
        Reason.PERMISSION_DENIED,
        403,
        "This caller may not call that: the mesh's rules say who may (docs/mesh.md).",
    ),
    LocalReply("response.code == 404", Reason.NOT_FOUND, 404, "No such method or path here: check its name."),
    LocalReply("response.code in [408, 504]", Reason.DEADLINE_EXCEEDED, 504, TABLE[Reason.DEADLINE_EXCEEDED].cure),
    LocalReply("response.code in [502, 503]", Reason.UNAVAILABLE, 503, UNREACHABLE),
)

EDGE_REPLIES = (
    LocalReply(
        "response.code_details.contains('Jwt_is_expired')",
        Reason.TOKEN_EXPIRED,
        401,
        "The access token is past its time: refresh it.",
    ),
    LocalReply(
        "response.code_details.contains('Jwks_remote_fetch_is_failed')",
        Reason.UNAVAILABLE,
        503,
        "The keys that access tokens are checked with can't be had: try again later.",
    ),
    LocalReply(
        "response.code_details.startsWith('jwt_authn_access_denied') || response.code_details.contains('no_access_token')",
        Reason.UNAUTHENTICATED,
        401,
        "No access token, or none that is valid: log in and send `authorization: Bearer TOKEN`.",
    ),
    LocalReply(
        "response.code_details.contains('no_encoding')",
        Reason.INVALID_ARGUMENT,
        400,
        "grpc-encoding names no way of packing that is known here: use identity, deflate or gzip.",
    ),
    LocalReply(
        "response.code_details.startsWith('rbac_access_denied')",
        Reason.PERMISSION_DENIED,
        403,
        "Only an administrator may do this: docs/accounts.md says how one becomes one.",
    ),
    *SIDECAR_REPLIES,
    LocalReply("response.code == 413", Reason.FRAME_TOO_LARGE, 413, "The request is over 1 MiB: split it."),
    LocalReply("response.code == 429", Reason.OVERLOADED, 429, TABLE[Reason.OVERLOADED].cure),
    LocalReply(
        "response.code_details == 'path_normalization_failed'",
        Reason.INVALID_ARGUMENT,
        400,
        "The path has an escaped slash: send it plain.",
    ),
    LocalReply(
        "response.code_details.contains('transcode_failure') && request.headers['x-envoy-original-method'] != 'GET'", Reason.BAD_FRAME
    ),
    LocalReply("response.code < 500", Reason.INVALID_ARGUMENT),
    LocalReply("true", Reason.INTERNAL, 500, TABLE[Reason.INTERNAL].cure),
)

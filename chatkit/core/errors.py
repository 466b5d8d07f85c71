"""Every error that leaves the system: one exception, and one table of reasons.

A reason is the same word in a `reject` frame, in google.rpc.ErrorInfo and in the JSON of a REST answer. The table says how it looks at each
door and what the caller may do. docs/protocol.md shows it, and a test compares the two, and both with errors.v1.Reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

DOMAIN = "elastic-chat"
"""`domain` of google.rpc.ErrorInfo."""


class Reason(StrEnum):
    """Why a command was refused; the values of errors.v1.Reason."""

    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"
    OVERLOADED = "OVERLOADED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    BAD_FRAME = "BAD_FRAME"
    FRAME_TOO_LARGE = "FRAME_TOO_LARGE"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    INVALID_MESSAGE_ID = "INVALID_MESSAGE_ID"
    TEXT_EMPTY = "TEXT_EMPTY"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    HELLO_EXPECTED = "HELLO_EXPECTED"
    HELLO_REPEATED = "HELLO_REPEATED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a reason, not a secret
    UNKNOWN_CONVERSATION = "UNKNOWN_CONVERSATION"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    UNKNOWN_USER = "UNKNOWN_USER"
    USERNAME_TAKEN = "USERNAME_TAKEN"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    SLOW_CONSUMER = "SLOW_CONSUMER"
    MESSAGE_ID_REUSED = "MESSAGE_ID_REUSED"
    LIMIT_REACHED = "LIMIT_REACHED"
    GOING_AWAY = "GOING_AWAY"
    NOT_FOUND = "NOT_FOUND"
    IDLE_TIMEOUT = "IDLE_TIMEOUT"
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED"
    BAD_INVITE = "BAD_INVITE"
    UNKNOWN_FILE = "UNKNOWN_FILE"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    FILE_TYPE_REFUSED = "FILE_TYPE_REFUSED"
    FILE_BROKEN = "FILE_BROKEN"
    QUOTA_REACHED = "QUOTA_REACHED"
    UPLOAD_CONFLICT = "UPLOAD_CONFLICT"
    CHECKSUM_MISMATCH = "CHECKSUM_MISMATCH"
    BAD_LINK = "BAD_LINK"
    PREVIEWS_OFF = "PREVIEWS_OFF"
    NO_PREVIEW = "NO_PREVIEW"
    LAST_OWNER = "LAST_OWNER"
    SLOW_MODE = "SLOW_MODE"
    POLL_CLOSED = "POLL_CLOSED"
    BLOCKED = "BLOCKED"
    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED"
    REPORT_RESOLVED = "REPORT_RESOLVED"
    RATE_LIMITED = "RATE_LIMITED"


@dataclass(frozen=True, slots=True)
class Row:
    """How a reason looks at each door.

    `status` is the gRPC status, of which HTTP's follows by the mapping of google.rpc.Code. `close_code` is the WebSocket close code if the
    reason ends a connection, None if it is only ever a `reject`: up to 4499 and below 4000 the client should reconnect, from 4500 on it
    must change something first. `retryable` says whether the very same command may be accepted later. `cure` is what the client should do.
    """

    status: str
    close_code: int | None
    retryable: bool
    cure: str


TABLE: dict[Reason, Row] = {
    Reason.INTERNAL: Row("INTERNAL", 1011, True, "Try again later; the log has it under the request id."),
    Reason.UNAVAILABLE: Row("UNAVAILABLE", 1013, True, "Try again with the same message_id."),
    Reason.OVERLOADED: Row("RESOURCE_EXHAUSTED", None, True, "Wait for retry_after, then try again."),
    Reason.DEADLINE_EXCEEDED: Row("DEADLINE_EXCEEDED", None, True, "It may have been accepted: try again with the same message_id."),
    Reason.BAD_FRAME: Row("INVALID_ARGUMENT", 1007, False, "Mend the client: the frame is no ClientFrame."),
    Reason.FRAME_TOO_LARGE: Row("RESOURCE_EXHAUSTED", 1009, False, "Send frames of at most 64 KiB."),
    Reason.INVALID_ARGUMENT: Row("INVALID_ARGUMENT", None, False, "Correct the field that the message names."),
    Reason.INVALID_MESSAGE_ID: Row("INVALID_ARGUMENT", None, False, "Make a UUIDv7 from a clock that is right."),
    Reason.TEXT_EMPTY: Row("INVALID_ARGUMENT", None, False, "Send at least one character."),
    Reason.TEXT_TOO_LONG: Row("INVALID_ARGUMENT", None, False, "Send at most 16 KiB of UTF-8."),
    Reason.HELLO_EXPECTED: Row("FAILED_PRECONDITION", 4501, False, "Send hello first, within 10 seconds."),
    Reason.HELLO_REPEATED: Row("FAILED_PRECONDITION", 4502, False, "Send hello only once on a connection."),
    Reason.UNAUTHENTICATED: Row("UNAUTHENTICATED", 4503, False, "Log in again."),
    Reason.TOKEN_EXPIRED: Row("UNAUTHENTICATED", 4504, False, "Refresh the token, then connect again."),
    Reason.UNKNOWN_CONVERSATION: Row("NOT_FOUND", None, False, "Use a conversation that you are in."),
    Reason.PERMISSION_DENIED: Row("PERMISSION_DENIED", None, False, "Ask a member who may."),
    Reason.UNKNOWN_USER: Row("NOT_FOUND", None, False, "Find the user first."),
    Reason.USERNAME_TAKEN: Row("ALREADY_EXISTS", None, False, "Choose another user name."),
    Reason.BAD_CREDENTIALS: Row("UNAUTHENTICATED", None, False, "Check user name and password."),
    Reason.SLOW_CONSUMER: Row("RESOURCE_EXHAUSTED", 4001, True, "Reconnect with resume, and read faster."),
    Reason.MESSAGE_ID_REUSED: Row("ALREADY_EXISTS", None, False, "Make a new message_id for each message."),
    Reason.LIMIT_REACHED: Row("RESOURCE_EXHAUSTED", 4505, False, "Close or leave something first."),
    Reason.GOING_AWAY: Row("UNAVAILABLE", 1012, True, "Reconnect with resume after the time in going_away."),
    Reason.NOT_FOUND: Row("NOT_FOUND", None, False, "Check the method, path or id."),
    Reason.IDLE_TIMEOUT: Row("DEADLINE_EXCEEDED", 4002, True, "Reconnect with resume, and send ping as often as welcome says."),
    Reason.ACCOUNT_DISABLED: Row("PERMISSION_DENIED", None, False, "Ask an administrator."),
    Reason.BAD_INVITE: Row("PERMISSION_DENIED", None, False, "Ask for an invite: this one is none, was used, or is too old."),
    Reason.UNKNOWN_FILE: Row("NOT_FOUND", None, False, "Use a file of yours, or one that was posted where you are."),
    Reason.FILE_TOO_LARGE: Row("INVALID_ARGUMENT", None, False, "Upload a smaller file."),
    Reason.FILE_TYPE_REFUSED: Row("INVALID_ARGUMENT", None, False, "Upload a file of another kind."),
    Reason.FILE_BROKEN: Row("INVALID_ARGUMENT", None, False, "Save the file anew, or smaller, and upload that."),
    Reason.QUOTA_REACHED: Row("RESOURCE_EXHAUSTED", None, False, "Delete some of your files first."),
    Reason.UPLOAD_CONFLICT: Row("ABORTED", None, True, "Ask for the offset by HEAD, and go on from there."),
    Reason.CHECKSUM_MISMATCH: Row("ABORTED", None, True, "Send the same bytes again."),
    Reason.BAD_LINK: Row("PERMISSION_DENIED", None, False, "Ask for a new link."),
    Reason.PREVIEWS_OFF: Row("FAILED_PRECONDITION", None, False, "Show links without previews: this server has them switched off."),
    Reason.NO_PREVIEW: Row("NOT_FOUND", None, False, "Show the link without a preview."),
    Reason.LAST_OWNER: Row("FAILED_PRECONDITION", None, False, "Hand the conversation over first."),
    Reason.SLOW_MODE: Row("RESOURCE_EXHAUSTED", None, True, "Wait for retry_after, then try again."),
    Reason.POLL_CLOSED: Row("FAILED_PRECONDITION", None, False, "Show what came of the poll: no more votes are taken."),
    Reason.BLOCKED: Row("PERMISSION_DENIED", None, False, "Offer no way to this user: the two of them don't reach each other."),
    Reason.ACCOUNT_SUSPENDED: Row("PERMISSION_DENIED", None, True, "Show the message, which says until when and why."),
    Reason.REPORT_RESOLVED: Row("FAILED_PRECONDITION", None, False, "Show what was done: somebody was faster."),
    Reason.RATE_LIMITED: Row("RESOURCE_EXHAUSTED", None, True, "Wait for retry_after, then try again."),
}


class ChatError(Exception):
    """A command is refused, for a reason of the table.

    `message` is shown to the caller: it names cause and cure, and nothing that is not theirs to know. `retry_after` is the server's
    opinion of when to try again.
    """

    def __init__(self, reason: Reason, message: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(message or TABLE[reason].cure)
        self.reason = reason
        self.retry_after = retry_after

    @property
    def message(self) -> str:
        """The sentence for the developer of the client."""
        return str(self.args[0])

    @property
    def row(self) -> Row:
        """How the reason looks at each door."""
        return TABLE[self.reason]

"""Forwarding: what a copy of a message says in another conversation, and who said it first."""

from __future__ import annotations

from chatkit.core.errors import ChatError, Reason
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_router.changes import NO_MESSAGE, Found


def copy_of(found: Found) -> entry_pb2.Body:
    """Return what a copy of a message says: what it says now, and none of what belongs to its conversation. Raises NOT_FOUND if it is no
    message or deleted, and INVALID_ARGUMENT if it is a poll.
    """
    if found.entry.kind != entry_pb2.Entry.MESSAGE or found.is_deleted:
        raise ChatError(Reason.NOT_FOUND, NO_MESSAGE)
    said = entry_pb2.Body.FromString(found.entry.body)
    if said.HasField("poll"):
        raise ChatError(Reason.INVALID_ARGUMENT, "a poll is not forwarded: its votes are those of its conversation")
    return entry_pb2.Body(text=said.text, attachments=said.attachments)


def put_origin(command: pb.SendCommand, source: log_pb2.LogEntry) -> None:
    """Put into a command, beside what its copy says, who said it and when; of a copy of a copy, who said it first."""
    said = entry_pb2.Body.FromString(source.body)
    origin = (
        said.forwarded if said.HasField("forwarded") else entry_pb2.Forwarded(sender_id=source.sender_id, accepted_at=source.accepted_at)
    )
    body = entry_pb2.Body.FromString(command.body)
    body.forwarded.CopyFrom(origin)
    command.body = body.SerializeToString()
    command.outline.forwarded = True

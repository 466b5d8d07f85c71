"""What commands are answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from chatkit.core.errors import ChatError, Reason
from chatkit.metrics import OK, OUTCOMES, counter
from chatkit.rpc.admission import timestamp
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from svc_router.job import Job
from svc_router.store import Place

KINDS = tuple(field.name for field in pb.Command.DESCRIPTOR.oneofs_by_name["command"].fields)
UNKNOWN = "unknown"
"""The kind of a command that a newer client may send."""
COMMANDS = counter(
    "chat_router_commands_total",
    "Commands by kind and by reason (OK if they were carried out).",
    kind=(*KINDS, UNKNOWN),
    reason=OUTCOMES,
)
BUSY = ChatError(Reason.OVERLOADED, "the router has more commands than it can take", retry_after=timedelta(seconds=1))
HELD_UP = ChatError(
    Reason.UNAVAILABLE, "the log does not take messages now: try again with the same message_id", retry_after=timedelta(seconds=1)
)


def accept(jobs: Sequence[Job], entry: log_pb2.LogEntry, place: Place, request_id: str = "", told: Collection[str] = ()) -> None:
    """Answer jobs whose entry is in the log and shown; nodes were `told` of it, with the request id of one of them."""
    accepted = pb.Accepted(seq=place.seq, accepted_at=timestamp(place.accepted_ms))
    if entry.HasField("created"):
        accepted.conversation.CopyFrom(entry.created.conversation)
    for added in entry.membership.added:
        accepted.member.CopyFrom(added)
    finish(jobs, accepted, request_id, told)


def finish(jobs: Sequence[Job], accepted: pb.Accepted, request_id: str = "", told: Collection[str] = ()) -> None:
    """Answer jobs that were carried out."""
    for job in jobs:
        COMMANDS[job.kind or UNKNOWN, OK].inc()
        job.accept(accepted, told if job.command.request_id == request_id else ())


def refuse(jobs: Sequence[Job], error: ChatError) -> None:
    """Answer jobs that are not carried out."""
    for job in jobs:
        COMMANDS[job.kind or UNKNOWN, error.reason].inc()
        job.refuse(error)

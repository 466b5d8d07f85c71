"""The rules of changes: what a change needs, and whose and which message it may be about.

They are made of what never changes of a message, so that whoever carries out a retry comes to the same end.
"""

from __future__ import annotations

from chatkit.core.conversation import Permission
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2

Kind = entry_pb2.Entry
EVERYONE = "*"
NO_MESSAGE = "there is no message at this seq that you can see"


def needed(change: pb.ChangeCommand, user_id: UserId, target: log_pb2.LogEntry) -> Permission:
    """Return what a change takes of the user, beside being a member."""
    match change.WhichOneof("change"):
        case "edit":
            return Permission.WRITE
        case "reaction":
            return Permission.READ
        case "pin":
            return Permission.PIN
        case _:
            return Permission(0) if target.sender_id == user_id else Permission.MODERATE


def check_target(change: pb.ChangeCommand, user_id: UserId, target: log_pb2.LogEntry, joined_seq: int) -> None:
    """Refuse a change of what is no message that a member can see, since their joining, or of what is not theirs to change."""
    if target.kind != Kind.MESSAGE or target.seq < joined_seq:
        raise ChatError(Reason.NOT_FOUND, NO_MESSAGE)
    if change.WhichOneof("change") == "edit" and target.sender_id != user_id:
        raise ChatError(Reason.PERMISSION_DENIED, "only its sender may edit a message")


def check_answered(outline: log_pb2.Outline, target: log_pb2.LogEntry, joined_seq: int) -> None:
    """Refuse to answer what is no message that a member can see, or to begin a thread within one."""
    if target.kind != Kind.MESSAGE or target.seq < joined_seq:
        raise ChatError(Reason.NOT_FOUND, NO_MESSAGE)
    if target.seq == outline.thread and target.outline.thread:
        raise ChatError(Reason.INVALID_ARGUMENT, "body.thread is the seq of a message that is in no thread itself")


def change_of(entry: log_pb2.LogEntry) -> tuple[int, int]:
    """Return the message that an entry changes, be it that it is in the thread of it, and how: the number of its kind; or twice 0.

    What concerns only its user changes no message: it stands there by itself, to be found by its kind.
    """
    if entry.kind == Kind.PERSONAL:
        return entry.seq, int(entry.kind)
    target = entry.target or (entry.outline.thread if entry.HasField("outline") else 0)
    return target, int(entry.kind) if target else 0


def mentions_of(entry: log_pb2.LogEntry) -> str:
    """Return the users whom an entry mentions, or EVERYONE, or nobody, as the live view has them."""
    if entry.kind != Kind.MESSAGE or not entry.HasField("outline"):
        return ""
    return EVERYONE if entry.outline.mention_all else ",".join(entry.outline.mentions)


def counts_if_deleted(change: pb.ChangeCommand) -> bool:
    """Tell whether a change of a message that is deleted is worth an entry: to delete it once more is, for whoever does not know."""
    return change.WhichOneof("change") == "deletion"


def erased(target: log_pb2.LogEntry) -> log_pb2.LogEntry:
    """Return what is left of a message that is deleted: who sent it, when, its place, and what else was noted of it."""
    return log_pb2.LogEntry(
        conversation_id=target.conversation_id,
        seq=target.seq,
        message_id=target.message_id,
        sender_id=target.sender_id,
        kind=target.kind,
        accepted_at=target.accepted_at,
        ordinal=target.ordinal,
        outline=target.outline if target.HasField("outline") else None,
    )


def drafted(entry: log_pb2.LogEntry, change: pb.ChangeCommand, target: log_pb2.LogEntry) -> None:
    """Make an entry one that changes a message."""
    entry.target = change.target
    match change.WhichOneof("change"):
        case "edit":
            entry.kind = Kind.EDIT
            entry.body = change.edit
        case "reaction":
            entry.kind = Kind.REACTION
            entry.reaction.CopyFrom(change.reaction)
        case "pin":
            entry.kind = Kind.PIN
            entry.pin.CopyFrom(change.pin)
        case _:
            entry.kind = Kind.DELETION
            entry.erased.CopyFrom(erased(target))

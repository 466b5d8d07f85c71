"""The rules of changes: what a change needs, and whose and which message it may be about.

They are made of what never changes of a message, so that whoever carries out a retry comes to the same end.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from chatkit.core.conversation import Permission
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2

Kind = entry_pb2.Entry
EVERYONE = "*"
MAX_REACTIONS = 20
"""Different emoji with which one user reacts to one message."""
MAX_PINS = 100
"""Messages that are pinned in a conversation."""
NO_MESSAGE = "there is no message at this seq that you can see"


@dataclass(frozen=True, slots=True)
class Found:
    """A message that is to be changed or answered, and what is known to have become of it."""

    entry: log_pb2.LogEntry
    is_deleted: bool = False
    is_closed: bool = False


def needed(change: pb.ChangeCommand, user_id: UserId, target: log_pb2.LogEntry) -> Permission:
    """Return what a change takes of the user, beside being a member."""
    match change.WhichOneof("change"):
        case "edit":
            return Permission.WRITE
        case "reaction" | "vote" | "closing":
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
    if change.WhichOneof("change") == "edit" and target.outline.forwarded:
        raise ChatError(Reason.INVALID_ARGUMENT, "what is forwarded stays as it was said")
    if change.WhichOneof("change") == "closing" and target.sender_id != user_id:
        raise ChatError(Reason.PERMISSION_DENIED, "only its sender may close a poll")


def check_state(change: pb.ChangeCommand, found: Found, now_ms: int) -> None:
    """Refuse a change for what has become of its message by now. To delete it once more is worth an entry, for whoever does not know."""
    kind = change.WhichOneof("change")
    if found.is_deleted and kind != "deletion":
        raise ChatError(Reason.NOT_FOUND, "the message is deleted")
    if kind not in {"vote", "closing"}:
        return
    if not found.entry.outline.HasField("ballot"):
        raise ChatError(Reason.INVALID_ARGUMENT, "the message is no poll")
    if kind == "vote":
        _check_vote(change.vote, found.entry.outline.ballot, now_ms, is_closed=found.is_closed)


def _check_vote(vote: entry_pb2.Vote, ballot: log_pb2.Ballot, now_ms: int, *, is_closed: bool) -> None:
    if any(option >= ballot.option_count for option in vote.options):
        raise ChatError(Reason.INVALID_ARGUMENT, "the poll has no such option")
    if len(vote.options) > 1 and not ballot.multiple:
        raise ChatError(Reason.INVALID_ARGUMENT, "one votes for one option of this poll")
    if is_closed or (ballot.HasField("closes_at") and ballot.closes_at.ToMilliseconds() <= now_ms):
        raise ChatError(Reason.POLL_CLOSED)


def is_counted(change: pb.ChangeCommand) -> bool:
    """Tell whether a change is one of which there can be too many."""
    return (change.HasField("reaction") and not change.reaction.removed) or (change.HasField("pin") and not change.pin.unpinned)


def check_reactions(emoji: str, there: Collection[str]) -> None:
    """Refuse an emoji more of a user who has reacted to a message with as many others as they may."""
    if emoji not in there and len(there) >= MAX_REACTIONS:
        raise ChatError(Reason.LIMIT_REACHED, f"a message takes {MAX_REACTIONS} different emoji of one user: take back others first")


def check_pins(target: int, pinned: Collection[int]) -> None:
    """Refuse a message more in a conversation in which as many are pinned as can be."""
    if target not in pinned and len(pinned) >= MAX_PINS:
        raise ChatError(Reason.LIMIT_REACHED, f"a conversation has {MAX_PINS} pins at most: take out others first")


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
    """Return the users whom an entry mentions, or EVERYONE, or nobody, as the live view has them: of one that disappears, behind when."""
    if entry.kind != Kind.MESSAGE or not entry.HasField("outline"):
        return ""
    users = EVERYONE if entry.outline.mention_all else ",".join(entry.outline.mentions)
    return f"{entry.expires_at.seconds}|{users}" if users and entry.HasField("expires_at") else users


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
        expires_at=target.expires_at if target.HasField("expires_at") else None,
    )


def drafted(entry: log_pb2.LogEntry, change: pb.ChangeCommand, target: log_pb2.LogEntry) -> None:
    """Make an entry one that changes a message, and disappears with it; not so that it is deleted, which says nothing of it."""
    entry.target = change.target
    if target.HasField("expires_at") and change.WhichOneof("change") != "deletion":
        entry.expires_at.CopyFrom(target.expires_at)
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
        case "vote":
            entry.kind = Kind.VOTE
            entry.vote.CopyFrom(change.vote)
        case "closing":
            entry.kind = Kind.CLOSING
        case _:
            entry.kind = Kind.DELETION
            entry.erased.CopyFrom(erased(target))

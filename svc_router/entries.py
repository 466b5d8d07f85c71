"""What the router makes of a command that has its place: the entry for the log, the frame for readers, the event for nodes."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from chatkit.core.conversation import Permission, Role, role_of
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, UserId
from chatkit.edges.fanout import batch_of
from chatkit.rpc.admission import timestamp
from elastic_chat.events.v1 import log_pb2, node_pb2
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_router.changes import change_of, drafted, mentions_of
from svc_router.store import Answer, Durable, Marked, Membership, Place

MESSAGE, EDIT = entry_pb2.Entry.MESSAGE, entry_pb2.Entry.EDIT
PLAIN = (0, 0, "")
"""What a message changes that changes nothing and mentions nobody."""


def member(user_id: UserId, membership: Membership) -> conversation_pb2.Member:
    """Return a membership as the wire has it."""
    return with_role(
        conversation_pb2.Member(
            user_id=user_id,
            permissions=int(membership.permissions),
            joined_seq=membership.joined_seq,
            joined_ordinal=membership.joined_ordinal,
        )
    )


def with_role(one: conversation_pb2.Member) -> conversation_pb2.Member:
    """Return a member whose role is what their permissions make it."""
    one.role = conversation_pb2.Member.Role.Value(role_of(Permission(one.permissions)))
    return one


def role_of_wire(role: conversation_pb2.Member.Role.ValueType) -> Role:
    """Return a role of the wire that is one."""
    return Role(conversation_pb2.Member.Role.Name(role))


def membership_part(change: entry_pb2.MembershipChange) -> bytes:
    """Return what a change of members adds to the draft of its entry: see `store.terms`."""
    return log_pb2.LogEntry(membership=change).SerializeToString()


def draft_of(command: pb.Command, message_id: str, now_ms: int, target: log_pb2.LogEntry | None = None) -> log_pb2.LogEntry:
    """Return the entry that a command makes, without what its terms add to it, and without its place: `placed` gives it one.

    A change comes with the message that it changes.
    """
    entry = log_pb2.LogEntry(
        conversation_id=command.conversation_id,
        message_id=message_id,
        sender_id=command.user_id,
        accepted_at=timestamp(now_ms),
    )
    match command.WhichOneof("command"):
        case "send":
            entry.kind = entry_pb2.Entry.MESSAGE
            entry.body = command.send.body
            if command.send.HasField("outline"):
                entry.outline.CopyFrom(command.send.outline)
                entry.outline.ClearField("reply_to")
                if not entry.outline.ListFields():
                    entry.ClearField("outline")
        case "change" if target is not None:
            drafted(entry, command.change, target)
        case "create":
            entry.kind = entry_pb2.Entry.CREATED
            entry.created.conversation.CopyFrom(command.create.conversation)
            entry.created.members.extend(map(with_role, command.create.members))
            entry.accepted_at.CopyFrom(command.create.conversation.created_at)
        case "settings":
            entry.kind = entry_pb2.Entry.SETTINGS
        case "invite":
            entry.kind = entry_pb2.Entry.INVITE
            entry.invite.CopyFrom(command.invite.invite)
        case "personal":
            entry.kind = entry_pb2.Entry.PERSONAL
            entry.personal.CopyFrom(command.personal.change)
        case "join":
            entry.kind = entry_pb2.Entry.MEMBERSHIP
            entry.membership.invite_id = command.join.invite_id
        case _:
            entry.kind = entry_pb2.Entry.MEMBERSHIP
    return entry


def placed(draft: bytes, place: Place) -> log_pb2.LogEntry:
    """Return the entry of a draft at its place. The same from every router that finds the draft."""
    entry = log_pb2.LogEntry.FromString(draft)
    entry.seq = place.seq
    entry.ordinal = place.ordinal
    if entry.kind != entry_pb2.Entry.CREATED:
        entry.accepted_at.CopyFrom(timestamp(place.accepted_ms))
    for joined in (*entry.created.members, *entry.membership.added):
        joined.joined_seq = place.seq
        joined.joined_ordinal = place.ordinal
    return entry


def readable(answer: Answer) -> Answer:
    """Return an answer of the live view of which every entry and conversation can be read, or a refusal in its place."""
    try:
        for one in answer.unfinished:
            log_pb2.LogEntry.FromString(one.draft)
        if isinstance(answer.outcome, Place) and (answer.outcome.conversation or answer.outcome.draft):
            conversation_pb2.Conversation.FromString(answer.outcome.conversation)
            log_pb2.LogEntry.FromString(answer.outcome.draft)
    except DecodeError:
        return Answer(ChatError(Reason.INTERNAL))
    return answer


def entry_of(value: bytes) -> log_pb2.LogEntry:
    """Return an entry that the live view has, or raise INTERNAL."""
    try:
        return log_pb2.LogEntry.FromString(value)
    except DecodeError as error:
        raise ChatError(Reason.INTERNAL) from error


def joining(entry: log_pb2.LogEntry) -> tuple[UserId, ...]:
    """Return the users that an entry brings in."""
    return tuple(UserId(one.user_id) for one in (*entry.created.members, *entry.membership.added))


def leaving(entry: log_pb2.LogEntry) -> tuple[UserId, ...]:
    """Return the users that an entry takes out."""
    return tuple(map(UserId, entry.membership.removed_user_ids))


def durable(entry: log_pb2.LogEntry, place: Place, request_id: str, traceparent: str = "", *, doubted: bool) -> Durable:
    """Return an entry that is in the log as the live view takes it, with what nodes are told of it."""
    value, came, went = entry.SerializeToString(), joining(entry), leaving(entry)
    is_plain = entry.kind == MESSAGE and not entry.HasField("outline")
    told = node_pb2.EntryDelivery(
        conversation_id=entry.conversation_id,
        seq=entry.seq,
        frame=log_pb2.EntryFrame(entry=entry if is_plain else for_readers(entry)).SerializeToString(),
        joining_user_ids=came,
        leaving_user_ids=went,
        request_id=request_id,
        previous_seq=place.previous,
        accepted_ms=place.accepted_ms,
        traceparent=traceparent,
        edited_seq=entry.target if entry.kind == EDIT else 0,
    )
    event = batch_of(node_pb2.NodeEvent(entry=told))
    message_id, sender = MessageId(entry.message_id), UserId(entry.sender_id)
    about: tuple[int, int, str] = PLAIN if is_plain else (*change_of(entry), mentions_of(entry))
    return Durable(message_id, sender, place.seq, place.ordinal, place.accepted_ms, value, event, came, went, doubted, *about)


def for_readers(entry: log_pb2.LogEntry) -> log_pb2.LogEntry:
    """Return an entry as readers get it: without what services alone need, and what is left of a message that was deleted."""
    if entry.kind != entry_pb2.Entry.DELETION and not entry.HasField("outline"):
        return entry
    shown = log_pb2.LogEntry()
    shown.CopyFrom(entry)
    shown.ClearField("erased")
    shown.ClearField("outline")
    return shown


def typing_event(command: pb.Command) -> node_pb2.NodeEvent:
    """Return what nodes are told when a user types."""
    notice = frames_pb2.TypingNotice(conversation_id=command.conversation_id, user_id=command.user_id, activity=command.typing.activity)
    return _ephemeral(command, frames_pb2.ServerFrame(typing=notice), to_own_sessions=False)


def delta_event(command: pb.Command) -> node_pb2.NodeEvent:
    """Return what nodes are told of a part of a message that a user is still making."""
    notice = frames_pb2.DeltaNotice(conversation_id=command.conversation_id, user_id=command.user_id)
    notice.message_id, notice.offset, notice.text = command.delta.message_id, command.delta.offset, command.delta.text
    event = _ephemeral(command, frames_pb2.ServerFrame(delta=notice), to_own_sessions=False)
    event.ephemeral.is_part = True
    return event


def watermark_of(command: pb.Command, marked: Marked) -> conversation_pb2.Watermark:
    """Return where a user is."""
    return conversation_pb2.Watermark(
        user_id=command.user_id,
        conversation_id=command.conversation_id,
        delivered_seq=marked.delivered_seq,
        read_seq=marked.read_seq,
    )


def watermark_event(command: pb.Command, marked: Marked) -> node_pb2.NodeEvent:
    """Return what nodes are told when a user's devices have got or read something."""
    return _ephemeral(command, frames_pb2.ServerFrame(watermark=watermark_of(command, marked)), to_own_sessions=True)


def _ephemeral(command: pb.Command, frame: frames_pb2.ServerFrame, *, to_own_sessions: bool) -> node_pb2.NodeEvent:
    return node_pb2.NodeEvent(
        ephemeral=node_pb2.EphemeralDelivery(
            conversation_id=command.conversation_id,
            frame=frame.SerializeToString(),
            user_id=command.user_id,
            to_own_sessions=to_own_sessions,
            audience=command.typing.audience,
        ),
    )


def known_since_ms(recent: Sequence[log_pb2.LogEntry], now_ms: int) -> int:
    """Return since when the live view knows every message_id of a conversation that is put back into it with its newest entries.

    They are all that there are, or the oldest of them tells how far back they go; an entry was accepted when its place was given.
    """
    if not recent or recent[0].kind == entry_pb2.Entry.CREATED:
        return 0
    return min(recent[0].accepted_at.ToMilliseconds(), now_ms)

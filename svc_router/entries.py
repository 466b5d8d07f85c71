"""What the router makes of a command that has its place: the entry for the log, the frame for readers, the event for nodes."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from chatkit.core.ids import UserId
from elastic_chat.events.v1 import log_pb2, node_pb2
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_router.store import Marked, Membership, Place


def timestamp(ms: int) -> Timestamp:
    """Return Unix milliseconds as the wire has them."""
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def member(user_id: UserId, membership: Membership) -> conversation_pb2.Member:
    """Return a membership as the wire has it."""
    return conversation_pb2.Member(user_id=user_id, permissions=int(membership.permissions), joined_seq=membership.joined_seq)


def entry_of(command: pb.Command, message_id: str, place: Place) -> log_pb2.LogEntry:
    """Return the entry that a command makes at its place."""
    entry = log_pb2.LogEntry(
        conversation_id=command.conversation_id,
        seq=place.seq,
        message_id=message_id,
        sender_id=command.user_id,
        accepted_at=timestamp(place.accepted_ms),
        ordinal=place.ordinal,
    )
    match command.WhichOneof("command"):
        case "send":
            entry.kind = entry_pb2.Entry.MESSAGE
            entry.body = command.send.body
        case "create":
            entry.kind = entry_pb2.Entry.CREATED
            entry.created.conversation.ParseFromString(place.conversation)
            entry.sender_id = entry.created.conversation.creator_id
            entry.accepted_at.CopyFrom(entry.created.conversation.created_at)
            entry.created.members.extend(member(user_id, membership) for user_id, membership in (place.members or {}).items())
        case "add_member":
            entry.kind = entry_pb2.Entry.MEMBERSHIP
            entry.membership.added.add().CopyFrom(command.add_member.member)
            entry.membership.added[0].joined_seq = place.seq
        case _:
            entry.kind = entry_pb2.Entry.MEMBERSHIP
            entry.membership.removed_user_ids.append(command.remove_member.user_id)
    return entry


def delivery(entry: log_pb2.LogEntry, joining: Sequence[str], leaving: Sequence[str], request_id: str) -> node_pb2.NodeEvent:
    """Return what nodes are told of a durable entry."""
    return node_pb2.NodeEvent(
        entry=node_pb2.EntryDelivery(
            conversation_id=entry.conversation_id,
            seq=entry.seq,
            frame=log_pb2.EntryFrame(entry=entry).SerializeToString(),
            joining_user_ids=joining,
            leaving_user_ids=leaving,
            request_id=request_id,
        ),
    )


def typing_event(command: pb.Command) -> node_pb2.NodeEvent:
    """Return what nodes are told when a user types."""
    notice = frames_pb2.TypingNotice(conversation_id=command.conversation_id, user_id=command.user_id)
    return _ephemeral(command, frames_pb2.ServerFrame(typing=notice), to_own_sessions=False)


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
        ),
    )

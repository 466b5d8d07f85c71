"""Records of the log as rows. Whatever can't be read raises Unreadable, with a reason for people."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from chatkit.core.ids import MessageId, is_uuid
from chatkit.edges.message_log import LOG_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_writer.core import Table, Write, joining_writes, leaving_writes, message_writes


class UnreadableError(Exception):
    """The record can't be applied, now or ever."""


def writes_of(topic: str, value: bytes) -> list[Write]:
    """Return the rows that a record makes, or raise UnreadableError."""
    try:
        return _entry(value) if topic == LOG_TOPIC else _watermark(value)
    except DecodeError as error:
        raise UnreadableError(f"the value is no protobuf message of its kind: {error}") from error


def _entry(value: bytes) -> list[Write]:
    entry = log_pb2.LogEntry.FromString(value)
    entry_pb2.Entry.FromString(value)  # as readers will: to the log a body is bytes, to them it must be one
    if not is_uuid(entry.conversation_id) or not is_uuid(entry.message_id) or entry.seq < 1:
        raise UnreadableError("the entry has no conversation_id, no message_id or no seq")
    users = [one.user_id for one in (*entry.created.members, *entry.membership.added)] + [*entry.membership.removed_user_ids]
    if not all(map(is_uuid, users)):
        raise UnreadableError("the entry moves somebody who has no user_id")
    writes = message_writes(entry.conversation_id, entry.seq, MessageId(entry.message_id), value)
    match entry.kind:
        case entry_pb2.Entry.MESSAGE:
            pass
        case entry_pb2.Entry.CREATED:
            conversation = entry.created.conversation.SerializeToString()
            row = {"conversation_id": entry.conversation_id, "conversation": conversation}
            writes.append(Write(Table.CONVERSATIONS, row, entry.seq))
            for member in entry.created.members:
                writes += _joining(entry, member)
        case entry_pb2.Entry.MEMBERSHIP:
            for member in entry.membership.added:
                writes += _joining(entry, member)
            for user_id in entry.membership.removed_user_ids:
                writes += leaving_writes(entry.conversation_id, user_id, entry.seq)
        case _:
            raise UnreadableError(f"the entry is of kind {entry.kind}, which this writer does not know: start a newer one, then redrive")
    return writes


def _joining(entry: log_pb2.LogEntry, member: conversation_pb2.Member) -> list[Write]:
    return joining_writes(entry.conversation_id, member.user_id, member.permissions, member.joined_seq, member.joined_ordinal, entry.seq)


def _watermark(value: bytes) -> list[Write]:
    record = log_pb2.WatermarkRecord.FromString(value)
    mark = record.watermark
    if not is_uuid(mark.conversation_id) or not is_uuid(mark.user_id):
        raise UnreadableError("the watermark has no conversation_id or no user_id")
    shown = record.shown if record.HasField("shown") else mark
    row = {
        "conversation_id": mark.conversation_id,
        "user_id": mark.user_id,
        "delivered_seq": mark.delivered_seq,
        "read_seq": mark.read_seq,
        "read_ordinal": record.read_ordinal,
        "shown_delivered_seq": shown.delivered_seq,
        "shown_read_seq": shown.read_seq,
    }
    # Both only ever grow, and a record has both: their sum orders the states of one member. What is shown may grow while they do not: of
    # two values with one timestamp Cassandra keeps the greater.
    return [Write(Table.WATERMARKS, row, mark.delivered_seq + mark.read_seq)]

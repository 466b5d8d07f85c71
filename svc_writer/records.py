"""Records of the log as rows. Whatever can't be read raises Unreadable, with a reason for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from google.protobuf.message import DecodeError

from chatkit.core.ids import MessageId, is_uuid
from chatkit.edges.message_log import LOG_TOPIC
from chatkit.rpc.admission import invite_of
from chatkit.rpc.conversation_settings import settings_of
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_writer.core import (
    FOREVER,
    Release,
    Table,
    Write,
    change_write,
    deletion_write,
    erasing_writes,
    fading_write,
    granting_writes,
    joining_writes,
    leaving_writes,
    message_writes,
)
from svc_writer.personal import personal_writes
from svc_writer.unreadable import UnreadableError

Kind = entry_pb2.Entry
CHANGES = {Kind.EDIT, Kind.DELETION, Kind.REACTION, Kind.VOTE, Kind.PIN, Kind.CLOSING}


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
    members = (*entry.created.members, *entry.membership.added, *entry.membership.changed)
    named = [entry.membership.removed_user_ids, entry.membership.banned_user_ids, entry.membership.unbanned_user_ids]
    if not all(map(is_uuid, chain((one.user_id for one in members), *named))):
        raise UnreadableError("the entry moves somebody who has no user_id")
    if entry.kind in CHANGES:
        return _change(entry, value)
    if entry.kind not in MAKERS:
        raise UnreadableError(f"the entry is of kind {entry.kind}, which this writer does not know: start a newer one, then redrive")
    return _logged(entry, value) + MAKERS[entry.kind](entry)


def _logged(entry: log_pb2.LogEntry, value: bytes) -> list[Write]:
    """Return the rows that every entry makes. Of one that disappears, its place in the log stays, and what is needed to know a repeat; what
    it says is kept apart.
    """
    message_id = MessageId(entry.message_id)
    if not entry.HasField("expires_at"):
        return message_writes(entry.conversation_id, entry.seq, message_id, value)
    place = log_pb2.LogEntry(
        conversation_id=entry.conversation_id,
        seq=entry.seq,
        message_id=entry.message_id,
        sender_id=entry.sender_id,
        kind=entry.kind,
        accepted_at=entry.accepted_at,
        ordinal=entry.ordinal,
        target=entry.target,
        expires_at=entry.expires_at,
    )
    fading = log_pb2.LogEntry(
        body=entry.body,
        reaction=entry.reaction if entry.HasField("reaction") else None,
        vote=entry.vote if entry.HasField("vote") else None,
        pin=entry.pin if entry.HasField("pin") else None,
        key_id=entry.key_id,
        outline=entry.outline if entry.HasField("outline") else None,
    )
    writes = message_writes(entry.conversation_id, entry.seq, message_id, place.SerializeToString())
    until_s = entry.expires_at.seconds
    return [*writes, fading_write(entry.conversation_id, entry.seq, message_id, fading.SerializeToString(), entry.seq, until_s)]


def _change(entry: log_pb2.LogEntry, value: bytes) -> list[Write]:
    """Return the rows of an entry that changes a message. What an edit says lies with the message that it changes, and only there."""
    if not 0 < entry.target < entry.seq:
        raise UnreadableError("the entry changes a message, and does not say which of those before it")
    writes = []
    match entry.kind:
        case Kind.EDIT:
            writes.append(_change_row(entry, f"{entry.seq:019d}", value))
            entry.ClearField("body")
            value = entry.SerializeToString()
        case Kind.REACTION:
            writes.append(_change_row(entry, f"{entry.sender_id}:{entry.reaction.emoji}", value))
        case Kind.VOTE:
            writes.append(_change_row(entry, entry.sender_id, value))
        case Kind.CLOSING:
            writes.append(_change_row(entry, "", value))
        case Kind.PIN:
            row = {"conversation_id": entry.conversation_id, "seq": entry.target}
            pin = Write(Table.PINS, row, entry.seq, deletes=entry.pin.unpinned, expires_s=entry.expires_at.seconds)
            writes += [_change_row(entry, "", value), pin]
        case _:
            writes += _deleted(entry)
            value = entry.SerializeToString()
            writes.append(deletion_write(entry.conversation_id, entry.target, entry.kind, value, entry.seq))
    return _logged(entry, value) + writes


def _deleted(entry: log_pb2.LogEntry) -> list[Write]:
    """Return what becomes of the rows of a message that is deleted, and leave in `erased` nothing but its place."""
    left = entry.erased
    if left.seq != entry.target or not is_uuid(left.message_id):
        raise UnreadableError("the entry deletes a message, and does not say what is left of it")
    writes = _mentions(left, deleted=True)
    if left.outline.files:
        writes.append(Release(entry.conversation_id, MessageId(left.message_id), entry.seq).write(done=False))
    thread = left.outline.thread
    left.ClearField("outline")
    left.ClearField("body")
    if thread:
        left.outline.thread = thread  # it stays one of its answers, also where the live view is made of this again
    message_id, bare = MessageId(left.message_id), left.SerializeToString()
    writes += erasing_writes(entry.conversation_id, entry.target, message_id, bare, Kind.EDIT, entry.seq)
    if left.HasField("expires_at"):
        nothing = (b"", entry.seq, left.expires_at.seconds)
        writes.append(fading_write(entry.conversation_id, entry.target, message_id, *nothing))
    return writes


def _said(entry: log_pb2.LogEntry) -> list[Write]:
    """Return the rows of whom a message mentions, that beside the one that started its thread (it is there, and not what it says), and when
    its files are to be released, if it disappears.
    """
    if not entry.HasField("outline"):
        return []
    writes, thread = _mentions(entry), entry.outline.thread
    if not 0 <= thread < entry.seq or not all(map(is_uuid, entry.outline.mentions)):
        raise UnreadableError("the message is in a thread, or mentions users, and does not say rightly in which, or whom")
    if thread:
        bare = log_pb2.LogEntry(seq=entry.seq, kind=entry.kind, outline=log_pb2.Outline(thread=thread))
        if entry.HasField("expires_at"):
            bare.expires_at.CopyFrom(entry.expires_at)
        item, until = f"{entry.seq:019d}", entry.expires_at.seconds
        writes.append(change_write(entry.conversation_id, thread, entry.kind, item, bare.SerializeToString(), entry.seq, until))
    if entry.outline.files and entry.HasField("expires_at"):
        due_s = entry.expires_at.seconds
        writes.append(Release(entry.conversation_id, MessageId(entry.message_id), entry.seq, due_s).write(done=False))
    return writes


def _created(entry: log_pb2.LogEntry) -> list[Write]:
    row = {"conversation_id": entry.conversation_id, "conversation": entry.created.conversation.SerializeToString()}
    joining = [write for member in entry.created.members for write in _joining(entry, member)]
    return [Write(Table.CONVERSATIONS, row, entry.seq), *joining]


def _membership(entry: log_pb2.LogEntry) -> list[Write]:
    writes: list[Write] = []
    for member in entry.membership.added:
        writes += _joining(entry, member)
    for user_id in entry.membership.removed_user_ids:
        writes += leaving_writes(entry.conversation_id, user_id, entry.seq)
    for member in entry.membership.changed:
        writes += granting_writes(entry.conversation_id, member.user_id, member.permissions, entry.seq)
    return writes + list(_bans(entry)) + list(_use(entry))


def _bans(entry: log_pb2.LogEntry) -> Iterator[Write]:
    ban = {"banned_by": entry.sender_id, "banned_ms": entry.accepted_at.ToMilliseconds()}
    for user_id in entry.membership.banned_user_ids:
        yield Write(Table.BANS, {"conversation_id": entry.conversation_id, "user_id": user_id, **ban}, entry.seq)
    for user_id in entry.membership.unbanned_user_ids:
        yield Write(Table.BANS, {"conversation_id": entry.conversation_id, "user_id": user_id}, entry.seq, deletes=True)


def _use(entry: log_pb2.LogEntry) -> Iterator[Write]:
    if invite_id := entry.membership.invite_id:
        row = {"conversation_id": entry.conversation_id, "invite_id": invite_id, "seq": entry.seq}
        yield Write(Table.INVITE_USES, row, entry.seq)


def _invite(entry: log_pb2.LogEntry) -> list[Write]:
    if not is_uuid(entry.invite.invite_id):
        raise UnreadableError("the entry is about an invite that has no invite_id")
    row = {"conversation_id": entry.conversation_id, "invite_id": entry.invite.invite_id}
    if entry.invite.withdrawn:
        return [Write(Table.INVITES, row, entry.seq, deletes=True)]
    invite = invite_of(entry.invite)
    offer = {"expires_ms": invite.expires_ms, "max_uses": invite.max_uses}
    return [Write(Table.INVITES, {**row, **offer, "created_by": invite.created_by, "created_ms": invite.created_ms}, entry.seq)]


def _settings(entry: log_pb2.LogEntry) -> list[Write]:
    return [
        Write(Table.CONVERSATIONS, {"conversation_id": entry.conversation_id, name: setting}, entry.seq, changes=True)
        for name, setting in settings_of(entry.settings).items()
    ]


def _mentions(message: log_pb2.LogEntry, *, deleted: bool = False) -> list[Write]:
    """Return the rows of whom a message mentions; one that mentions everyone has one that is the conversation's."""
    owners = [message.conversation_id] if message.outline.mention_all else list(message.outline.mentions)
    rows = ({"owner": owner, "conversation_id": message.conversation_id, "seq": message.seq} for owner in owners)
    if deleted:
        return [Write(Table.MENTIONS, row, FOREVER, deletes=True) for row in rows]
    return [Write(Table.MENTIONS, row, message.seq, expires_s=message.expires_at.seconds) for row in rows]


MAKERS = {
    Kind.MESSAGE: _said,
    Kind.CREATED: _created,
    Kind.MEMBERSHIP: _membership,
    Kind.SETTINGS: _settings,
    Kind.INVITE: _invite,
    Kind.PERSONAL: personal_writes,
}
"""What makes the rows of entries that change no message, beside those that every entry makes."""


def _change_row(entry: log_pb2.LogEntry, item: str, value: bytes) -> Write:
    return change_write(entry.conversation_id, entry.target, entry.kind, item, value, entry.seq, entry.expires_at.seconds)


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

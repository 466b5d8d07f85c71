"""Entries of the log as changes of the index. What can't be read changes nothing: the writer sets it aside, and tells an operator."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from google.protobuf.message import DecodeError

from chatkit.core.finding import has_link, kinds
from chatkit.core.ids import ConversationId, UserId
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_search.core.documents import Change, Document, Erasure, Rewording

log = structlog.get_logger()

Kind = entry_pb2.Entry


def change_of(value: bytes) -> Change | None:
    """Return what a record of the log changes; None if that is nothing."""
    try:
        entry = log_pb2.LogEntry.FromString(value)
    except DecodeError as error:
        log.warning("unreadable_record", error=str(error))
        return None
    return _change_or_nothing(entry)


def changes_of(entries: Iterable[log_pb2.LogEntry]) -> list[Change]:
    """Return what entries change, in their order."""
    return [change for entry in entries if (change := _change_or_nothing(entry))]


def _change_or_nothing(entry: log_pb2.LogEntry) -> Change | None:
    try:
        return _change(entry)
    except (DecodeError, ValueError) as error:  # its body is none, or it was accepted at a time that is none
        log.warning("unreadable_entry", conversation_id=entry.conversation_id, seq=entry.seq, error=str(error))
        return None


def _change(entry: log_pb2.LogEntry) -> Change | None:
    conversation_id = ConversationId(entry.conversation_id)
    match entry.kind:
        case Kind.MESSAGE if entry.body:
            body = entry_pb2.Body.FromString(entry.body)
            return Document(
                conversation_id,
                entry.seq,
                UserId(entry.sender_id),
                entry.accepted_at.ToMilliseconds(),
                body.text,
                (*(one.name for one in body.attachments), *body.poll.options),
                kinds(body.text, [one.media_type for one in body.attachments], poll=body.HasField("poll")),
                entry.seq,
                entry.expires_at.seconds,
            )
        case Kind.EDIT if entry.body:
            text = entry_pb2.Body.FromString(entry.body).text
            return Rewording(conversation_id, entry.target, entry.seq, text, has_link(text), entry.expires_at.seconds)
        case Kind.DELETION:
            return Erasure(conversation_id, entry.target)
        case _:
            return None

"""What concerns only one user, as rows of theirs: each with the seq that its entry has in their notes to themselves as its timestamp."""

from __future__ import annotations

from typing import Any

from chatkit.core.conversation_preferences import FLAGS, HAS_HIDDEN
from chatkit.core.ids import MessageId, UserId, is_uuid, notes_conversation_id
from chatkit.rpc.conversation_preferences import preferences_of
from elastic_chat.events.v1 import log_pb2
from svc_writer.core import Due, Table, Write
from svc_writer.unreadable import UnreadableError


def personal_writes(entry: log_pb2.LogEntry) -> list[Write]:
    """Return the rows of what a user has changed that concerns only them.

    Raises UnreadableError unless it is in their notes, and of a change that this writer does not know.
    """
    about = entry.personal
    if not is_uuid(about.conversation_id) or entry.conversation_id != notes_conversation_id(UserId(entry.sender_id)):
        raise UnreadableError("the entry concerns only its user, and is not in their notes, or about no conversation")
    key = {"user_id": entry.sender_id, "conversation_id": about.conversation_id}
    match about.WhichOneof("change"):
        case "preferences":
            chosen = preferences_of(about.preferences)
            return [Write(Table.PREFERENCES, key | {name: _column(name, value)}, entry.seq, changes=True) for name, value in chosen.items()]
        case "hidden":
            return _hidden(entry, key)
        case "star":
            row = key | {"seq": about.star.seq, "starred_seq": entry.seq}
            return [Write(Table.STARS, row, entry.seq, deletes=about.star.removed)]
        case "draft":
            saved = {"draft": about.draft.SerializeToString(), "saved_ms": entry.accepted_at.ToMilliseconds(), "saved_seq": entry.seq}
            return [Write(Table.DRAFTS, key | {"thread": about.draft.thread} | saved, entry.seq, deletes=not about.draft.text)]
        case "scheduled":
            return _scheduled(entry)
        case _:
            raise UnreadableError(
                "the entry concerns only its user in a way that this writer does not know: start a newer one, then redrive"
            )


def _scheduled(entry: log_pb2.LogEntry) -> list[Write]:
    scheduled, user_id = entry.personal.scheduled, entry.sender_id
    if not is_uuid(scheduled.message_id):
        raise UnreadableError("the entry is about a message that is sent later, and does not say which")
    key = {"user_id": user_id, "message_id": scheduled.message_id}
    if scheduled.state != scheduled.WAITING:
        return [Write(Table.SCHEDULED, key, entry.seq, deletes=True)]
    row = {"conversation_id": entry.personal.conversation_id, "scheduled": scheduled.SerializeToString(), "scheduled_seq": entry.seq}
    due = Due(scheduled.deliver_at.ToMilliseconds(), user_id, MessageId(scheduled.message_id), entry.seq)
    return [Write(Table.SCHEDULED, key | row, entry.seq), due.write(done=False)]


def _hidden(entry: log_pb2.LogEntry, key: dict[str, Any]) -> list[Write]:
    hidden = entry.personal.hidden
    row = key | {"seq": hidden.seq, "ordinal": hidden.ordinal, "mentioned": hidden.mentioned}
    return [
        Write(Table.HIDDEN, row, entry.seq),
        Write(Table.PREFERENCES, key | {HAS_HIDDEN: True}, entry.seq, changes=True),
        Write(Table.STARS, key | {"seq": hidden.seq}, entry.seq, deletes=True),
    ]


def _column(name: str, value: int) -> int | bool:
    return bool(value) if name in FLAGS else value

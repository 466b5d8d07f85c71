"""What later entries make of a message. They count by their seq alone: whoever has the same entries has the same state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2

Kind = entry_pb2.Entry


@dataclass(frozen=True, slots=True)
class Fold:
    """What has become of a message, and what it says now: None if that is what it said at first; nothing if it is deleted."""

    state: entry_pb2.MessageState
    body: bytes | None = None


def fold(changes: Iterable[log_pb2.LogEntry], as_of_seq: int) -> Fold:
    """Return what changes of one message make of it, as of a seq up to which all are known; single ones may be newer."""
    known = {one.seq: one for one in changes}
    ordered = [known[seq] for seq in sorted(known)]
    state = entry_pb2.MessageState(as_of_seq=max(as_of_seq, ordered[-1].seq if ordered else 0))
    for change in ordered:
        if change.kind == Kind.DELETION:
            return Fold(entry_pb2.MessageState(as_of_seq=state.as_of_seq, deleted=True, deleted_by=change.sender_id), b"")
    edits = [change for change in ordered if change.kind == Kind.EDIT]
    if not edits:
        return Fold(state)
    state.edit_count = len(edits)
    state.edited_at.CopyFrom(edits[-1].accepted_at)
    return Fold(state, edits[-1].body)

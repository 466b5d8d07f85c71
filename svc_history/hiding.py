"""What is left of a message for a user who has hidden it: its place, and nothing of what it says; and it counts as unread no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chatkit.core.personal import Hidden
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import END, Stored
from svc_history.store import State

Kind = entry_pb2.Entry


def span(entries: Sequence[Stored]) -> tuple[int, int]:
    """Return between which seqs everything is that entries are, or change."""
    parsed = [log_pb2.LogEntry.FromString(one.entry) for one in entries]
    return min((one.target or one.seq for one in parsed), default=END) - 1, max((one.seq for one in parsed), default=0) + 1


def span_of_state(state: State) -> tuple[int, int]:
    """Return between which seqs what is hidden makes a difference to how a conversation looks."""
    newest, _ = span([state.newest]) if state.newest else (state.head_seq, 0)
    return min(newest, _read_seq(state)), END


def masked(entries: Sequence[Stored], hidden: Collection[int]) -> list[Stored]:
    """Return entries without what hidden messages say, and what edits of them do."""
    return [_masked(one, hidden) for one in entries] if hidden else list(entries)


def counted(state: State, hidden: Mapping[int, Hidden]) -> State:
    """Return how a conversation is for a user who has hidden messages."""
    if not hidden or state.member is None:
        return state
    read_ordinal = max(state.member.joined_ordinal, state.mark.read_ordinal if state.mark else 0)
    mentions = sum(one.mentioned for seq, one in hidden.items() if seq > _read_seq(state))
    return replace(
        state,
        hidden_count=sum(one.ordinal > read_ordinal for one in hidden.values()),
        mention_count=max(0, state.mention_count - mentions),
        newest=_masked(state.newest, hidden) if state.newest else None,
    )


def _read_seq(state: State) -> int:
    return max(state.mark.read_seq if state.mark else 0, state.member.joined_seq - 1 if state.member else 0)


def _masked(stored: Stored, hidden: Collection[int]) -> Stored:
    entry = log_pb2.LogEntry.FromString(stored.entry)
    if (entry.kind == Kind.EDIT and entry.target in hidden) or (entry.kind == Kind.MESSAGE and entry.seq in hidden):
        entry.ClearField("body")
        shown = entry_pb2.Entry.FromString(entry.SerializeToString())
        shown.DiscardUnknownFields()
        if entry.kind == Kind.MESSAGE:
            shown.state.hidden = True
        return Stored(stored.seq, shown.SerializeToString())
    return stored

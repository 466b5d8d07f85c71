"""What later entries make of a message. They count by their seq alone: whoever has the same entries has the same state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatkit.core.ids import UserId
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2

Kind = entry_pb2.Entry
MAX_EMOJI = 50
"""Different emoji that count on one message."""
MAX_NAMED = 20
"""Users who are named for each."""


@dataclass(frozen=True, slots=True)
class Fold:
    """What has become of a message, and what it says now: None if that is what it said at first; nothing if it is deleted."""

    state: entry_pb2.MessageState
    body: bytes | None = None


def fold(changes: Iterable[log_pb2.LogEntry], as_of_seq: int, reader: UserId) -> Fold:
    """Return what changes of one message make of it, for a reader, as of a seq up to which all are known; single ones may be newer."""
    known = {one.seq: one for one in changes}
    ordered = [known[seq] for seq in sorted(known)]
    if not ordered:
        return Fold(entry_pb2.MessageState(as_of_seq=as_of_seq))
    state = entry_pb2.MessageState(as_of_seq=max(as_of_seq, ordered[-1].seq))
    for change in ordered:
        if change.kind == Kind.DELETION:
            gone = entry_pb2.MessageState(as_of_seq=state.as_of_seq, deleted=True, deleted_by=change.sender_id)
            return Fold(_with_thread(gone, ordered), b"")
    state.reactions.extend(_reactions([change for change in ordered if change.kind == Kind.REACTION], reader))
    state.pinned = any(not change.pin.unpinned for change in [one for one in ordered if one.kind == Kind.PIN][-1:])
    _with_votes(state, ordered, reader)
    _with_thread(state, ordered)
    edits = [change for change in ordered if change.kind == Kind.EDIT]
    if not edits:
        return Fold(state)
    state.edit_count = len(edits)
    state.edited_at.CopyFrom(edits[-1].accepted_at)
    return Fold(state, edits[-1].body)


def _with_thread(state: entry_pb2.MessageState, ordered: Sequence[log_pb2.LogEntry]) -> entry_pb2.MessageState:
    """Add what answers a message, which others have said: that it is deleted changes nothing of it."""
    replies = [change.seq for change in ordered if change.kind == Kind.MESSAGE]
    state.reply_count, state.last_reply_seq = len(replies), replies[-1] if replies else 0
    return state


def _with_votes(state: entry_pb2.MessageState, ordered: Sequence[log_pb2.LogEntry], reader: UserId) -> None:
    """Add what users vote for. A vote that was accepted counts, whenever the poll was closed: the router takes none after that."""
    state.closed = any(change.kind == Kind.CLOSING for change in ordered)
    newest = {change.sender_id: change for change in ordered if change.kind == Kind.VOTE}
    voters: dict[int, list[str]] = {}
    for change in sorted(newest.values(), key=lambda one: one.seq):
        state.voter_count += bool(change.vote.options)
        for option in change.vote.options:
            voters.setdefault(option, []).append(change.sender_id)
    state.votes.extend(
        entry_pb2.VoteCount(option=option, count=len(some), mine=reader in some, user_ids=some[:MAX_NAMED])
        for option, some in sorted(voters.items())
    )


def own_emoji(changes: Iterable[log_pb2.LogEntry], reader: UserId) -> list[str]:
    """Return all emoji with which a reader has reacted to a message, by changes of it."""
    mine = sorted((one for one in changes if one.kind == Kind.REACTION and one.sender_id == reader), key=lambda one: one.seq)
    newest = {one.reaction.emoji: one for one in mine}
    return [emoji for emoji, one in newest.items() if not one.reaction.removed]


def _reactions(ordered: Sequence[log_pb2.LogEntry], reader: UserId) -> list[entry_pb2.ReactionCount]:
    newest = {(one.sender_id, one.reaction.emoji): one for one in ordered}
    users: dict[str, list[str]] = {}
    for one in sorted(newest.values(), key=lambda one: one.seq):
        if not one.reaction.removed:
            users.setdefault(one.reaction.emoji, []).append(one.sender_id)
    return [
        entry_pb2.ReactionCount(emoji=emoji, count=len(some), mine=reader in some, user_ids=some[:MAX_NAMED])
        for emoji, some in list(users.items())[:MAX_EMOJI]
    ]

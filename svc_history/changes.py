"""What has become of messages: their changes, out of both views, and the entries of a page as readers may see them now.

Whatever changes a message comes after it. So where the tail has a message it has every change of it, and the database is asked only for
those of older ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from chatkit.core.clock import Clock
from chatkit.core.ids import ConversationId
from chatkit.rpc.expiry import has_expired
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.certainty import Certainty
from svc_history.core import Range, Stored, Tail, merged
from svc_history.store import LiveLog, Timeline

Kind = entry_pb2.Entry
ByTarget = Mapping[int, Sequence[log_pb2.LogEntry]]


@dataclass(frozen=True, slots=True)
class Known:
    """The changes of messages, by the message and in no order."""

    by_target: dict[int, list[log_pb2.LogEntry]]

    @classmethod
    def of(cls, now_ms: int, *views: Iterable[bytes]) -> Known:
        """Return what views have, as serialised entries, and has not expired."""
        by_target: dict[int, list[log_pb2.LogEntry]] = {}
        for change in map(log_pb2.LogEntry.FromString, chain(*views)):
            if not has_expired(change, now_ms):
                by_target.setdefault(change.target or change.outline.thread, []).append(change)
        return cls(by_target)

    def to(self, target: int) -> Sequence[log_pb2.LogEntry]:
        """Return the changes of a message."""
        return self.by_target.get(target, ())

    @property
    def deleted(self) -> frozenset[int]:
        """The messages that are deleted."""
        return frozenset(target for target, changes in self.by_target.items() if any(change.kind == Kind.DELETION for change in changes))


class Changes:
    """Reads changes. What the database is asked for is certain to be there: all that the tail does not have."""

    def __init__(self, live: LiveLog, timeline: Timeline, certainty: Certainty, clock: Clock) -> None:
        self._live = live
        self._clock = clock
        self._timeline = timeline
        self._certainty = certainty

    async def of(self, conversation_id: ConversationId, entries: Sequence[Stored], tail: Tail) -> Known:
        """Return the changes of all messages that entries are, or change."""
        if not entries or (entries[0].seq >= tail.start and not tail.has_changes):
            return Known({})
        targets = _targets(entries)
        start, live = await self._live.changes(conversation_id, targets) if tail.has_changes and targets else (0, ())
        # What the tail had when it was read, and has no longer, the database has by now.
        old = [target for target in targets if target < max(start, tail.start)]
        return Known.of(self._clock.now_ms(), await self._kept(conversation_id, old, tail), live)

    async def mended(self, conversation_id: ConversationId, entries: Sequence[Stored], tail: Tail, since: int) -> list[Stored]:
        """Return entries as they were accepted, but for what is deleted, or other words of what was before the reader: `tail.deleted` and
        `tail.edited` say what the tail knows of that, so that its entries need not be looked into.
        """
        old = _worded([one for one in entries if one.seq < tail.start]) | {seq for seq in tail.edited if seq < tail.start}
        known = Known.of(self._clock.now_ms(), await self._kept(conversation_id, sorted(old), tail))
        unseen = {seq for seq in tail.edited if seq < since}
        return mended(entries, known, tail.deleted | unseen, since)

    async def _kept(self, conversation_id: ConversationId, targets: Sequence[int], tail: Tail) -> Sequence[bytes]:
        """Return the changes of messages that the database has, once it has all that came before the tail begins."""
        if not targets:
            return ()
        await self._until_kept(tail)
        return await self._timeline.changes(conversation_id, targets)

    async def _until_kept(self, tail: Tail) -> None:
        if tail.written < tail.start - 1:
            await self._certainty.now()

    async def replies(self, conversation_id: ConversationId, root: int, page: Range, tail: Tail) -> tuple[list[int], bool]:
        """Return the messages of a thread that are on a page, by rising seq, and whether there are more in its direction."""
        start, live = await self._live.replies(conversation_id, root) if tail.has_changes else (0, ())
        await self._until_kept(tail)
        kept = await self._timeline.replies(conversation_id, root, page) if root < max(start, tail.start) else ()
        now_ms = self._clock.now_ms()
        seqs = {*kept, *(one.seq for one in map(log_pb2.LogEntry.FromString, live) if not has_expired(one, now_ms))}
        found, has_more = merged(page, [Stored(seq, b"") for seq in seqs])
        return [one.seq for one in found], has_more

    async def pins(self, conversation_id: ConversationId, tail: Tail) -> list[int]:
        """Return the messages that are pinned, by rising seq, of very many only the newest."""
        live: Sequence[bytes] = ()
        if tail.has_changes:
            _, live = await self._live.pins(conversation_id)
        await self._until_kept(tail)
        pinned = set(await self._timeline.pins(conversation_id))
        for change in sorted(map(log_pb2.LogEntry.FromString, live), key=lambda one: one.seq):
            (pinned.discard if change.pin.unpinned else pinned.add)(change.target)
        return sorted(pinned)

    async def completed(self, conversation_id: ConversationId, entries: Sequence[Stored]) -> list[Stored]:
        """Return entries that the database has as `mended` does, whatever the tail has."""
        targets = sorted(_worded(entries))
        changes = await self._timeline.changes(conversation_id, targets) if targets else ()
        return mended(entries, Known.of(self._clock.now_ms(), changes))


def mended(entries: Sequence[Stored], known: Known, deleted: Collection[int] = (), since: int = 1) -> list[Stored]:
    """Return entries without the words of messages that are deleted, and with those of edits, which the database keeps elsewhere.

    Edits of messages from before `since`, which the reader can't see, have none either: they say once more what was said before.
    """
    gone = known.deleted.union(deleted)
    if not gone and not known.by_target:
        return list(entries)
    return [_mended(one, known, gone, since) for one in entries]


def _mended(stored: Stored, known: Known, gone: Collection[int], since: int) -> Stored:
    entry = log_pb2.LogEntry.FromString(stored.entry)
    is_hidden = entry.kind == Kind.EDIT and (entry.target in gone or entry.target < since)
    if is_hidden or (entry.kind == Kind.MESSAGE and entry.seq in gone):
        entry.ClearField("body")
    elif entry.kind == Kind.EDIT and not entry.body:
        entry.body = next((change.body for change in known.to(entry.target) if change.seq == entry.seq), b"")
    else:
        return stored
    return Stored(stored.seq, entry.SerializeToString())


def _targets(entries: Iterable[Stored]) -> list[int]:
    """Return the seqs of the messages that entries are, or change, each once."""
    parsed = (log_pb2.LogEntry.FromString(one.entry) for one in entries)
    return sorted({entry.target or entry.seq for entry in parsed if entry.target or entry.kind == Kind.MESSAGE})


def _worded(entries: Iterable[Stored]) -> set[int]:
    """Return the seqs of the messages whose words entries have, the first or others."""
    parsed = (log_pb2.LogEntry.FromString(one.entry) for one in entries)
    return {entry.target or entry.seq for entry in parsed if entry.kind in {Kind.MESSAGE, Kind.EDIT}}

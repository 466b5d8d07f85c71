"""The rules of reading: who sees what, how two views of one log are merged, what counts as unread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chatkit.core.conversation import bucket_of
from chatkit.core.errors import ChatError, Reason

DEFAULT_PAGE, MAX_PAGE = 50, 200
MAX_CURSORS = 500
SYNC_ENTRIES = 200
"""Entries of one conversation in one answer of Sync."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it is stored: its seq, and a serialised events.v1.LogEntry."""

    seq: int
    entry: bytes


@dataclass(frozen=True, slots=True)
class Membership:
    """What a member may do, and the first entry that they see."""

    permissions: int
    joined_seq: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a member has got, and the ordinal at read_seq."""

    delivered_seq: int
    read_seq: int
    read_ordinal: int


@dataclass(frozen=True, slots=True)
class Range:
    """A page that was asked for: entries above `after` and below `before`, the nearest to `before` if `backwards`, else to `after`."""

    after: int
    before: int
    count: int
    backwards: bool

    def holds(self, seq: int) -> bool:
        """Tell whether an entry is in the range."""
        return self.after < seq < self.before


END = 2**62
"""Above every seq."""


def page_range(before_seq: int, after_seq: int, page_size: int, joined_seq: int) -> Range:
    """Return the range that a member asks for, without what was before they joined. Refuses what makes no sense."""
    if before_seq < 0 or after_seq < 0 or (before_seq and after_seq):
        raise ChatError(Reason.INVALID_ARGUMENT, "give before_seq or after_seq, the seq of an entry, and not both")
    if not 0 <= page_size <= MAX_PAGE:
        raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is 1 to {MAX_PAGE}, or 0 for {DEFAULT_PAGE}")
    first = max(after_seq, joined_seq - 1)
    return Range(first, before_seq or END, page_size or DEFAULT_PAGE, backwards=not after_seq)


def is_whole(page: Range, tail: Sequence[Stored], tail_start: int) -> bool:
    """Tell whether the tail alone answers: it has every entry from `tail_start` on, the seq of its oldest, 1 if it is the whole log."""
    if tail_start <= max(page.after + 1, 1):
        return True
    return page.backwards and sum(page.holds(one.seq) for one in tail) > page.count


def merged(page: Range, *views: Iterable[Stored]) -> tuple[list[Stored], bool]:
    """Return the entries of a page by rising seq, each once, and whether there are more in its direction."""
    found = {one.seq: one for view in views for one in view if page.holds(one.seq)}
    ordered = sorted(found.values(), key=lambda one: one.seq)
    has_more = len(ordered) > page.count
    return (ordered[-page.count :] if page.backwards else ordered[: page.count]), has_more


def buckets_to_read(page: Range, used: Sequence[int]) -> Iterator[int]:
    """Yield the used buckets (newest first) in the order in which a page needs them."""
    within = [bucket for bucket in used if bucket_of(page.after + 1) <= bucket <= bucket_of(page.before - 1)]
    yield from within if page.backwards else reversed(within)


def unread(head_ordinal: int, mark: Mark | None, joined_ordinal: int) -> int:
    """Return how many messages a member has not read; who never read anything has not read what came after they joined."""
    return max(0, head_ordinal - max(joined_ordinal, mark.read_ordinal if mark else 0))

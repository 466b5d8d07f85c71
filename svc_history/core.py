"""The rules of reading: who sees what, how two views of one log are merged, what counts as unread."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

from chatkit.core.conversation import bucket_of
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId

DEFAULT_PAGE, MAX_PAGE = 50, 200
MAX_CURSORS = 500
RECENT = 256
"""Entries with which a conversation is put back into the live view."""
SYNC_ENTRIES = 200
"""Entries of one conversation in one answer of Sync."""
SYNC_BYTES = 512 * 1024
"""Entries of all conversations in one answer of Sync, about; what comes after that is for another call."""
LOOK_BYTES = 64 * 1024
"""Entries of one conversation that are read from the live view at once, about."""
CALL_BYTES = 2 * 1024 * 1024
"""Entries of all users in one answer of SyncUsers, about; who comes after that is for another call."""
LAST_BYTES = 1024 * 1024
"""Newest entries of conversations in one answer, about; those of the conversations that nobody has written to for longest are left out."""
MAX_SYNCS = 100
"""Users in one call of SyncUsers."""
MAX_MENTIONED = 100
"""Unread messages that mention a user are counted up to here."""
MAX_PINS = 100
"""Pinned messages that are listed: the newest."""
NEIGHBOURS = 64
"""Messages further apart than this have their changes read one by one: nobody needs those of what is between."""
MAX_MEMBERS = 1000
"""Members in one answer of ListMembers."""
MAX_LISTED = 100
"""Conversations on a page of the directory, or messages on one of those that are starred."""
MAX_USERS = 500
"""Users in one question for memberships."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it is stored: its seq, and a serialised events.v1.LogEntry."""

    seq: int
    entry: bytes


@dataclass(frozen=True, slots=True)
class Membership:
    """What a member may do, the first entry that they see, and how many messages there were before."""

    permissions: int
    joined_seq: int
    joined_ordinal: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a member has got, and the ordinal at read_seq; and how far others see them, delivered and read, if that is less."""

    delivered_seq: int
    read_seq: int
    read_ordinal: int
    shown: tuple[int, int] | None = None

    @property
    def others_see(self) -> tuple[int, int]:
        """How far others see them: delivered and read."""
        return self.shown or (self.delivered_seq, self.read_seq)


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


@dataclass(frozen=True, slots=True)
class Tail:
    """What the live view has of a page, by rising seq: everything from `start` up to `head`. The database has all up to `written`.

    `has_changes` says whether any entry of the tail changes a message, if that was asked; `deleted` which messages are deleted, and
    `edited` of which there are edits on the page, if that was.
    """

    entries: Sequence[Stored]
    start: int
    head: int
    written: int
    has_changes: bool = False
    deleted: frozenset[int] = frozenset()
    edited: frozenset[int] = frozenset()


def tail_of(entries: Sequence[Stored], start: int, head: int, written: int, *, has_changes: bool) -> Tail:
    """Return a tail that was read after its head: what was shown in between is a part of it."""
    return Tail(entries, start, max(head, entries[-1].seq if entries else 0), written, has_changes)


def shown(page: Range, head: int) -> Range:
    """Return the part of a page that readers are shown: nothing is, before everything below it is."""
    return replace(page, before=min(page.before, head + 1))


def below_tail(page: Range, tail: Tail) -> Range | None:
    """Return the part of a page that only the database has; None if the tail alone answers."""
    if tail.start <= page.after + 1:
        return None
    if page.backwards and sum(page.holds(one.seq) and one.seq >= tail.start for one in tail.entries) > page.count:
        return None
    part = replace(page, before=min(page.before, tail.start))
    return part if part.after + 1 < part.before else None


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


def spans(targets: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield the bucket, the first and the last of those that are to be read together, of seqs by rising seq."""
    run: list[int] = []
    for seq in targets:
        if run and (bucket_of(seq) != bucket_of(run[0]) or seq - run[-1] > NEIGHBOURS):
            yield bucket_of(run[0]), run[0], run[-1]
            run = []
        run.append(seq)
    if run:
        yield bucket_of(run[0]), run[0], run[-1]


def members_page(members: Collection[UserId], page_size: int, after: str) -> tuple[list[UserId], str]:
    """Return the members on a page, by rising id, and after whom the next page begins, if there is one."""
    if not 0 <= page_size <= MAX_MEMBERS:
        raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is 1 to {MAX_MEMBERS}, or 0 for {MAX_MEMBERS}")
    found = nsmallest((page_size or MAX_MEMBERS) + 1, (user_id for user_id in members if user_id > after))
    page = found[: page_size or MAX_MEMBERS]
    return page, page[-1] if len(found) > len(page) else ""


def directory_range(title_prefix: str, page_size: int, token: str) -> tuple[str, tuple[str, str], int]:
    """Return how titles begin, after which title and id the page begins, and how many conversations are on it."""
    if not 0 <= page_size <= MAX_LISTED:
        raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is 1 to {MAX_LISTED}, or 0 for {DEFAULT_PAGE}")
    conversation_id, _, title_key = token.partition("/")
    return title_prefix.casefold(), (title_key, conversation_id), page_size or DEFAULT_PAGE


def stars_range(page_size: int, token: str) -> tuple[int, int]:
    """Return before which star a page begins, or 0, and how many are on it."""
    if not 0 <= page_size <= MAX_LISTED:
        raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is 1 to {MAX_LISTED}, or 0 for {DEFAULT_PAGE}")
    if token and not token.isdecimal():
        raise ChatError(Reason.INVALID_ARGUMENT, "page_token is next_page_token of the page before")
    return int(token or 0), page_size or DEFAULT_PAGE


def shown_marks(caller: UserId, marks: Mapping[UserId, Mark], *, receipts: bool) -> dict[UserId, tuple[int, int]]:
    """Return how far a caller sees everyone: themselves as they are, and others, if the caller gives receipts, as far as those do."""
    seen = {
        user_id: (mark.delivered_seq, mark.read_seq) if user_id == caller else mark.others_see
        for user_id, mark in sorted(marks.items())
        if receipts or user_id == caller
    }
    return {user_id: told for user_id, told in seen.items() if any(told)}


def reached(
    seq: int, caller: UserId, members: Mapping[UserId, Membership], marks: Mapping[UserId, tuple[int, int]]
) -> tuple[list[UserId], list[UserId]]:
    """Return who else has read an entry, and who has it on a device and has not read it, by how far the caller sees them."""
    there = {user_id: mark for user_id, mark in marks.items() if user_id != caller and members[user_id].joined_seq <= seq}
    read = [user_id for user_id, (_, read_seq) in there.items() if read_seq >= seq]
    return read, [user_id for user_id, (delivered_seq, read_seq) in there.items() if read_seq < seq <= delivered_seq]


def unread(head_ordinal: int, mark: Mark | None, member: Membership) -> int:
    """Return how many messages a member has not read; who never read anything has not read what came after they joined."""
    return max(0, head_ordinal - max(member.joined_ordinal, mark.read_ordinal if mark else 0))

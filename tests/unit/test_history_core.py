"""How two views of one log are read as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.conversation import BUCKET_SIZE
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from svc_history.core import (
    END,
    Mark,
    Membership,
    Range,
    Stored,
    below_tail,
    buckets_to_read,
    members_page,
    merged,
    page_range,
    reached,
    shown,
    shown_marks,
    tail_of,
    unread,
)


def log(*seqs: int) -> list[Stored]:
    return [Stored(seq, b"%d" % seq) for seq in seqs]


@st.composite
def views(draw: st.DrawFn) -> tuple[list[int], int, int, int]:
    """A log with gaps; how many of its entries are shown, how many of those the database has, and how many have left the tail."""
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 2, 5000]), min_size=1, max_size=60))
    seqs = [sum(steps[: n + 1]) for n in range(len(steps))]
    head = draw(st.integers(1, len(seqs)))
    written = draw(st.integers(0, len(seqs)))
    return seqs, head, written, draw(st.integers(0, min(written, head)))


@given(views(), st.integers(0, 70), st.integers(1, 20), st.booleans(), st.integers(1, 30), st.booleans())
def test_a_page_is_the_page_of_the_whole_log_wherever_the_views_meet(
    made: tuple[list[int], int, int, int], place: int, count: int, backwards: bool, joined: int, expired: bool
) -> None:
    seqs, shown_count, written, trimmed = made
    if expired:
        written = max(written, shown_count)
    cursor = seqs[place] if place < len(seqs) else 0
    page = page_range(cursor if backwards else 0, 0 if backwards else cursor, count, joined)
    head = seqs[shown_count - 1]
    start = (head if expired else seqs[trimmed - 1] if trimmed else 0) + 1

    def answer(entries: list[int], page: Range) -> list[Stored]:
        """As both views answer: the page and one more."""
        rows = [seq for seq in entries if page.holds(seq)]
        return log(*(rows[-page.count - 1 :] if page.backwards else rows[: page.count + 1]))

    # what is shown while the tail is read may be in its answer already
    found = answer([] if expired else [seq for seq in seqs if seq >= start], page)
    tail = tail_of(found, start, head, seqs[written - 1] if written else 0, has_changes=False)
    page = shown(page, tail.head)
    below = below_tail(page, tail)
    assert below is None or tail.written >= below.before - 1 or below.before > tail.head
    entries, has_more = merged(page, answer(seqs[:written], below) if below else [], tail.entries)
    within = [seq for seq in seqs if page.holds(seq)]
    assert [one.seq for one in entries] == (within[-count:] if page.backwards else within[:count])
    assert has_more == (len(within) > count)


def test_a_page_begins_where_the_member_joined() -> None:
    assert page_range(0, 0, 10, 7) == Range(6, END, 10, backwards=True)
    assert page_range(20, 0, 10, 7) == Range(6, 20, 10, backwards=True)
    assert page_range(0, 3, 10, 7) == Range(6, END, 10, backwards=False)
    assert page_range(0, 9, 0, 7) == Range(9, END, 50, backwards=False)


@pytest.mark.parametrize(("before", "after", "size"), [(-1, 0, 1), (0, -1, 1), (5, 5, 1), (0, 0, 201), (0, 0, -1)])
def test_a_page_that_makes_no_sense_is_refused(before: int, after: int, size: int) -> None:
    with pytest.raises(ChatError) as failure:
        page_range(before, after, size, 1)
    assert failure.value.reason is Reason.INVALID_ARGUMENT


def test_only_buckets_that_a_page_can_lie_in_are_read_nearest_first() -> None:
    used = [9, 5, 1, 0]
    assert list(buckets_to_read(Range(0, END, 10, backwards=True), used)) == [9, 5, 1, 0]
    assert list(buckets_to_read(Range(BUCKET_SIZE + 5, END, 10, backwards=False), used)) == [1, 5, 9]
    assert list(buckets_to_read(Range(0, 5 * BUCKET_SIZE, 10, backwards=True), used)) == [1, 0]
    assert list(buckets_to_read(Range(2 * BUCKET_SIZE, 2 * BUCKET_SIZE + 9, 10, backwards=True), used)) == []


def test_an_entry_has_reached_who_was_there_and_is_as_far_but_for_who_asks() -> None:
    members = {
        UserId(name): Membership(3, joined)
        for name, joined in (("me", 1), ("read", 1), ("got", 1), ("behind", 1), ("silent", 1), ("late", 9))
    }
    marks = {UserId("me"): (9, 9), UserId("read"): (9, 5), UserId("got"): (5, 4), UserId("behind"): (4, 4), UserId("late"): (9, 9)}
    assert reached(5, UserId("me"), members, marks) == (["read"], ["got"])


def test_a_caller_sees_themselves_as_they_are_and_others_as_far_as_those_tell_if_the_caller_tells() -> None:
    me, open_, shy, mute = map(UserId, ("me", "open", "shy", "mute"))
    marks = {me: Mark(9, 9, 9, (1, 1)), open_: Mark(8, 7, 7), shy: Mark(8, 8, 8, (3, 2)), mute: Mark(8, 8, 8, (0, 0))}
    assert shown_marks(me, marks, receipts=True) == {me: (9, 9), open_: (8, 7), shy: (3, 2)}
    assert shown_marks(me, marks, receipts=False) == {me: (9, 9)}
    assert shown_marks(UserId("new"), marks, receipts=False) == {}


def test_unread_is_what_came_after_reading_or_joining() -> None:
    first, later = Membership(3, 1), Membership(3, 7, 4)
    assert unread(10, None, first) == 10
    assert unread(10, None, later) == 6
    assert unread(10, Mark(9, 9, 8), later) == 2
    assert unread(10, Mark(3, 0, 0), later) == 6
    assert unread(3, Mark(9, 9, 8), first) == 0


@given(st.sets(st.integers(0, 99), max_size=30), st.integers(1, 10))
def test_pages_of_members_have_everyone_once_by_rising_id(numbers: set[int], size: int) -> None:
    members = {UserId(f"{number:02}") for number in numbers}
    found: list[str] = []
    after, pages = "", 0
    while pages == 0 or after:
        page, after = members_page(members, size, after)
        assert len(page) == size or not after
        found += page
        pages += 1
    assert found == sorted(members)
    assert pages == max(1, -(-len(members) // size))


@pytest.mark.parametrize("size", [-1, 1001])
def test_a_page_of_members_has_a_size(size: int) -> None:
    with pytest.raises(ChatError, match="page_size"):
        members_page((), size, "")

"""What changes make of a message: the same in whatever order, and however often, they are read."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.fold import fold

Entry = entry_pb2.Entry


def edit(seq: int) -> log_pb2.LogEntry:
    entry = log_pb2.LogEntry(seq=seq, target=1, sender_id="anna", kind=Entry.EDIT, body=b"%d" % seq)
    entry.accepted_at.seconds = seq
    return entry


def deletion(seq: int, by: str = "anna") -> log_pb2.LogEntry:
    return log_pb2.LogEntry(seq=seq, target=1, sender_id=by, kind=Entry.DELETION)


def test_a_message_that_nobody_has_changed_says_what_it_said() -> None:
    now = fold([], 7)
    assert now.body is None
    assert now.state == entry_pb2.MessageState(as_of_seq=7)


def test_of_edits_the_newest_counts() -> None:
    now = fold([edit(5), edit(9), edit(3)], 12)
    assert now.body == b"9"
    assert (now.state.edit_count, now.state.edited_at.seconds, now.state.as_of_seq) == (3, 9, 12)


def test_after_a_deletion_nothing_counts_ever() -> None:
    now = fold([edit(3), deletion(5, by="mona"), edit(8), deletion(9)], 12)
    assert now.body == b""
    assert now.state == entry_pb2.MessageState(as_of_seq=12, deleted=True, deleted_by="mona")


def test_what_is_newer_than_the_head_that_was_read_is_in_the_state_and_the_state_says_so() -> None:
    assert fold([edit(5), edit(9)], 7).state.as_of_seq == 9


seqs = st.integers(2, 30)
changes = st.lists(seqs.map(edit) | seqs.map(deletion), unique_by=lambda one: one.seq)


@given(changes, st.data())
def test_the_state_is_the_same_in_whatever_order_and_however_often_changes_are_read(
    some: list[log_pb2.LogEntry], data: st.DataObject
) -> None:
    assert fold(data.draw(st.permutations(some * 2)), 0) == fold(some, 0)


@given(changes)
def test_a_deletion_stays_and_before_one_the_number_of_edits_never_falls(some: list[log_pb2.LogEntry]) -> None:
    entries = sorted(some, key=lambda one: one.seq)
    states = [fold(entries[:n], 0).state for n in range(len(entries) + 1)]
    for before, after in pairwise(states):
        assert after.as_of_seq >= before.as_of_seq
        assert after.deleted >= before.deleted
        assert after.deleted or after.edit_count >= before.edit_count

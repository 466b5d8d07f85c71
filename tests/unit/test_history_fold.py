"""What changes make of a message: the same in whatever order, and however often, they are read."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.ids import UserId
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.fold import MAX_EMOJI, MAX_NAMED, fold, own_emoji

Entry = entry_pb2.Entry
ANNA, BOB = UserId("anna"), UserId("bob")


def edit(seq: int) -> log_pb2.LogEntry:
    entry = log_pb2.LogEntry(seq=seq, target=1, sender_id="anna", kind=Entry.EDIT, body=b"%d" % seq)
    entry.accepted_at.seconds = seq
    return entry


def deletion(seq: int, by: str = "anna") -> log_pb2.LogEntry:
    return log_pb2.LogEntry(seq=seq, target=1, sender_id=by, kind=Entry.DELETION)


def reaction(seq: int, emoji: str = "👍", by: str = ANNA, *, removed: bool = False) -> log_pb2.LogEntry:
    entry = log_pb2.LogEntry(seq=seq, target=1, sender_id=by, kind=Entry.REACTION)
    entry.reaction.emoji, entry.reaction.removed = emoji, removed
    return entry


def pin(seq: int, *, unpinned: bool = False) -> log_pb2.LogEntry:
    return log_pb2.LogEntry(seq=seq, target=1, sender_id=ANNA, kind=Entry.PIN, pin=entry_pb2.Pin(unpinned=unpinned))


def vote(seq: int, *options: int, by: str = ANNA) -> log_pb2.LogEntry:
    return log_pb2.LogEntry(seq=seq, target=1, sender_id=by, kind=Entry.VOTE, vote=entry_pb2.Vote(options=options))


def closing(seq: int) -> log_pb2.LogEntry:
    return log_pb2.LogEntry(seq=seq, target=1, sender_id=ANNA, kind=Entry.CLOSING)


def test_a_message_that_nobody_has_changed_says_what_it_said() -> None:
    now = fold([], 7, ANNA)
    assert now.body is None
    assert now.state == entry_pb2.MessageState(as_of_seq=7)


def test_of_edits_the_newest_counts() -> None:
    now = fold([edit(5), edit(9), edit(3)], 12, ANNA)
    assert now.body == b"9"
    assert (now.state.edit_count, now.state.edited_at.seconds, now.state.as_of_seq) == (3, 9, 12)


def test_all_emoji_of_a_reader_are_known_also_those_that_are_not_listed() -> None:
    others = [reaction(number, f":e{number}:", by=BOB) for number in range(2, MAX_EMOJI + 2)]
    mine = [
        reaction(110, ":b:"),
        reaction(109, ":a:"),
        reaction(111, ":a:", removed=True),
        reaction(112, ":c:"),
        reaction(108, ":c:", removed=True),
    ]
    assert not any(one.mine for one in fold([*others, *mine], 200, ANNA).state.reactions)
    assert sorted(own_emoji([*others, *mine, pin(113), edit(114)], ANNA)) == [":b:", ":c:"]
    assert own_emoji([], ANNA) == []


def test_after_a_deletion_nothing_counts_ever() -> None:
    later = [edit(8), reaction(9), pin(10), deletion(11), vote(12, 1), closing(13)]
    now = fold([edit(3), reaction(4), pin(5), deletion(6, by="mona"), *later], 13, ANNA)
    assert now.body == b""
    assert now.state == entry_pb2.MessageState(as_of_seq=13, deleted=True, deleted_by="mona")


def test_reactions_are_counted_by_emoji_and_each_user_once() -> None:
    some = [reaction(3), reaction(4), reaction(5, "❤️", BOB), reaction(6, by=BOB), reaction(7, "🎉"), reaction(8, "🎉", removed=True)]
    counted = {one.emoji: (one.count, one.mine, list(one.user_ids)) for one in fold(some, 9, ANNA).state.reactions}
    assert counted == {"👍": (2, True, [ANNA, BOB]), "❤️": (1, False, [BOB])}
    assert list(counted) == ["👍", "❤️"]


def test_of_very_many_reactions_the_first_count_and_few_users_are_named() -> None:
    crowd = [reaction(seq, by=f"user {seq}") for seq in range(2, 500)]
    (thumbs,) = fold(crowd, 0, ANNA).state.reactions
    assert (thumbs.count, len(thumbs.user_ids), thumbs.user_ids[0]) == (498, MAX_NAMED, "user 2")
    zoo = [reaction(seq, f":{seq}:") for seq in range(2, 100)]
    assert [one.emoji for one in fold(zoo, 0, ANNA).state.reactions] == [f":{seq}:" for seq in range(2, 2 + MAX_EMOJI)]


def test_of_pins_the_newest_counts() -> None:
    assert not fold([], 0, ANNA).state.pinned
    assert fold([pin(3)], 0, ANNA).state.pinned
    assert not fold([pin(3), pin(5, unpinned=True)], 0, ANNA).state.pinned
    assert fold([pin(3), pin(5, unpinned=True), pin(7)], 0, ANNA).state.pinned


def test_of_a_users_votes_the_newest_counts_and_it_may_be_for_nothing() -> None:
    some = [vote(3, 0), vote(4, 0, 2, by=BOB), vote(5, 1), vote(6, 1, by="carl"), vote(7, by="carl"), vote(8, 2, by="dora")]
    state = fold(some, 9, ANNA).state
    assert [(one.option, one.count, one.mine) for one in state.votes] == [(0, 1, False), (1, 1, True), (2, 2, False)]
    assert [list(one.user_ids) for one in state.votes] == [[BOB], [ANNA], [BOB, "dora"]]
    assert (state.voter_count, state.closed) == (3, False)
    assert [one.mine for one in fold(some, 9, BOB).state.votes] == [True, False, True]


def test_of_very_many_voters_few_are_named() -> None:
    (votes,) = fold([vote(seq, 1, by=f"user {seq}") for seq in range(2, 500)], 0, ANNA).state.votes
    assert (votes.count, len(votes.user_ids), votes.user_ids[0]) == (498, MAX_NAMED, "user 2")


def test_a_vote_that_was_accepted_counts_whenever_its_poll_was_closed() -> None:
    state = fold([vote(3, 0), closing(4), vote(5, 1, by=BOB), closing(6)], 9, ANNA).state
    assert (state.voter_count, state.closed) == (2, True)


def test_who_answers_in_a_thread_is_counted_even_if_its_first_message_is_deleted() -> None:
    replies = [log_pb2.LogEntry(seq=seq, kind=Entry.MESSAGE) for seq in (4, 9, 6)]
    state = fold([*replies, edit(5)], 9, ANNA).state
    assert (state.reply_count, state.last_reply_seq, state.edit_count) == (3, 9, 1)
    state = fold([*replies, deletion(7)], 9, ANNA).state
    assert (state.reply_count, state.last_reply_seq, state.deleted) == (3, 9, True)


def test_what_is_newer_than_the_head_that_was_read_is_in_the_state_and_the_state_says_so() -> None:
    assert fold([edit(5), edit(9)], 7, ANNA).state.as_of_seq == 9


seqs = st.integers(2, 30)
reactions = st.builds(reaction, seqs, st.sampled_from(["👍", "❤️"]), st.sampled_from([ANNA, BOB]), removed=st.booleans())
pins = st.builds(pin, seqs, unpinned=st.booleans())
votes = st.builds(lambda seq, options, by: vote(seq, *options, by=by), seqs, st.sets(st.integers(0, 3)), st.sampled_from([ANNA, BOB]))
changes = st.lists(seqs.map(edit) | seqs.map(deletion) | reactions | pins | votes | seqs.map(closing), unique_by=lambda one: one.seq)


@given(changes, st.data())
def test_the_state_is_the_same_in_whatever_order_and_however_often_changes_are_read(
    some: list[log_pb2.LogEntry], data: st.DataObject
) -> None:
    assert fold(data.draw(st.permutations(some * 2)), 0, ANNA) == fold(some, 0, ANNA)


@given(changes)
def test_of_all_that_a_user_does_with_one_emoji_the_newest_is_as_good_as_everything(some: list[log_pb2.LogEntry]) -> None:
    """So the database may forget the others, as it does with pins, and with what a user votes for."""
    newest = {(one.kind, one.sender_id, one.reaction.emoji): one for one in sorted(some, key=lambda one: one.seq)}
    others = [one for one in some if one.kind in {Entry.EDIT, Entry.DELETION}]
    kept = [one for one in newest.values() if one not in others] + others
    assert fold(kept, 50, ANNA) == fold(some, 50, ANNA)


@given(changes)
def test_a_deletion_stays_and_before_one_the_number_of_edits_never_falls(some: list[log_pb2.LogEntry]) -> None:
    entries = sorted(some, key=lambda one: one.seq)
    states = [fold(entries[:n], 0, ANNA).state for n in range(len(entries) + 1)]
    for before, after in pairwise(states):
        assert after.as_of_seq >= before.as_of_seq
        assert after.deleted >= before.deleted
        assert after.deleted or after.edit_count >= before.edit_count

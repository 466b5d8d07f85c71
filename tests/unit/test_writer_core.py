"""Which rows a record makes, and how they are gathered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.ids import MessageId, UserId, new_id, notes_conversation_id
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_router.changes import change_of
from svc_writer.core import MAX_BYTES, MAX_ROWS, Table, Write, grouped, message_writes
from svc_writer.records import CHANGES, writes_of
from svc_writer.unreadable import UnreadableError

BODY = entry_pb2.Body(text="x").SerializeToString()
ANNA, BOB, CAROL = new_id(), new_id(), new_id()


def entry(kind: entry_pb2.Entry.Kind.ValueType, seq: int = 5) -> log_pb2.LogEntry:
    return log_pb2.LogEntry(conversation_id=new_id(), seq=seq, message_id=new_id(), sender_id=ANNA, kind=kind, body=BODY)


def test_a_message_makes_its_row_its_bucket_and_its_id() -> None:
    one = entry(entry_pb2.Entry.MESSAGE, seq=1025)
    messages, buckets, ids = writes_of(LOG_TOPIC, one.SerializeToString())
    assert (messages.table, messages.row["bucket"], messages.row["seq"], messages.timestamp) == (Table.MESSAGES, 1, 1025, 1025)
    assert log_pb2.LogEntry.FromString(messages.row["entry"]) == one
    assert (buckets.table, buckets.row["bucket"]) == (Table.BUCKETS, 1)
    assert (ids.table, ids.row["message_id"], ids.row["seq"]) == (Table.IDS, one.message_id, 1025)


def test_a_birth_makes_the_conversation_and_its_members_from_both_sides() -> None:
    one = entry(entry_pb2.Entry.CREATED, seq=1)
    one.created.conversation.title = "Tea"
    for user_id in (ANNA, BOB):
        one.created.members.add(user_id=user_id, permissions=3, joined_seq=1)
    writes = writes_of(LOG_TOPIC, one.SerializeToString())
    (conversation,) = [write for write in writes if write.table is Table.CONVERSATIONS]
    assert conversation_pb2.Conversation.FromString(conversation.row["conversation"]).title == "Tea"
    for table in (Table.MEMBERS, Table.BY_USER):
        assert {write.row["user_id"] for write in writes if write.table is table} == {ANNA, BOB}


def test_who_goes_is_taken_out_as_of_the_entry() -> None:
    one = entry(entry_pb2.Entry.MEMBERSHIP, seq=9)
    one.membership.removed_user_ids.append(BOB)
    gone = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.deletes]
    assert [(write.table, write.row["user_id"], write.timestamp) for write in gone] == [
        (Table.MEMBERS, BOB, 9),
        (Table.BY_USER, BOB, 9),
    ]


def test_what_an_edit_says_lies_with_its_message_and_only_there() -> None:
    one = entry(entry_pb2.Entry.EDIT, seq=2000)
    one.target = 5
    change, message, *_ = sorted(writes_of(LOG_TOPIC, one.SerializeToString()), key=lambda write: write.table != Table.CHANGES)
    assert (change.row["bucket"], change.row["target"], change.row["item"], change.timestamp) == (0, 5, f"{2000:019d}", 2000)
    assert log_pb2.LogEntry.FromString(change.row["entry"]) == one
    one.ClearField("body")
    assert (message.row["bucket"], log_pb2.LogEntry.FromString(message.row["entry"])) == (1, one)


def test_a_deletion_takes_out_what_its_message_said_and_whatever_edits_will_say() -> None:
    one = entry(entry_pb2.Entry.DELETION, seq=2000)
    one.target = one.erased.seq = 5
    one.erased.message_id = new_id()
    writes = writes_of(LOG_TOPIC, one.SerializeToString())
    (erased,) = [write for write in writes if write.table is Table.MESSAGES and write.row["seq"] == 5]
    assert (erased.row["bucket"], erased.row["message_id"]) == (0, one.erased.message_id)
    assert log_pb2.LogEntry.FromString(erased.row["entry"]) == one.erased
    edits, pin = [write for write in writes if write.deletes]
    assert (pin.table, pin.row) == (Table.PINS, {"conversation_id": one.conversation_id, "seq": 5})
    assert edits.row == {"conversation_id": one.conversation_id, "bucket": 0, "target": 5, "kind": entry_pb2.Entry.EDIT}
    assert min(edits.timestamp, pin.timestamp, erased.timestamp) > 2**60


def test_of_several_deletions_the_first_leaves_what_is_left() -> None:
    first, second = (entry(entry_pb2.Entry.DELETION, seq=seq) for seq in (9, 12))
    for one in (first, second):
        one.target = one.erased.seq = 5
        one.conversation_id, one.erased.message_id = first.conversation_id, first.message_id
    first.erased.outline.thread = 3
    writes = [writes_of(LOG_TOPIC, one.SerializeToString()) for one in (first, second)]
    for ordered in ([*writes[0], *writes[1]], [*writes[1], *writes[0]]):
        rows = [write for group in grouped(ordered) for write in group if not write.deletes]
        (erased,) = [write for write in rows if write.table is Table.MESSAGES and write.row["seq"] == 5]
        (change,) = [write for write in rows if write.table is Table.CHANGES]
        assert log_pb2.LogEntry.FromString(erased.row["entry"]).outline.thread == 3
        assert log_pb2.LogEntry.FromString(change.row["entry"]).seq == 9


def test_a_message_in_a_thread_makes_a_row_beside_its_first_that_does_not_say_what_it_says() -> None:
    one = entry(entry_pb2.Entry.MESSAGE, seq=2000)
    one.outline.thread = 5
    (row,) = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.table is Table.CHANGES]
    assert (row.row["bucket"], row.row["target"], row.row["item"]) == (0, 5, f"{2000:019d}")
    bare = log_pb2.LogEntry.FromString(row.row["entry"])
    assert (bare.seq, bare.kind, bare.outline.thread, bare.body) == (2000, entry_pb2.Entry.MESSAGE, 5, b"")
    one.outline.thread = 2000
    with pytest.raises(UnreadableError):
        writes_of(LOG_TOPIC, one.SerializeToString())


def test_whom_a_message_mentions_has_a_row_that_goes_with_it() -> None:
    one = entry(entry_pb2.Entry.MESSAGE, seq=9)
    one.outline.mentions.extend([ANNA, BOB])
    rows = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.table is Table.MENTIONS]
    assert [(write.row["owner"], write.row["seq"], write.timestamp) for write in rows] == [(ANNA, 9, 9), (BOB, 9, 9)]
    one.outline.Clear()
    one.outline.mention_all = True
    (row,) = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.table is Table.MENTIONS]
    assert row.row["owner"] == one.conversation_id
    gone = entry(entry_pb2.Entry.DELETION, seq=12)
    gone.conversation_id, gone.target = one.conversation_id, 9
    gone.erased.CopyFrom(one)
    writes = writes_of(LOG_TOPIC, gone.SerializeToString())
    (out,) = [write for write in writes if write.table is Table.MENTIONS]
    assert (out.row, out.deletes) == (row.row, True)
    assert out.timestamp > row.timestamp
    (erased,) = [write for write in writes if write.table is Table.MESSAGES and write.row["seq"] == 9]
    assert not log_pb2.LogEntry.FromString(erased.row["entry"]).HasField("outline")


def test_what_is_left_of_an_answer_that_is_deleted_is_still_in_its_thread() -> None:
    gone = entry(entry_pb2.Entry.DELETION, seq=12)
    gone.target = gone.erased.seq = 9
    gone.erased.message_id, gone.erased.kind = new_id(), entry_pb2.Entry.MESSAGE
    gone.erased.outline.CopyFrom(log_pb2.Outline(thread=5, mentions=[ANNA], files=True))
    writes = writes_of(LOG_TOPIC, gone.SerializeToString())
    (erased,) = [write for write in writes if write.table is Table.MESSAGES and write.row["seq"] == 9]
    left = log_pb2.LogEntry.FromString(erased.row["entry"])
    assert (left.outline, change_of(left)) == (log_pb2.Outline(thread=5), (5, entry_pb2.Entry.MESSAGE))


def test_of_a_users_reactions_with_one_emoji_there_is_one_row() -> None:
    one = entry(entry_pb2.Entry.REACTION, seq=9)
    one.target, one.reaction.emoji = 5, "👍"
    (row,) = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.table is Table.CHANGES]
    assert (row.row["item"], row.timestamp) == (f"{ANNA}:👍", 9)
    assert log_pb2.LogEntry.FromString(row.row["entry"]) == one


def test_of_a_users_votes_in_a_poll_there_is_one_row_and_of_its_closing() -> None:
    for kind, item in ((entry_pb2.Entry.VOTE, ANNA), (entry_pb2.Entry.CLOSING, "")):
        one = entry(kind, seq=9)
        one.target = 5
        (row,) = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.table is Table.CHANGES]
        assert (row.row["target"], row.row["kind"], row.row["item"], row.timestamp) == (5, kind, item, 9)
        assert log_pb2.LogEntry.FromString(row.row["entry"]) == one


@pytest.mark.parametrize("unpinned", [False, True])
def test_a_pin_makes_its_row_or_takes_it_out(*, unpinned: bool) -> None:
    one = entry(entry_pb2.Entry.PIN, seq=9)
    one.target, one.pin.unpinned = 5, unpinned
    (row,) = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.table is Table.PINS]
    assert (row.row["seq"], row.timestamp, row.deletes) == (5, 9, unpinned)


@pytest.mark.parametrize("kind", sorted(CHANGES))
@pytest.mark.parametrize("target", [-1, 0, 9, 10])
def test_a_change_of_nothing_that_was_before_it_is_unreadable(kind: entry_pb2.Entry.Kind.ValueType, target: int) -> None:
    one = entry(kind, seq=9)
    one.target = one.erased.seq = target
    one.erased.message_id = new_id()
    with pytest.raises(UnreadableError):
        writes_of(LOG_TOPIC, one.SerializeToString())


@pytest.mark.parametrize("left", [log_pb2.LogEntry(), log_pb2.LogEntry(seq=4, message_id=ANNA), log_pb2.LogEntry(seq=5, message_id="x")])
def test_a_deletion_that_does_not_say_what_is_left_is_unreadable(left: log_pb2.LogEntry) -> None:
    one = entry(entry_pb2.Entry.DELETION, seq=9)
    one.target = 5
    one.erased.CopyFrom(left)
    with pytest.raises(UnreadableError):
        writes_of(LOG_TOPIC, one.SerializeToString())


def test_a_role_changes_one_column_on_both_sides() -> None:
    one = entry(entry_pb2.Entry.MEMBERSHIP, seq=9)
    one.membership.changed.add(user_id=BOB, permissions=1)
    changed = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.changes]
    assert [(write.table, write.column, write.row["permissions"], write.timestamp) for write in changed] == [
        (Table.MEMBERS, "permissions", 1, 9),
        (Table.BY_USER, "permissions", 1, 9),
    ]


def test_a_setting_changes_one_column_also_to_nothing() -> None:
    one = entry(entry_pb2.Entry.SETTINGS, seq=9)
    one.settings.topic, one.settings.slow_mode_s = "", 30
    changed = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.changes]
    assert [(write.table, write.column, write.row[write.column], write.timestamp) for write in changed] == [
        (Table.CONVERSATIONS, "topic", "", 9),
        (Table.CONVERSATIONS, "slow_mode_s", 30, 9),
    ]


def test_bans_and_invites_are_rows_that_go_when_they_are_taken_back() -> None:
    one = entry(entry_pb2.Entry.MEMBERSHIP, seq=9)
    one.membership.removed_user_ids.append(BOB)
    one.membership.banned_user_ids.append(BOB)
    (ban,) = [write for write in writes_of(LOG_TOPIC, one.SerializeToString()) if write.table is Table.BANS]
    assert (ban.row["user_id"], ban.row["banned_by"], ban.deletes) == (BOB, ANNA, False)
    lifted = entry(entry_pb2.Entry.MEMBERSHIP)
    lifted.membership.unbanned_user_ids.append(BOB)
    assert writes_of(LOG_TOPIC, lifted.SerializeToString())[-1].deletes
    joined = entry(entry_pb2.Entry.MEMBERSHIP, seq=12)
    joined.membership.added.add(user_id=BOB, permissions=7)
    joined.membership.invite_id = CAROL
    use = writes_of(LOG_TOPIC, joined.SerializeToString())[-1]
    assert (use.table, use.row["invite_id"], use.row["seq"]) == (Table.INVITE_USES, CAROL, 12)
    offered = entry(entry_pb2.Entry.INVITE)
    offered.invite.invite_id, offered.invite.max_uses = CAROL, 3
    assert (writes_of(LOG_TOPIC, offered.SerializeToString())[-1].row["max_uses"], CAROL) == (3, offered.invite.invite_id)
    offered.invite.withdrawn = True
    assert writes_of(LOG_TOPIC, offered.SerializeToString())[-1].deletes


def personal(**about: object) -> log_pb2.LogEntry:
    one = entry(entry_pb2.Entry.PERSONAL, seq=9)
    one.conversation_id = notes_conversation_id(UserId(ANNA))
    one.personal.CopyFrom(entry_pb2.PersonalChange(**{"conversation_id": CAROL, **about}))  # type: ignore[arg-type]
    return one


def test_each_preference_that_was_set_is_a_column_of_the_user_that_changes_by_itself() -> None:
    chosen = conversation_pb2.ConversationPreferences(archived=False, pin_position=3)
    chosen.muted_until.seconds = 2
    *_, one, other, third = writes_of(LOG_TOPIC, personal(preferences=chosen).SerializeToString())
    found = {write.column: (write.row["user_id"], write.row["conversation_id"], write.row[write.column]) for write in (one, other, third)}
    assert found == {
        "archived": (ANNA, CAROL, False),
        "pin_position": (ANNA, CAROL, 3),
        "muted_until_ms": (ANNA, CAROL, 2000),
    }
    assert {(write.table, write.timestamp, write.changes) for write in (one, other, third)} == {(Table.PREFERENCES, 9, True)}


def test_what_concerns_only_a_user_in_a_way_that_is_not_known_is_set_aside_for_a_newer_writer() -> None:
    with pytest.raises(UnreadableError, match="start a newer one"):
        writes_of(LOG_TOPIC, personal().SerializeToString())


def rows_of(**about: object) -> list[tuple[Table, dict[str, object], bool]]:
    """Return the rows of a change that concerns only Anna, beside those of every entry, without her and the conversation."""
    writes = writes_of(LOG_TOPIC, personal(**about).SerializeToString())[3:]
    assert {(write.row["user_id"], write.row["conversation_id"], write.timestamp) for write in writes} == {(ANNA, CAROL, 9)}
    return [
        (one.table, {name: value for name, value in one.row.items() if name not in {"user_id", "conversation_id"}}, one.deletes)
        for one in writes
    ]


def test_what_is_hidden_is_a_row_and_is_starred_no_more() -> None:
    assert rows_of(hidden=entry_pb2.HiddenMessage(seq=4, ordinal=3, mentioned=True)) == [
        (Table.HIDDEN, {"seq": 4, "ordinal": 3, "mentioned": True}, False),
        (Table.PREFERENCES, {"has_hidden": True}, False),
        (Table.STARS, {"seq": 4}, True),
    ]


def test_stars_and_drafts_are_rows_that_go_when_they_are_taken_back() -> None:
    assert rows_of(star=entry_pb2.Star(seq=4)) == [(Table.STARS, {"seq": 4, "starred_seq": 9}, False)]
    assert [(table, gone) for table, _, gone in rows_of(star=entry_pb2.Star(seq=4, removed=True))] == [(Table.STARS, True)]
    draft = entry_pb2.Draft(text="dear", thread=2)
    saved = {"thread": 2, "draft": draft.SerializeToString(), "saved_ms": 0, "saved_seq": 9}
    assert rows_of(draft=draft) == [(Table.DRAFTS, saved, False)]
    assert [(table, gone) for table, _, gone in rows_of(draft=entry_pb2.Draft(thread=2))] == [(Table.DRAFTS, True)]


@pytest.mark.parametrize("broken", [{"conversation_id": BOB}, {"sender_id": BOB}, {"personal": entry_pb2.PersonalChange()}])
def test_what_concerns_only_a_user_is_read_in_their_notes_and_nowhere_else(broken: dict[str, object]) -> None:
    one = personal()
    one.ClearField("personal") if "personal" in broken else None
    one.MergeFrom(log_pb2.LogEntry(**broken))  # type: ignore[arg-type]
    with pytest.raises(UnreadableError, match="concerns only its user"):
        writes_of(LOG_TOPIC, one.SerializeToString())


def test_a_later_watermark_has_a_later_timestamp() -> None:
    def mark(delivered: int, read: int) -> int:
        watermark = conversation_pb2.Watermark(conversation_id=ANNA, user_id=BOB, delivered_seq=delivered, read_seq=read)
        (write,) = writes_of(WATERMARK_TOPIC, log_pb2.WatermarkRecord(watermark=watermark).SerializeToString())
        return write.timestamp

    assert mark(5, 3) < mark(5, 4) < mark(6, 4)


@pytest.mark.parametrize(
    "value",
    [
        b"\xff\xff",
        b"",
        log_pb2.LogEntry(conversation_id="x", seq=1, message_id=ANNA, kind=entry_pb2.Entry.MESSAGE).SerializeToString(),
        entry(entry_pb2.Entry.MESSAGE, seq=0).SerializeToString(),
        entry(entry_pb2.Entry.KIND_UNSPECIFIED).SerializeToString(),
        b"\x28\x63" + entry(entry_pb2.Entry.KIND_UNSPECIFIED).SerializeToString(),
    ],
)
def test_what_cannot_be_applied_says_why(value: bytes) -> None:
    with pytest.raises(UnreadableError, match=r".{20}"):
        writes_of(LOG_TOPIC, value)


@given(st.binary())
def test_no_record_does_worse_than_being_unreadable(value: bytes) -> None:
    for topic in (LOG_TOPIC, WATERMARK_TOPIC):
        try:
            writes = writes_of(topic, value)
        except UnreadableError:
            continue
        assert writes


messages = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 3000), st.integers(0, 20_000)), max_size=120)


@given(messages)
def test_groups_are_of_one_partition_small_and_have_every_row_once(made: list[tuple[str, int, int]]) -> None:
    writes = [
        write
        for conversation, seq, size in made
        for write in message_writes(conversation, seq, MessageId("01a2110c-5b3c-774c-8875-eaa6b071bb43"), b"x" * size)
    ]
    groups = grouped(writes)
    for group in groups:
        assert len({write.partition for write in group}) == 1
        assert len(group) <= MAX_ROWS
        assert len(group) == 1 or sum(write.size for write in group) <= MAX_BYTES
    rows = [
        (write.table, write.row.get("seq"), write.row.get("bucket"), write.row["conversation_id"]) for group in groups for write in group
    ]
    kept = [row for row in rows if row[0] is Table.MESSAGES]
    assert sorted(kept) == sorted({(Table.MESSAGES, seq, seq // 1024, conversation) for conversation, seq, _ in made})


def test_of_writes_to_one_row_the_latest_is_kept() -> None:
    row = {"conversation_id": "c", "user_id": "u"}
    late, early = Write(Table.MEMBERS, row, 9, deletes=True), Write(Table.MEMBERS, row | {"permissions": 3, "joined_seq": 5}, 5)
    assert grouped([late, early]) == [[late]]
    assert grouped([early, late]) == [[late]]


def test_a_column_that_changes_by_itself_does_not_take_the_place_of_its_row() -> None:
    key = {"conversation_id": "c", "user_id": "u"}
    row = Write(Table.MEMBERS, key | {"permissions": 7, "joined_seq": 5, "joined_ordinal": 0}, 5)
    one, two = (Write(Table.MEMBERS, key | {"permissions": bits}, seq, changes=True) for bits, seq in ((1, 6), (511, 7)))
    assert grouped([row, two, one]) == [[row, two]]

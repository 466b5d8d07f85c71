"""Which rows a record makes, and how they are gathered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.ids import MessageId, new_id
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_writer.core import MAX_BYTES, MAX_ROWS, Table, Write, grouped, message_writes
from svc_writer.records import UnreadableError, writes_of

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

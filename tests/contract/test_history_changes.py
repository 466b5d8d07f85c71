"""What both views tell of changes of messages, as the router and the writer leave them there: the same from fake and engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from chatkit.core.conversation import GROUP_OWNER
from chatkit.core.ids import ConversationId, MessageId, UserId, creation_message_id, new_id
from chatkit.edges.message_log import LOG_TOPIC
from chatkit.edges.redis import connect_redis
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import END, Membership, Range, Stored
from svc_history.store import LiveLog, Timeline
from svc_history.store.memory import MemoryConversation, MemoryLiveLog, MemoryTimeline
from svc_history.store.redis import RedisLiveLog
from svc_router.changes import change_of, erased, mentions_of
from svc_router.entries import durable
from svc_router.store import Birth, Place
from svc_router.store.redis import RedisSequencer
from svc_writer.core import grouped
from svc_writer.records import writes_of
from tests.tables import tables

NOW = 1_800_000_000_000
Kind = entry_pb2.Entry
MESSAGE, EDIT, DELETION, REACTION, PIN = Kind.MESSAGE, Kind.EDIT, Kind.DELETION, Kind.REACTION, Kind.PIN
VOTE, CLOSING = Kind.VOTE, Kind.CLOSING
EVERYTHING = Range(0, END, 50, backwards=True)
STEPS = [
    *((0, MESSAGE), (0, MESSAGE), (2, EDIT), (2, EDIT), (3, EDIT), (3, DELETION), (3, EDIT)),
    *((2, REACTION), (2, REACTION), (2, PIN), (2, PIN), (3, PIN), (2, PIN)),
    *((2, MESSAGE), (3, MESSAGE), (2, MESSAGE), (2, MESSAGE), (3, DELETION), (2, VOTE), (2, VOTE), (2, CLOSING)),
]
"""What happens from seq 2 on: two messages, of which the second is deleted, and edited before and after that, and deleted once more in the
end; a reaction that is taken back; pins, of which that at seq 12 is taken off; messages in threads; and two votes of one user, and that the
poll is closed.
"""

MENTIONS = {3: "anna", 15: "both", 16: "anna", 17: "*"}
"""Messages that mention somebody: Anna, her and another, or everyone. That at 3 is deleted."""
EXPIRES_S = NOW // 1000 + 100
"""When those at 15 and at 17 disappear."""


def words(seq: int) -> bytes:
    """Return what is said at a seq."""
    return entry_pb2.Body(text=f"words {seq}").SerializeToString()


@dataclass(frozen=True)
class Said:
    """A conversation in which messages were changed."""

    conversation_id: ConversationId = field(default_factory=lambda: ConversationId(new_id()))
    anna: UserId = field(default_factory=lambda: UserId(new_id()))
    entries: dict[int, log_pb2.LogEntry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        born = log_pb2.LogEntry(kind=entry_pb2.Entry.CREATED, message_id=creation_message_id(self.conversation_id))
        self._add(1, born)
        for seq, (target, kind) in enumerate(STEPS, 2):
            entry = log_pb2.LogEntry(kind=kind, message_id=new_id(), body=b"" if kind == DELETION else words(seq))
            if kind != MESSAGE:
                entry.target = target
            elif target:
                entry.outline.thread = target
            match MENTIONS.get(seq):
                case "*":
                    entry.outline.mention_all = True
                case None:
                    pass
                case who:
                    entry.outline.mentions.extend([self.anna, new_id()] if who == "both" else [self.anna])
            entry.reaction.CopyFrom(entry_pb2.Reaction(emoji="👍", removed=seq == 10)) if kind == REACTION else None
            entry.pin.CopyFrom(entry_pb2.Pin(unpinned=seq == 12)) if kind == PIN else None
            entry.vote.CopyFrom(entry_pb2.Vote(options=[seq - 20])) if kind == VOTE else None
            if seq in {15, 17}:
                entry.expires_at.seconds = EXPIRES_S
            if kind == DELETION:
                entry.erased.CopyFrom(erased(self.entries[target]))
            self._add(seq, entry)

    def _add(self, seq: int, entry: log_pb2.LogEntry) -> None:
        entry.conversation_id, entry.sender_id, entry.seq = self.conversation_id, self.anna, seq
        entry.accepted_at.seconds = seq
        self.entries[seq] = entry

    def values(self, *seqs: int) -> set[bytes]:
        return {self.entries[seq].SerializeToString() for seq in seqs}

    @property
    def remembered(self) -> MemoryConversation:
        entries = {seq: Stored(seq, entry.SerializeToString()) for seq, entry in self.entries.items()}
        changes = {seq: change_of(entry)[0] for seq, entry in self.entries.items() if change_of(entry)[0]}
        messages = {seq: entry for seq, entry in self.entries.items() if entry.kind == MESSAGE and mentions_of(entry)}
        mentions = {seq: set(map(UserId, entry.outline.mentions)) for seq, entry in messages.items()}
        return MemoryConversation(b"as created", 2, {self.anna: Membership(int(GROUP_OWNER), 1)}, {}, entries, {}, changes, mentions)


@pytest.fixture(params=["memory", "redis"])
async def live(request: pytest.FixtureRequest) -> AsyncIterator[tuple[LiveLog, Said]]:
    made = Said()
    if request.param == "memory":
        memory = MemoryLiveLog()
        memory.known[made.conversation_id] = made.remembered
        yield memory, made
        return
    client = await connect_redis(request.getfixturevalue("redis_url"))
    sequencer = RedisSequencer(client)
    message_id, grants = MessageId(made.entries[1].message_id), {made.anna: GROUP_OWNER}
    await sequencer.sequence(
        [Birth(made.conversation_id, made.anna, message_id, b"draft", "GROUP", b"as created", grants, NOW, looked_up=True)]
    )
    for entry in made.entries.values():
        shown = durable(entry, Place(entry.seq, entry.ordinal, NOW), "", doubted=False)
        await sequencer.commit({made.conversation_id: [shown]})
    yield RedisLiveLog(client), made
    await client.aclose()


async def test_the_live_view_has_the_changes_of_messages(live: tuple[LiveLog, Said]) -> None:
    view, made = live
    start, found = await view.changes(made.conversation_id, [2, 3])
    assert (start, set(found)) == (1, made.values(*range(4, 23)))
    assert set((await view.changes(made.conversation_id, [3, 7]))[1]) == made.values(6, 7, 8, 13, 16, 19)
    assert (await view.pins(made.conversation_id))[0] == 1
    assert set((await view.pins(made.conversation_id))[1]) == made.values(11, 12, 13, 14)
    assert set((await view.replies(made.conversation_id, 2))[1]) == made.values(15, 17, 18)
    assert (await view.changes(made.conversation_id, [1]))[1] == []
    (tail,) = await view.tails([(made.conversation_id, EVERYTHING)])
    assert tail is not None
    assert tail.has_changes


@pytest.mark.parametrize("seq", [1, 3, 6, 7, 8])
async def test_the_live_view_tells_what_was_deleted_for_edits_may_come_after_that(live: tuple[LiveLog, Said], seq: int) -> None:
    view, made = live
    (look,) = await view.look([(made.anna, made.conversation_id, seq)], NOW)
    assert look is not None
    assert look.tail is not None
    assert look.tail.deleted == {3}
    assert look.tail.edited == {one.target for one in made.entries.values() if one.kind == EDIT and one.seq > seq}


ORDERS: list[Sequence[int]] = [
    range(1, 23),
    range(22, 0, -1),
    [13, 1, 2, 19, 3, 7, 4, 18, 22, 5, 6, 8, 3, 6, 6, 2, 21, 10, 9, 14, 15, 12, 11, 17, 16, 13, 12, 20, 19],
]


@pytest.fixture(params=["memory", *map(str, range(len(ORDERS)))])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Timeline, Said]]:
    """The database, each time with the records of the log written in another order, and some of them twice."""
    made = Said()
    if request.param == "memory":
        memory = MemoryTimeline()
        memory.known[made.conversation_id] = made.remembered
        yield memory, made
        return
    async with tables(request.getfixturevalue("cassandra_settings")) as (writing, reading):
        for seq in ORDERS[int(request.param)]:
            await writing.put(grouped(writes_of(LOG_TOPIC, made.entries[seq].SerializeToString())))
        yield reading, made


def bare(entry: log_pb2.LogEntry) -> log_pb2.LogEntry:
    left = log_pb2.LogEntry()
    left.CopyFrom(entry)
    left.ClearField("body")
    return left


def seqs(values: Sequence[bytes]) -> set[int]:
    return {log_pb2.LogEntry.FromString(one).seq for one in values}


async def test_the_database_has_changes_with_their_message_and_of_what_is_deleted_no_edits(database: tuple[Timeline, Said]) -> None:
    view, made = database
    assert set(await view.changes(made.conversation_id, [2])) >= made.values(4, 5, 10, 14, 21, 22)
    deleted = seqs(await view.changes(made.conversation_id, [3]))
    assert {7, 13} <= deleted
    assert not deleted & {6, 8}
    assert seqs(await view.changes(made.conversation_id, [2, 3])) >= {4, 5, 7, 10, 13, 14, 21, 22}
    assert await view.changes(made.conversation_id, [1, 5000]) == []
    assert await view.changes(ConversationId(new_id()), [2]) == []


async def test_the_database_has_the_log_without_what_is_deleted_and_what_edits_say(database: tuple[Timeline, Said]) -> None:
    view, made = database
    rows = {row.seq: log_pb2.LogEntry.FromString(row.entry) for row in await view.read(made.conversation_id, EVERYTHING)}
    wanted = {seq: bare(entry) if entry.kind == EDIT else entry for seq, entry in made.entries.items() if seq not in {3, 7, 19}}
    assert {seq: entry for seq, entry in rows.items() if seq not in {3, 7, 19}} == wanted
    assert (rows[7].kind, rows[7].target, rows[7].message_id) == (DELETION, 3, made.entries[7].message_id)
    left = erased(made.entries[3])
    left.ClearField("outline")
    assert rows[3] == left


async def test_of_several_deletions_the_first_counts_in_the_database_too(database: tuple[Timeline, Said]) -> None:
    view, made = database
    changes = map(log_pb2.LogEntry.FromString, await view.changes(made.conversation_id, [3]))
    assert min(change.seq for change in changes if change.kind == DELETION) == 7


async def test_the_database_has_what_is_pinned(database: tuple[Timeline, Said]) -> None:
    view, made = database
    assert await view.pins(made.conversation_id) == [2]
    assert await view.pins(ConversationId(new_id())) == []


@pytest.mark.parametrize(
    ("page", "seqs"),
    [
        (EVERYTHING, [15, 17, 18]),
        (Range(0, END, 1, backwards=True), [17, 18]),
        (Range(0, END, 1, backwards=False), [15, 17]),
        (Range(15, 18, 5, backwards=False), [17]),
    ],
)
async def test_the_database_has_what_is_in_a_thread(database: tuple[Timeline, Said], page: Range, seqs: list[int]) -> None:
    view, made = database
    assert sorted(await view.replies(made.conversation_id, 2, page)) == seqs
    assert await view.replies(made.conversation_id, 4, page) == []
    bare = [log_pb2.LogEntry.FromString(one) for one in await view.changes(made.conversation_id, [2])]
    assert {(one.seq, one.outline.thread) for one in bare if one.kind == MESSAGE} == {(15, 2), (17, 2), (18, 2)}


async def test_both_views_count_unread_mentions_alike(live: tuple[LiveLog, Said]) -> None:
    view, made = live
    (look,) = await view.look([(made.anna, made.conversation_id, None)], NOW)
    (strangers,) = await view.look([(UserId(new_id()), made.conversation_id, None)], NOW)
    assert look is not None
    assert strangers is not None
    assert (look.state.mention_count, look.state.counted_from) == (3, 1)
    assert strangers.state.mention_count == 0
    for now_ms, count in ((EXPIRES_S * 1000 - 1, 3), (EXPIRES_S * 1000, 1)):
        (look,) = await view.look([(made.anna, made.conversation_id, None)], now_ms)
        assert look is not None
        assert look.state.mention_count == count


async def test_the_database_counts_mentions_between_two_seqs(database: tuple[Timeline, Said]) -> None:
    view, made = database
    other = UserId(new_id())
    spans = [(0, END), (15, END), (0, 16), (0, 15), (17, END)]
    assert await view.mentions([(made.anna, made.conversation_id, *span) for span in spans]) == [3, 2, 1, 0, 0]
    assert await view.mentions([(other, made.conversation_id, *span) for span in spans]) == [1, 1, 0, 0, 0]

"""What both views tell of what concerns only one user, as the router and the writer leave it there: the same from fake and engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from chatkit.core.conversation import DIRECT_MEMBER
from chatkit.core.conversation_preferences import Choices, Chosen
from chatkit.core.ids import ConversationId, MessageId, UserId, creation_message_id, new_id, notes_conversation_id
from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.edges.message_log import LOG_TOPIC
from chatkit.edges.redis import connect_redis
from chatkit.rpc.conversation_preferences import preferences_message
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import Membership, Stored
from svc_history.store import LiveLog, Timeline
from svc_history.store.cassandra import CassandraTimeline
from svc_history.store.memory import MemoryConversation, MemoryLiveLog, MemoryTimeline
from svc_history.store.redis import RedisLiveLog
from svc_router.changes import change_of
from svc_router.entries import durable
from svc_router.store import Birth, Durable, Place, Restored
from svc_router.store import Membership as Held
from svc_router.store.redis import RedisSequencer
from svc_writer.app import MIGRATIONS
from svc_writer.core import grouped
from svc_writer.records import writes_of
from svc_writer.store.cassandra import KEYSPACE
from svc_writer.store.cassandra import CassandraTimeline as CassandraWriting

NOW = 1_800_000_000_000
Kind = entry_pb2.Entry
TEA, COFFEE = ConversationId(new_id()), ConversationId(new_id())
STEPS: list[tuple[ConversationId, dict[str, int]] | None] = [
    (TEA, {"archived": 1, "pin_position": 4}),
    None,
    (COFFEE, {"muted_until_ms": NOW, "marked_unread": 1, "marked_at_read_seq": 8}),
    (TEA, {"pin_position": 0, "archived": 0}),
    (TEA, {"notifications": 3}),
]
"""What Anna does in her notes from seq 2 on: what she chooses, or None for a message."""
CHOSEN: Choices = {
    TEA: {"archived": Chosen(5, 0), "pin_position": Chosen(5, 0), "notifications": Chosen(6, 3)},
    COFFEE: {"muted_until_ms": Chosen(4, NOW), "marked_unread": Chosen(4, 1), "marked_at_read_seq": Chosen(4, 8)},
}


@dataclass(frozen=True)
class Notes:
    """The notes of a user who has chosen something."""

    anna: UserId = field(default_factory=lambda: UserId(new_id()))
    entries: dict[int, log_pb2.LogEntry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._add(1, log_pb2.LogEntry(kind=Kind.CREATED, message_id=creation_message_id(self.conversation_id)))
        for seq, step in enumerate(STEPS, 2):
            entry = log_pb2.LogEntry(kind=Kind.PERSONAL if step else Kind.MESSAGE, message_id=new_id())
            if step:
                entry.personal.CopyFrom(entry_pb2.PersonalChange(conversation_id=step[0], preferences=preferences_message(step[1])))
            self._add(seq, entry)

    @property
    def conversation_id(self) -> ConversationId:
        return notes_conversation_id(self.anna)

    def _add(self, seq: int, entry: log_pb2.LogEntry) -> None:
        entry.conversation_id, entry.sender_id, entry.seq = self.conversation_id, self.anna, seq
        entry.accepted_at.seconds = seq
        self.entries[seq] = entry

    @property
    def shown(self) -> list[Durable]:
        return [durable(entry, Place(seq, 0, NOW), "", doubted=False) for seq, entry in self.entries.items()]

    @property
    def remembered(self) -> MemoryConversation:
        entries = {seq: Stored(seq, entry.SerializeToString()) for seq, entry in self.entries.items()}
        changes = {seq: change_of(entry)[0] for seq, entry in self.entries.items() if change_of(entry)[0]}
        return MemoryConversation(b"as created", 1, {self.anna: Membership(int(DIRECT_MEMBER), 1)}, {}, entries, {}, changes)


@pytest.fixture(params=["memory", "redis", "redis that was put back"])
async def live(request: pytest.FixtureRequest) -> AsyncIterator[tuple[LiveLog, Notes]]:
    made = Notes()
    if request.param == "memory":
        memory = MemoryLiveLog()
        memory.known[made.conversation_id] = made.remembered
        yield memory, made
        return
    client = await connect_redis(request.getfixturevalue("redis_url"))
    sequencer = RedisSequencer(client)
    if request.param == "redis":
        message_id, grants = MessageId(made.entries[1].message_id), {made.anna: DIRECT_MEMBER}
        birth = Birth(made.conversation_id, made.anna, message_id, b"draft", "SELF", b"as created", grants, NOW, looked_up=True)
        await sequencer.sequence([birth])
        await sequencer.commit({made.conversation_id: made.shown})
    else:
        await sequencer.sequence([])
        await sequencer.unfinished(made.conversation_id)
        members = {made.anna: Held(DIRECT_MEMBER, 1)}
        back = Restored(made.conversation_id, "SELF", b"as created", members, {}, 6, 1, 1000, 0, recent=made.shown)
        await sequencer.restore(back, sequencer.epoch)
    yield RedisLiveLog(client), made
    await client.aclose()


async def test_the_live_view_has_what_concerns_only_its_user(live: tuple[LiveLog, Notes]) -> None:
    view, made = live
    start, found = await view.personal(made.conversation_id)
    assert start == 1
    assert set(found) == {made.entries[seq].SerializeToString() for seq in (2, 4, 5, 6)}
    # Nothing of it is taken for a change of the message beside it.
    assert (await view.changes(made.conversation_id, [3]))[1] == []
    assert (await view.pins(made.conversation_id))[1] == []


ORDERS: list[Sequence[int]] = [range(1, 7), range(6, 0, -1), [5, 2, 4, 1, 6, 2, 3, 5]]


@pytest.fixture(params=["memory", *map(str, range(len(ORDERS)))])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Timeline, Notes]]:
    """The database, each time with the records of the log written in another order, and some of them twice."""
    made = Notes()
    if request.param == "memory":
        memory = MemoryTimeline()
        memory.chosen[made.anna] = CHOSEN
        yield memory, made
        return
    session = await CassandraSession.connect(request.getfixturevalue("cassandra_settings"))
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    writing, reading = CassandraWriting(session), CassandraTimeline(session)
    await writing.prepare()
    await reading.prepare()
    for seq in ORDERS[int(request.param)]:
        await writing.put(grouped(writes_of(LOG_TOPIC, made.entries[seq].SerializeToString())))
    yield reading, made
    await session.close()


async def test_the_database_has_what_a_user_has_chosen_last_and_when(database: tuple[Timeline, Notes]) -> None:
    view, made = database
    assert await view.preferences(made.anna) == CHOSEN


async def test_the_database_has_nothing_of_whom_has_chosen_nothing(database: tuple[Timeline, Notes]) -> None:
    view, _ = database
    assert await view.preferences(UserId(new_id())) == {}

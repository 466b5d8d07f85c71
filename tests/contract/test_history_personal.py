"""What both views tell of what concerns only one user, as the router and the writer leave it there: the same from fake and engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from chatkit.core.conversation import DIRECT_MEMBER
from chatkit.core.conversation_preferences import HAS_HIDDEN, Choices, Chosen
from chatkit.core.ids import ConversationId, MessageId, UserId, creation_message_id, new_id, notes_conversation_id
from chatkit.core.personal import Hidden, Saved, Starred, Waiting
from chatkit.edges.message_log import LOG_TOPIC
from chatkit.edges.redis import connect_redis
from chatkit.rpc.conversation_preferences import preferences_message
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.entry_pb2 import Body, Draft, HiddenMessage, PersonalChange, ScheduledMessage, Star
from svc_history.core import END, Membership, Stored
from svc_history.store import LiveLog, Timeline
from svc_history.store.memory import MemoryConversation, MemoryLiveLog, MemoryTimeline
from svc_history.store.redis import RedisLiveLog
from svc_router.changes import change_of
from svc_router.entries import durable
from svc_router.store import Birth, Durable, Place, Restored
from svc_router.store import Membership as Held
from svc_router.store.redis import RedisSequencer
from svc_writer.core import grouped
from svc_writer.records import writes_of
from tests.tables import tables

NOW = 1_800_000_000_000
Kind = entry_pb2.Entry
TEA, COFFEE = ConversationId(new_id()), ConversationId(new_id())


def chosen(about: ConversationId, **values: int) -> PersonalChange:
    return PersonalChange(conversation_id=about, preferences=preferences_message(values))


def waits(message_id: str, text: str) -> PersonalChange:
    scheduled = ScheduledMessage(message_id=message_id, state=ScheduledMessage.WAITING, body=Body(text=text))
    return PersonalChange(conversation_id=TEA, scheduled=scheduled)


LATER, GONE = MessageId(new_id()), new_id()
LETTER = Draft(text="dear Bob", reply_to=3)
STEPS: list[PersonalChange | None] = [
    chosen(TEA, archived=1, pin_position=4),
    None,
    chosen(COFFEE, muted_until_ms=NOW, marked_unread=1, marked_at_read_seq=8),
    chosen(TEA, pin_position=0, archived=0),
    chosen(TEA, notifications=3),
    PersonalChange(conversation_id=TEA, star=Star(seq=7)),
    PersonalChange(conversation_id=TEA, star=Star(seq=8)),
    PersonalChange(conversation_id=TEA, star=Star(seq=9)),
    PersonalChange(conversation_id=TEA, star=Star(seq=7, removed=True)),
    PersonalChange(conversation_id=TEA, hidden=HiddenMessage(seq=8, ordinal=6, mentioned=True)),
    PersonalChange(conversation_id=TEA, hidden=HiddenMessage(seq=5, ordinal=4)),
    PersonalChange(conversation_id=TEA, draft=Draft(text="dear")),
    PersonalChange(conversation_id=COFFEE, draft=Draft(text="gone", thread=4)),
    PersonalChange(conversation_id=TEA, draft=LETTER),
    PersonalChange(conversation_id=COFFEE, draft=Draft(thread=4)),
    waits(LATER, "then"),
    waits(GONE, "never"),
    waits(LATER, "at last"),
    PersonalChange(conversation_id=TEA, scheduled=ScheduledMessage(message_id=GONE, state=ScheduledMessage.CANCELLED)),
]
"""What Anna does in her notes from seq 2 on; None is a message."""
CHOSEN: Choices = {
    TEA: {"archived": Chosen(5, 0), "pin_position": Chosen(5, 0), "notifications": Chosen(6, 3), HAS_HIDDEN: Chosen(12, 1)},
    COFFEE: {"muted_until_ms": Chosen(4, NOW), "marked_unread": Chosen(4, 1), "marked_at_read_seq": Chosen(4, 8)},
}
CONCEALED = {5: Hidden(4, mentioned=False), 8: Hidden(6, mentioned=True)}
STARRED = [Starred(TEA, 9, 9)]
SAVED = [Saved(TEA, 0, LETTER.SerializeToString(), 15_000, 15)]
WAITING = [Waiting(TEA, LATER, waits(LATER, "at last").scheduled.SerializeToString(), 19)]
LAST = 1 + len(STEPS)


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
                entry.personal.CopyFrom(step)
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
        back = Restored(made.conversation_id, "SELF", b"as created", members, {}, LAST, 1, 1000, 0, recent=made.shown)
        await sequencer.restore(back, sequencer.epoch)
    yield RedisLiveLog(client), made
    await client.aclose()


async def test_the_live_view_has_what_concerns_only_its_user(live: tuple[LiveLog, Notes]) -> None:
    view, made = live
    start, found = await view.personal(made.conversation_id)
    assert start == 1
    assert set(found) == {made.entries[seq].SerializeToString() for seq in (2, *range(4, LAST + 1))}
    # Nothing of it is taken for a change of the message beside it.
    assert (await view.changes(made.conversation_id, [3]))[1] == []
    assert (await view.pins(made.conversation_id))[1] == []


ORDERS: list[Sequence[int]] = [
    range(1, LAST + 1),
    range(LAST, 0, -1),
    [16, 20, 8, 18, 5, 10, 2, 11, 4, 1, 6, 2, 3, 5, 7, 15, 9, 14, 12, 13, 19, 17, 7, 8, 14],
]


@pytest.fixture(params=["memory", *map(str, range(len(ORDERS)))])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Timeline, Notes]]:
    """The database, each time with the records of the log written in another order, and some of them twice."""
    made = Notes()
    if request.param == "memory":
        memory = MemoryTimeline()
        memory.chosen[made.anna], memory.hiding[made.anna, TEA] = CHOSEN, CONCEALED
        memory.starring[made.anna], memory.saved[made.anna] = STARRED, SAVED
        memory.scheduled[made.anna] = WAITING
        yield memory, made
        return
    async with tables(request.getfixturevalue("cassandra_settings")) as (writing, reading):
        for seq in ORDERS[int(request.param)]:
            await writing.put(grouped(writes_of(LOG_TOPIC, made.entries[seq].SerializeToString())))
        yield reading, made


async def test_the_database_has_what_a_user_has_chosen_last_and_when(database: tuple[Timeline, Notes]) -> None:
    view, made = database
    assert await view.preferences(made.anna) == CHOSEN


async def test_the_database_has_what_a_user_keeps(database: tuple[Timeline, Notes]) -> None:
    view, made = database
    everything, some, others = await view.hidden([(made.anna, TEA, 0, END), (made.anna, TEA, 5, 9), (made.anna, COFFEE, 0, END)])
    assert (everything, some, others) == (CONCEALED, {8: CONCEALED[8]}, {})
    assert (await view.stars(made.anna), await view.drafts(made.anna)) == (STARRED, SAVED)
    assert await view.waiting(made.anna) == WAITING


async def test_the_database_has_nothing_of_who_has_nothing(database: tuple[Timeline, Notes]) -> None:
    view, _ = database
    nobody = UserId(new_id())
    assert await view.preferences(nobody) == {}
    assert await view.hidden([(nobody, TEA, 0, END)]) == [{}]
    assert (list(await view.stars(nobody)), list(await view.drafts(nobody))) == ([], [])
    assert list(await view.waiting(nobody)) == []

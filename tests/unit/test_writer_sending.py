"""Messages whose time has come are handed to a router, each until it has dealt with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, UserId, new_id, notes_conversation_id
from chatkit.edges.message_log import LOG_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1.entry_pb2 import Body, Entry, ScheduledMessage
from svc_writer import sending
from svc_writer.core import HOUR_MS, Due, Table, grouped
from svc_writer.records import writes_of
from svc_writer.sending import LATE_HOURS, Sending
from svc_writer.store import AT_ONCE
from svc_writer.store.memory import MemoryTimeline
from svc_writer.unreadable import UnreadableError

ANNA = UserId(new_id())
PLACE = new_id()


class Router:
    """Takes note of what it is to send, unless it is away, or does not send that now."""

    def __init__(self) -> None:
        self.asked: list[Due] = []
        self.puts_off: set[MessageId] = set()
        self.available = True

    async def send(self, due: Due) -> None:
        if not self.available or due.message_id in self.puts_off:
            raise ChatError(Reason.UNAVAILABLE)
        self.asked.append(due)


class Database(MemoryTimeline):
    """Counts how often it was asked for what is due."""

    def __init__(self) -> None:
        super().__init__()
        self.asks = 0

    async def due(self, hour: int, after: tuple[int, str, str], upto_ms: int) -> Sequence[Due]:
        self.asks += 1
        return await super().due(hour, after, upto_ms)


def scheduled(seq: int, deliver_ms: int, message_id: str, state: ScheduledMessage.State.ValueType = ScheduledMessage.WAITING) -> bytes:
    """Return the entry at `seq` of Anna's notes."""
    entry = log_pb2.LogEntry(conversation_id=notes_conversation_id(ANNA), seq=seq, message_id=new_id(), sender_id=ANNA, kind=Entry.PERSONAL)
    entry.personal.conversation_id = PLACE
    entry.personal.scheduled.CopyFrom(ScheduledMessage(message_id=message_id, state=state, body=Body(text="hello")))
    entry.personal.scheduled.deliver_at.FromMilliseconds(deliver_ms)
    return entry.SerializeToString()


class World:
    """A writer with its database, a router, and a clock."""

    def __init__(self) -> None:
        self.timeline, self.router, self.clock = Database(), Router(), ManualClock(1_800_000_000_000)
        self.sending = Sending(self.timeline, self.router, self.clock)
        self.now_ms = self.clock.now_ms()

    async def write(self, *entries: bytes) -> None:
        for entry in entries:
            await self.timeline.put(grouped(writes_of(LOG_TOPIC, entry)))

    @property
    def asked(self) -> list[str]:
        return [one.message_id for one in self.router.asked]


@pytest.fixture
def world() -> World:
    return World()


async def test_what_is_due_is_sent_and_what_is_not_waits(world: World) -> None:
    late, now, later = new_id(), new_id(), new_id()
    entries = [
        scheduled(2, world.now_ms - HOUR_MS, late),
        scheduled(3, world.now_ms, now),
        scheduled(4, world.now_ms + 1000, later),
    ]
    await world.write(*entries)
    await world.sending.send(1)
    assert world.asked == [late, now]
    await world.write(*entries)  # once more, as after a crash
    await world.sending.send(1)
    assert world.asked == [late, now]
    world.clock.advance(1)
    await world.sending.send(1)
    assert world.router.asked[2:] == [Due(world.now_ms + 1000, ANNA, MessageId(later), 4)]


async def test_what_a_router_puts_off_holds_up_no_other_and_is_tried_again(world: World) -> None:
    ids = [new_id() for _ in range(2 * AT_ONCE + 1)]
    await world.write(*(scheduled(seq, world.now_ms, message_id) for seq, message_id in enumerate(ids, 2)))
    world.router.puts_off.update(map(MessageId, ids[:-1]))
    await world.sending.send(1)
    assert world.asked == ids[-1:]
    world.router.puts_off.clear()
    await world.sending.send(1)
    assert sorted(world.asked) == sorted(ids)


async def test_a_message_that_waits_is_a_row_until_it_does_no_more(world: World) -> None:
    message_id = new_id()
    await world.write(scheduled(2, world.now_ms, message_id))
    (row,) = await world.timeline.rows(Table.SCHEDULED)
    assert {name: row[name] for name in ("user_id", "message_id", "conversation_id", "scheduled_seq")} == {
        "user_id": ANNA,
        "message_id": message_id,
        "conversation_id": PLACE,
        "scheduled_seq": 2,
    }
    assert ScheduledMessage.FromString(row["scheduled"]).body.text == "hello"
    for seq, state in enumerate((ScheduledMessage.CANCELLED, ScheduledMessage.SENT, ScheduledMessage.REFUSED), 3):
        await world.write(scheduled(seq, 0, message_id, state), scheduled(2, world.now_ms, message_id))
        assert await world.timeline.rows(Table.SCHEDULED) == []
    with pytest.raises(UnreadableError, match="does not say which"):
        writes_of(LOG_TOPIC, scheduled(2, 0, "x"))


async def test_a_writer_that_was_away_finds_what_is_late_but_for_what_is_too_late(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "AGAIN_S", 0.001)
    late, too_late, now = new_id(), new_id(), new_id()
    await world.write(
        scheduled(2, world.now_ms - LATE_HOURS * HOUR_MS, late),
        scheduled(3, world.now_ms - (LATE_HOURS + 1) * HOUR_MS, too_late),
    )
    world.timeline.available = False
    async with asyncio.TaskGroup() as group:
        running = group.create_task(world.sending.run())
        while world.timeline.asks < 2:
            await asyncio.sleep(0)
        world.timeline.available = True
        while world.asked != [late]:
            await asyncio.sleep(0)
        await world.write(scheduled(4, world.now_ms, now))
        while world.asked != [late, now]:
            await asyncio.sleep(0)
        running.cancel()

"""Whom what comes is told to, and what waits for a push service."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import orjson

from chatkit.core.clock import ManualClock
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, new_id
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_presence.core import Connection
from svc_presence.push.audience.memory import MemoryAudience
from svc_presence.push.core import SMALL, Preference, QuietHours, Want
from svc_presence.push.notifier import FRESH_MS, MAX_TEXT, WITHOUT_S, Notifier, UsualRules, topic_of
from svc_presence.push.outbox import Outbox
from svc_presence.push.port import Outcome, Push, Target
from svc_presence.push.store import Subscription
from svc_presence.push.store.memory import MemorySubscriptionStore
from svc_presence.store.memory import MemoryDirectory

ANNA, BOB, CAROL = (UserId(new_id()) for _ in range(3))
ROOM = ConversationId(new_id())


class ChosenRules(UsualRules):
    def __init__(self) -> None:
        self.chosen: dict[UserId, tuple[Preference, QuietHours | None]] = {}

    async def of(
        self, conversation_id: ConversationId, users: Sequence[UserId], size: int
    ) -> Sequence[tuple[Preference, QuietHours | None]]:
        usual = await super().of(conversation_id, users, size)
        return [self.chosen.get(user_id, rule) for user_id, rule in zip(users, usual, strict=True)]


class Phones:
    """A PushService: it keeps what it takes, once it is let."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, object]]] = []
        self.outcomes: dict[str, Outcome] = {}
        self.open = asyncio.Event()

    async def send(self, target: Target, push: Push) -> Outcome:
        await self.open.wait()
        self.taken.append((target.endpoint, orjson.loads(push.payload)))
        return self.outcomes.get(target.endpoint, Outcome.SENT)


class House:
    def __init__(self, limit: int = 100) -> None:
        self.audience, self.directory, self.store = MemoryAudience({ROOM: [ANNA, BOB, CAROL]}), MemoryDirectory(), MemorySubscriptionStore()
        self.rules, self.phones, self.clock = ChosenRules(), Phones(), ManualClock()
        self.outbox = Outbox(self.phones, self.store, limit)
        self.notifier = Notifier(self.audience, self.directory, self.store, self.rules, self.outbox, self.clock)
        self.seq = 0

    async def device(self, user_id: UserId, name: str, *, shows_text: bool = False) -> Subscription:
        device = Subscription(user_id, SessionId(new_id()), Target(name, b"", b""), shows_text, 1)
        await self.store.put(device)
        return device

    def message(
        self, sender: UserId, text: str = "Hi", room: ConversationId = ROOM, mentions: Sequence[UserId] = (), *, all_: bool = False
    ) -> bytes:
        self.seq += 1
        entry = log_pb2.LogEntry(
            conversation_id=room,
            seq=self.seq,
            message_id=new_id(),
            sender_id=sender,
            kind=entry_pb2.Entry.MESSAGE,
            body=entry_pb2.Body(text=text).SerializeToString(),
            outline=log_pb2.Outline(mentions=mentions, mention_all=all_),
        )
        entry.accepted_at.FromMilliseconds(self.clock.now_ms())
        return entry.SerializeToString()

    async def told(self, *messages: bytes) -> list[tuple[str, str]]:
        """Return which devices are told of which seq."""
        await self.notifier.tell(messages)
        await self.deliver()
        return [(name, str(says["seq"])) for name, says in self.phones.taken]

    async def deliver(self) -> None:
        """Let the push service take all that waits."""
        self.phones.taken.clear()
        self.phones.open.set()
        work = asyncio.ensure_future(self.outbox.run(1))
        for _ in range(1000):
            await asyncio.sleep(0)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def test_those_who_are_away_are_told_and_neither_the_sender_nor_who_is_there() -> None:
    house = House()
    for user_id, name in ((ANNA, "a"), (BOB, "b"), (CAROL, "c")):
        await house.device(user_id, name)
    await house.directory.renew("node@1", 0)
    await house.directory.attach("node@1", [Connection(ConnectionId("x"), CAROL, SessionId("s"))], [])
    assert await house.told(house.message(ANNA)) == [("b", "1")]


async def test_who_is_connected_and_idle_is_told_until_they_stir() -> None:
    house = House()
    await house.device(BOB, "b")
    await house.directory.renew("node@1", 0)
    await house.directory.attach("node@1", [Connection(ConnectionId("x"), BOB, SessionId("s"), is_idle=True)], [])
    assert await house.told(house.message(ANNA)) == [("b", "1")]
    await house.directory.attach("node@1", [], [], [Connection(ConnectionId("x"), BOB, SessionId("s"))])
    assert await house.told(house.message(ANNA)) == []


async def test_each_device_is_told_once_of_the_newest_of_others() -> None:
    house = House()
    for user_id, name in ((ANNA, "a"), (BOB, "b"), (BOB, "b2")):
        await house.device(user_id, name)
    assert sorted(await house.told(house.message(ANNA), house.message(BOB), house.message(CAROL), house.message(BOB))) == [
        ("a", "4"),
        ("b", "3"),
        ("b2", "3"),
    ]


async def test_a_push_that_waits_gives_way_to_a_newer_one_of_its_conversation_and_to_no_other() -> None:
    house, other = House(), ConversationId(new_id())
    house.audience.members[other] = [ANNA, BOB]
    await house.device(BOB, "b")
    for room in (ROOM, other, ROOM):
        await house.notifier.tell([house.message(ANNA, room=room)])
    await house.deliver()
    assert sorted(str(says["seq"]) for _, says in house.phones.taken) == ["2", "3"]
    assert topic_of(ROOM) != topic_of(other)
    assert len(topic_of(ROOM)) == 32


async def test_only_a_device_that_wants_text_is_told_it_and_no_more_than_there_is_room_for() -> None:
    house = House()
    await house.device(BOB, "ids")
    await house.device(CAROL, "text", shows_text=True)
    await house.told(house.message(ANNA, "\x01" * 4000, mentions=[BOB]))
    said = dict(house.phones.taken)
    assert said["text"]["text"] == "\x01" * MAX_TEXT
    assert not {"text"} & said["ids"].keys()
    assert [said[name]["mentioned"] for name in ("ids", "text")] == [True, False]


async def test_what_a_user_wants_counts() -> None:
    house = House()
    await house.device(BOB, "b")
    house.rules.chosen[BOB] = (Preference(Want.MENTIONS), None)
    assert await house.told(house.message(ANNA)) == []
    assert await house.told(house.message(ANNA, mentions=[BOB]), house.message(ANNA)) == [("b", "2")]
    house.rules.chosen[BOB] = (Preference(Want.ALL), QuietHours(0, 1439, "UTC"))
    assert await house.told(house.message(ANNA, mentions=[BOB])) == []


async def test_in_a_large_conversation_those_are_told_who_are_mentioned() -> None:
    house = House()
    house.audience.members[ROOM] = [ANNA, BOB, CAROL, *(UserId(new_id()) for _ in range(SMALL))]
    for user_id, name in ((BOB, "b"), (CAROL, "c")):
        await house.device(user_id, name)
    assert await house.told(house.message(ANNA)) == []
    assert await house.told(house.message(ANNA, mentions=[CAROL])) == [("c", "2")]
    assert sorted(await house.told(house.message(ANNA, all_=True))) == [("b", "3"), ("c", "3")]


async def test_what_is_old_or_broken_or_no_message_is_told_to_nobody_and_keeps_nothing_up() -> None:
    house = House()
    await house.device(BOB, "b")
    old = house.message(ANNA)
    house.clock.advance(FRESH_MS / 1000)
    edit = log_pb2.LogEntry.FromString(house.message(ANNA))
    edit.kind = entry_pb2.Entry.EDIT
    unknown = house.message(ANNA, room=ConversationId(new_id()))
    assert await house.told(old, b"\xff", edit.SerializeToString(), unknown, house.message(ANNA)) == [("b", "4")]


async def test_a_device_that_is_gone_is_forgotten_and_one_that_refuses_is_not() -> None:
    house = House()
    await house.device(BOB, "gone")
    kept = await house.device(BOB, "cross")
    house.phones.outcomes = {"gone": Outcome.GONE, "cross": Outcome.REFUSED}
    await house.told(house.message(ANNA))
    assert await house.store.of_each([BOB]) == [[kept]]


async def test_who_gets_a_device_is_told_soon_after() -> None:
    house = House()
    assert await house.told(house.message(ANNA)) == []
    await house.device(BOB, "b")
    house.clock.advance(WITHOUT_S + 1)
    assert await house.told(house.message(ANNA)) == [("b", "2")]


async def test_when_too_much_waits_the_oldest_gives_way() -> None:
    house = House(limit=2)
    rooms = [ConversationId(new_id()) for _ in range(3)]
    await house.device(BOB, "b")
    for room in rooms:
        house.audience.members[room] = [ANNA, BOB]
        await house.notifier.tell([house.message(ANNA, room=room)])
    await house.deliver()
    assert [says["seq"] for _, says in house.phones.taken] == ["2", "3"]

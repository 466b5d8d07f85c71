"""Whom what comes is told to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId, new_id
from chatkit.core.presence import Availability, Wishes
from chatkit.core.quiet_hours import QuietHours
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_presence.push.absent import WITHOUT_S
from svc_presence.push.core import SMALL
from svc_presence.push.intake import entries_of
from svc_presence.push.notifier import AT_ONCE, FRESH_MS
from svc_presence.push.store import Listening
from tests.pushing import ANNA, BOB, CAROL, ROOM, House, faults

WANTS_ALL, WANTS_MENTIONS, WANTS_NOTHING = 1, 2, 3
NOW = ManualClock().now_ms()


async def test_those_who_are_away_are_told_and_neither_the_sender_nor_who_is_there() -> None:
    house = House()
    for user_id, name in ((ANNA, "a"), (BOB, "b"), (CAROL, "c")):
        await house.device(user_id, name)
    await house.connect(CAROL, "c")
    assert await house.told(house.message(ANNA)) == [("b", "1")]


async def test_who_is_connected_and_idle_is_told_until_they_stir() -> None:
    house = House()
    await house.device(BOB, "b")
    await house.connect(BOB, "b", is_idle=True)
    assert await house.told(house.message(ANNA)) == [("b", "1")]
    await house.connect(BOB, "b")
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


async def test_in_a_large_conversation_those_are_told_who_are_mentioned() -> None:
    house = House()
    house.audience.members[ROOM] = [ANNA, BOB, CAROL, *(UserId(new_id()) for _ in range(SMALL))]
    for user_id, name in ((BOB, "b"), (CAROL, "c")):
        await house.device(user_id, name)
    assert await house.told(house.message(ANNA)) == []
    assert await house.told(house.message(ANNA, mentions=[CAROL])) == [("c", "2")]
    assert sorted(await house.told(house.message(ANNA, all_=True))) == [("b", "3"), ("c", "3")]


async def test_in_a_large_conversation_those_are_told_of_everything_who_have_chosen_that() -> None:
    house, stranger = House(), UserId(new_id())
    house.audience.members[ROOM] = [ANNA, BOB, CAROL, *(UserId(new_id()) for _ in range(SMALL))]
    for user_id, name in ((ANNA, "a"), (BOB, "b"), (CAROL, "c"), (stranger, "s")):
        await house.device(user_id, name)
        house.standing.choices[user_id, ROOM] = {"notifications": WANTS_MENTIONS if user_id == CAROL else WANTS_ALL}
    await house.store.listen([Listening(user_id, ROOM, 1, is_on=True) for user_id in (ANNA, BOB, stranger)])
    assert await house.told(house.message(ANNA)) == [("b", "1")]
    assert sorted(await house.told(house.message(ANNA, mentions=[CAROL]))) == [("b", "2"), ("c", "2")]


async def test_what_is_old_or_broken_or_no_message_is_told_to_nobody_and_keeps_nothing_up() -> None:
    house = House()
    await house.device(BOB, "b")
    old = house.message(ANNA)
    house.clock.advance(FRESH_MS / 1000)
    edit = log_pb2.LogEntry.FromString(house.message(ANNA))
    edit.kind = entry_pb2.Entry.EDIT
    unknown = house.message(ANNA, room=ConversationId(new_id()))
    assert await house.told(old, b"\xff", edit.SerializeToString(), unknown, house.message(ANNA)) == [("b", "4")]


async def test_who_gets_a_device_is_told_soon_after() -> None:
    house = House()
    assert await house.told(house.message(ANNA)) == []
    await house.device(BOB, "b")
    house.clock.advance(WITHOUT_S + 1)
    assert await house.told(house.message(ANNA)) == [("b", "2")]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, ["1", "2"]),
        ({"notifications": WANTS_ALL}, ["1", "2"]),
        ({"notifications": WANTS_MENTIONS}, ["2"]),
        ({"notifications": WANTS_NOTHING}, []),
        ({"muted_until_ms": NOW + 1}, []),
        ({"muted_until_ms": NOW}, ["1", "2"]),
        ({"notifications": WANTS_MENTIONS, "muted_until_ms": NOW}, ["2"]),
    ],
)
async def test_what_a_user_has_chosen_of_a_conversation_counts(chosen: Mapping[str, int], told: Sequence[str]) -> None:
    house = House()
    await house.device(BOB, "b")
    house.standing.choices[BOB, ROOM] = chosen
    heard = [*await house.told(house.message(ANNA)), *await house.told(house.message(ANNA, mentions=[BOB]))]
    assert [seq for _, seq in heard] == told


async def test_of_what_comes_together_the_newest_is_told_that_the_user_wants() -> None:
    house = House()
    await house.device(BOB, "b")
    house.standing.choices[BOB, ROOM] = {"notifications": WANTS_MENTIONS}
    assert await house.told(house.message(ANNA, mentions=[BOB]), house.message(ANNA)) == [("b", "1")]


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(availability=Availability.BUSY),
        Wishes(quiet_hours=QuietHours(0, 1439, "UTC")),
        Wishes(quiet_hours=QuietHours(540, 538, "UTC")),
    ],
)
async def test_who_does_not_want_to_be_disturbed_is_told_of_nothing(wishes: Wishes) -> None:
    house = House()
    await house.device(BOB, "b")
    house.keeper.decide(BOB, wishes)
    assert await house.told(house.message(ANNA, mentions=[BOB])) == []


async def test_when_a_status_and_quiet_hours_are_over_users_are_told_again() -> None:
    house = House()
    await house.device(BOB, "b")
    minute = NOW // 60_000 % 1440
    quiet_hours = QuietHours(minute, (minute + 1) % 1440, "UTC")
    house.keeper.decide(BOB, Wishes(availability=Availability.BUSY, expires_ms=NOW + 1, quiet_hours=quiet_hours))
    house.clock.advance(60)
    assert await house.told(house.message(ANNA)) == [("b", "1")]


async def test_while_nobody_knows_what_users_want_nobody_is_told() -> None:
    house = House()
    await house.device(BOB, "b")
    house.standing.away = True
    assert await house.told(house.message(ANNA)) == []
    house.standing.away = False
    assert await house.told(house.message(ANNA)) == [("b", "2")]


async def test_a_conversation_that_nobody_thought_of_keeps_no_other_up() -> None:
    house, other = House(), ConversationId(new_id())
    house.audience.members[other] = [ANNA, BOB]
    await house.device(BOB, "b")
    house.standing.choices[BOB, other] = None  # type: ignore[assignment]
    before = faults("message")
    assert await house.told(house.message(ANNA, room=other), house.message(ANNA)) == [("b", "2")]
    assert faults("message") == before + 1


async def test_a_conversation_whose_members_can_t_be_read_keeps_no_other_up(monkeypatch: pytest.MonkeyPatch) -> None:
    house, rooms = House(), [ConversationId(new_id()) for _ in range(5)]
    sizes = house.audience.sizes

    async def some_are_broken(conversations: Sequence[ConversationId]) -> list[int]:
        if broken := set(conversations) & {rooms[1], rooms[2]}:
            raise ChatError(Reason.UNAVAILABLE) if rooms[1] in broken else ValueError("nobody thought of this")
        return await sizes(conversations)

    monkeypatch.setattr(house.audience, "sizes", some_are_broken)
    house.audience.members |= {room: [ANNA, BOB] for room in rooms}
    await house.device(BOB, "b")
    before = faults("message")
    assert await house.told(*(house.message(ANNA, room=room) for room in rooms)) == [("b", "1"), ("b", "4"), ("b", "5")]
    assert faults("message") == before + 1


async def test_many_conversations_are_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    house, asked = House(limit=1000), list[str]()
    rooms = [ConversationId(new_id()) for _ in range(AT_ONCE + 1)]
    house.audience.members |= {room: [ANNA, BOB] for room in rooms}
    await house.device(BOB, "b")
    for port, name in ((house.audience, "sizes"), (house.audience, "everyone_in"), (house.directory, "presence"), (house.store, "of_each")):
        monkeypatch.setattr(port, name, partial(_noted, getattr(port, name), asked, name))
    await house.notifier.tell(entries_of([house.message(ANNA, room=room) for room in rooms]))
    assert asked == ["sizes", "everyone_in", "presence", "of_each"] * 2
    await house.deliver()
    assert len(house.phones.taken) == len(rooms)


async def _noted(method: Callable[[Any], Awaitable[Any]], asked: list[str], name: str, argument: Any) -> Any:
    """Note that something is asked, and ask it."""
    asked.append(name)
    return await method(argument)


async def test_nobody_is_told_of_what_one_says_whom_they_have_blocked() -> None:
    house = House()
    for user_id, name in ((BOB, "b"), (CAROL, "c")):
        await house.device(user_id, name)
    house.keeper.decide(BOB, Wishes(blocks={ANNA: 1}))
    assert await house.told(house.message(ANNA, mentions=[BOB, CAROL])) == [("c", "1")]
    assert sorted(await house.told(house.message(CAROL), house.message(ANNA))) == [("b", "2"), ("c", "3")]

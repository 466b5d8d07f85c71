"""What waits for a push service, and what a push says when its turn comes."""

from __future__ import annotations

import pytest

from chatkit.core.ids import ConversationId, SessionId, new_id
from svc_presence.push.composer import MAX_TEXT, topic_of
from svc_presence.push.core import SMALL
from svc_presence.push.intake import entries_of
from svc_presence.push.port import Outcome, Target
from svc_presence.push.store import Subscription
from tests.phones import SCHEME
from tests.pushing import ANNA, BOB, CAROL, ROOM, House, faults


async def test_a_push_that_waits_gives_way_to_a_newer_one_of_its_conversation_and_to_no_other() -> None:
    house, other = House(), ConversationId(new_id())
    house.audience.members[other] = [ANNA, BOB]
    await house.device(BOB, "b")
    for room in (ROOM, other, ROOM):
        await house.notifier.tell(entries_of([house.message(ANNA, room=room)]))
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


async def test_a_device_that_is_gone_is_forgotten_and_one_that_refuses_is_not() -> None:
    house = House()
    await house.device(BOB, "gone")
    kept = await house.device(BOB, "cross")
    house.phones.outcomes = {"gone": Outcome.GONE, "cross": Outcome.REFUSED}
    await house.told(house.message(ANNA))
    assert await house.store.of_each([BOB]) == [[kept]]


async def test_when_too_much_waits_the_oldest_gives_way() -> None:
    house = House(limit=2)
    rooms = [ConversationId(new_id()) for _ in range(3)]
    await house.device(BOB, "b")
    for room in rooms:
        house.audience.members[room] = [ANNA, BOB]
        await house.notifier.tell(entries_of([house.message(ANNA, room=room)]))
    await house.deliver()
    assert [says["seq"] for _, says in house.phones.taken] == ["2", "3"]


@pytest.mark.parametrize("workers", [1, 64])
async def test_a_push_service_and_a_device_that_break_keep_nobody_up(workers: int) -> None:
    house = House()
    for name in ("breaks", "b"):
        await house.device(BOB, name)
    await house.store.put(Subscription(CAROL, SessionId("s"), Target(f"{SCHEME}row", b"", b""), None, 1))  # type: ignore[arg-type]
    house.phones.broken = {"breaks"}
    before = faults("push")
    assert sorted(await house.told(house.message(ANNA), workers=workers)) == [("b", "1"), ("row", "1")]
    assert faults("push") == before + 1
    assert sorted(await house.told(house.message(ANNA), workers=workers)) == [("b", "2"), ("row", "2")]


async def test_what_is_newer_waits_for_what_is_under_way_and_is_not_lost() -> None:
    house = House()
    await house.device(BOB, "b")
    async with house.sending(workers=8):
        for _ in range(3):
            await house.notifier.tell(entries_of([house.message(ANNA)]))
            await house.settle()
        assert house.phones.begun == ["b"]
        house.phones.open.set()
        await house.settle()
    assert [says["seq"] for _, says in house.phones.taken] == ["1", "3"]


async def test_a_push_tells_how_much_is_unread_of_what_the_user_wants_to_be_told_of() -> None:
    house, mute, large, none, direct = House(), *(ConversationId(new_id()) for _ in range(4))
    await house.device(BOB, "b")
    house.audience.members |= {large: [BOB] * (SMALL + 1), direct: [ANNA, BOB]}
    house.standing.counts[BOB] = {ROOM: (7, 2), mute: (100, 100), large: (1000, 3), none: (50, 50), direct: (1, 0)}
    house.standing.choices[BOB, mute] = {"muted_until_ms": house.clock.now_ms() + 1}
    house.standing.choices[BOB, none] = {"notifications": 3}
    await house.told(house.message(ANNA))
    assert [says["badge"] for _, says in house.phones.taken] == [7 + 3 + 1]


async def test_while_nobody_knows_the_badge_devices_leave_it_as_it_is() -> None:
    house = House()
    await house.device(BOB, "b")
    await house.notifier.tell(entries_of([house.message(ANNA)]))
    house.standing.away = True
    await house.deliver()
    ((_, says),) = house.phones.taken
    assert says["seq"] == "1"
    assert "badge" not in says

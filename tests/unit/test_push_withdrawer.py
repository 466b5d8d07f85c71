"""What is taken back from devices when it was read on another."""

from __future__ import annotations

import pytest

from chatkit.core.ids import ConversationId, new_id
from elastic_chat.events.v1 import log_pb2
from svc_presence.push.intake import entries_of
from svc_presence.push.news import ConversationRead
from svc_presence.push.told import Reading
from tests.pushing import ANNA, BOB, CAROL, ROOM, House, faults


async def test_what_was_read_is_taken_back_once_with_the_new_number() -> None:
    house = House()
    for name in ("phone", "tablet"):
        await house.device(BOB, name)
    await house.told(house.message(ANNA))
    house.standing.counts[BOB] = {ConversationId(new_id()): (4, 0)}
    await house.read(BOB, 1)
    await house.deliver()
    said = {"type": "read", "conversationId": ROOM, "seq": "1", "badge": 4}
    assert sorted(house.phones.taken) == [("phone", said), ("tablet", said)]
    await house.read(BOB, 2)
    await house.deliver()
    assert house.phones.taken == []


async def test_a_device_that_is_in_use_is_not_told_what_it_hears_anyway() -> None:
    house = House()
    for name in ("phone", "tablet", "laptop"):
        await house.device(BOB, name)
    await house.told(house.message(ANNA))
    await house.connect(BOB, "laptop")
    await house.connect(BOB, "tablet", is_idle=True)
    await house.read(BOB, 1)
    await house.deliver()
    assert sorted(name for name, _ in house.phones.taken) == ["phone", "tablet"]


async def test_nothing_is_taken_back_of_which_nobody_was_told_or_something_newer() -> None:
    house, other = House(), ConversationId(new_id())
    house.audience.members[other] = [ANNA, BOB]
    await house.device(BOB, "phone")
    await house.read(BOB, 9, other)
    await house.told(house.message(ANNA), house.message(ANNA))
    await house.read(BOB, 1)
    await house.read(CAROL, 2)
    await house.deliver()
    assert house.phones.taken == []
    await house.read(BOB, 2)
    await house.deliver()
    assert [says["seq"] for _, says in house.phones.taken] == ["2"]


async def test_of_a_message_that_is_read_before_its_turn_comes_nobody_is_told() -> None:
    house = House()
    await house.device(BOB, "phone")
    await house.notifier.tell(entries_of([house.message(ANNA)]))
    house.told_of.read[BOB, ROOM] = 1
    await house.deliver()
    assert house.phones.taken == []
    assert await house.told_of.take([Reading(BOB, ROOM, 1)]) == [False]


async def test_what_takes_back_comes_after_what_is_under_way() -> None:
    house = House()
    await house.device(BOB, "phone")
    async with house.sending(workers=8):
        await house.notifier.tell(entries_of([house.message(ANNA)]))
        await house.settle()
        await house.read(BOB, 1)
        house.phones.open.set()
        await house.settle()
    assert [says["type"] for _, says in house.phones.taken] == ["message", "read"]


async def test_a_reading_takes_no_newer_message_out_of_what_waits() -> None:
    house = House()
    await house.device(BOB, "phone")
    await house.told(house.message(ANNA))
    await house.notifier.tell(entries_of([house.message(ANNA)]))
    await house.read(BOB, 1)
    await house.deliver()
    assert [(says["type"], says["seq"]) for _, says in house.phones.taken] == [("message", "2")]


async def test_a_reading_is_not_told_after_a_newer_message_but_instead_of_one_that_was_read() -> None:
    house = House()
    phone = await house.device(BOB, "phone")
    await house.told(house.message(ANNA))
    for read_seq, told in ((1, [("message", "2")]), (2, [("read", "1")])):
        house.phones.taken.clear()
        house.phones.open.clear()
        house.told_of.read[BOB, ROOM] = read_seq
        async with house.sending(workers=2):
            await house.notifier.tell(entries_of([house.at(2)]))
            await house.settle()
            house.outbox.put(phone, ConversationRead(ROOM, 1))
            house.phones.open.set()
            await house.settle()
        assert [(says["type"], says["seq"]) for _, says in house.phones.taken] == told


async def test_what_was_told_before_is_taken_back_although_the_newest_was_read_before_it_was_told() -> None:
    house = House()
    await house.device(BOB, "phone")
    await house.told(house.message(ANNA))
    await house.notifier.tell(entries_of([house.message(ANNA)]))
    house.told_of.read[BOB, ROOM] = 2
    await house.deliver()
    assert house.phones.taken == []
    await house.read(BOB, 2)
    await house.deliver()
    assert [(says["type"], says["seq"]) for _, says in house.phones.taken] == [("read", "2")]


async def test_what_waits_is_told_if_a_newer_message_that_waits_was_read() -> None:
    house = House()
    phone = await house.device(BOB, "phone")
    await house.told(house.message(ANNA))
    await house.notifier.tell(entries_of([house.message(ANNA)]))
    await house.read(BOB, 1)
    house.told_of.read[BOB, ROOM] = 2
    await house.deliver()
    assert [(says["type"], says["seq"]) for _, says in house.phones.taken] == [("read", "1")]
    await house.notifier.tell(entries_of([house.message(ANNA)]))
    house.outbox.put(phone, ConversationRead(ROOM, 3))
    await house.deliver()
    assert [(says["type"], says["seq"]) for _, says in house.phones.taken] == [("read", "3")]


async def test_what_is_broken_keeps_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    await house.device(BOB, "phone")
    await house.told(house.message(ANNA))
    before = faults("reading")
    with monkeypatch.context() as patch:
        patch.setattr(house.told_of, "take", None)
        await house.read(BOB, 1)
    await house.withdrawer.withdraw([b"\xff", log_pb2.WatermarkRecord().SerializeToString()])
    assert faults("reading") == before + 1
    await house.read(BOB, 1)
    await house.deliver()
    assert [says["type"] for _, says in house.phones.taken] == ["read"]

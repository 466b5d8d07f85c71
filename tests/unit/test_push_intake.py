"""What is done with the log: in which order, and what happens when it can't be read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, new_id
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC
from chatkit.edges.message_log.reader import Taken
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_presence.push.intake import Intake
from svc_presence.push.listening import Listeners
from tests.pushing import ANNA, BOB, ROOM, House, faults

Preferences = conversation_pb2.ConversationPreferences


class Log:
    """A log that is read in batches; what is an error is raised."""

    def __init__(self, *steps: Sequence[Taken] | Exception) -> None:
        self.steps = list(steps)
        self.committed: list[Taken] = []
        self.started = self.stopped = 0
        self.done = asyncio.Event()

    async def start(self) -> None:
        self.started += 1

    async def stop(self) -> None:
        self.stopped += 1

    async def take(self) -> Sequence[Taken]:
        if not self.steps:
            self.done.set()
            await asyncio.Event().wait()
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    async def commit(self, taken: Sequence[Taken]) -> None:
        self.committed += taken


def record(value: bytes, topic: str = LOG_TOPIC) -> Taken:
    return Taken(topic, 0, 0, b"", value, "")


def choice(seq: int = 2, conversation_id: str = ROOM, **preferences: Any) -> Taken:
    entry = log_pb2.LogEntry(kind=entry_pb2.Entry.PERSONAL, sender_id=BOB, seq=seq)
    entry.personal.conversation_id = conversation_id
    entry.personal.preferences.CopyFrom(Preferences(**preferences))
    return record(entry.SerializeToString())


async def read(house: House, log: Log) -> None:
    reader: Any = log
    intake = Intake(lambda: reader, Listeners(house.store), house.notifier, house.withdrawer, first_pause_s=0)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(intake.run())
        await log.done.wait()
        assert not running.done(), "it reads for ever"
        running.cancel()


async def test_messages_are_told_of_and_watermarks_take_back() -> None:
    house = House()
    await house.device(BOB, "b")
    message = record(house.message(ANNA))
    mark = conversation_pb2.Watermark(user_id=BOB, conversation_id=ROOM, read_seq=1)
    log = Log([message])
    await read(house, log)
    await house.deliver()
    assert [says["type"] for _, says in house.phones.taken] == ["message"]
    await read(house, Log([record(log_pb2.WatermarkRecord(watermark=mark).SerializeToString(), WATERMARK_TOPIC)]))
    await house.deliver()
    assert [says["type"] for _, says in house.phones.taken] == ["read"]
    assert log.committed == [message]


async def test_whatever_is_wrong_with_the_log_it_is_read_again() -> None:
    house = House()
    await house.device(BOB, "b")
    before = faults("log")
    log = Log(ConnectionError(), ChatError(Reason.UNAVAILABLE), ValueError("nobody thought of this"), [record(house.message(ANNA))])
    await read(house, log)
    await house.deliver()
    assert [name for name, _ in house.phones.taken] == ["b"]
    assert (log.started, log.stopped, faults("log")) == (4, 4, before + 1)


async def test_who_has_chosen_to_be_told_of_everything_is_noted() -> None:
    house, other = House(), ConversationId(new_id())
    await read(
        house, Log([choice(2, notifications=Preferences.ALL), choice(3, other, notifications=Preferences.ALL), choice(4, archived=True)])
    )
    assert await house.store.listeners(ROOM) == await house.store.listeners(other) == [BOB]
    await read(house, Log([choice(5, notifications=Preferences.NOTHING)]))
    assert await house.store.listeners(ROOM) == []


async def test_a_choice_that_can_t_be_noted_is_read_again_and_one_that_nobody_can_read_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    listen, fails = house.store.listen, [ChatError(Reason.UNAVAILABLE)]

    async def noted(choices: Any) -> None:
        if fails:
            raise fails.pop()
        await listen(choices)

    monkeypatch.setattr(house.store, "listen", noted)
    before = faults("choice")
    broken, good = choice(2, "no conversation", notifications=Preferences.ALL), choice(3, notifications=Preferences.ALL)
    log = Log([broken, record(b"\xff"), good], [broken, record(b"\xff"), good])
    await read(house, log)
    assert log.committed == [broken, record(b"\xff"), good], "only when all of it was noted"
    assert await house.store.listeners(ROOM) == [BOB]
    assert faults("choice") == before + 2

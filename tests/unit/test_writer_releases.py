from __future__ import annotations

import asyncio

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, new_id
from chatkit.edges.message_log import LOG_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_writer import releases
from svc_writer.core import grouped
from svc_writer.records import writes_of
from svc_writer.releases import Releases
from svc_writer.store.memory import MemoryTimeline

ROOM = new_id()


class Files:
    """Takes note of what it is told, unless it is away."""

    def __init__(self) -> None:
        self.released: list[MessageId] = []
        self.due: list[int] = []
        self.available = True

    async def release(self, conversation_id: str, message_id: MessageId, due_s: int) -> None:
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)
        assert conversation_id == ROOM
        self.released.append(message_id)
        self.due.append(due_s)


def deletion(seq: int, *, files: bool) -> log_pb2.LogEntry:
    """Return the deletion of the message before it."""
    left = log_pb2.LogEntry(seq=seq - 1, message_id=new_id(), kind=entry_pb2.Entry.MESSAGE, outline=log_pb2.Outline(files=files))
    return log_pb2.LogEntry(conversation_id=ROOM, seq=seq, message_id=new_id(), kind=entry_pb2.Entry.DELETION, target=left.seq, erased=left)


async def written(timeline: MemoryTimeline, *entries: log_pb2.LogEntry) -> None:
    for entry in entries:
        await timeline.put(grouped(writes_of(LOG_TOPIC, entry.SerializeToString())))


async def test_the_files_of_a_deleted_message_are_released_once_and_those_of_one_without_not_at_all() -> None:
    timeline, files = MemoryTimeline(), Files()
    with_files, without = deletion(5, files=True), deletion(9, files=False)
    await written(timeline, with_files, without)
    for _ in range(2):
        await Releases(timeline, files).release()
        assert files.released == [with_files.erased.message_id]
        await written(timeline, with_files)  # once more, as after a crash


async def test_the_files_of_a_message_that_disappears_are_released_at_its_time_and_at_once_if_it_is_deleted_before() -> None:
    timeline, files = MemoryTimeline(), Files()
    message = log_pb2.LogEntry(conversation_id=ROOM, seq=4, message_id=new_id(), kind=entry_pb2.Entry.MESSAGE)
    message.outline.files, message.expires_at.seconds = True, 1_900_000_000
    await written(timeline, message)
    await Releases(timeline, files).release()
    deleted = deletion(5, files=True)
    deleted.erased.message_id, deleted.erased.expires_at.seconds = message.message_id, 1_900_000_000
    await written(timeline, deleted, message)
    await Releases(timeline, files).release()
    assert (files.released, files.due) == ([message.message_id] * 2, [1_900_000_000, 0])


async def test_what_can_not_be_released_now_is_released_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "AGAIN_S", 0.001)
    timeline, files = MemoryTimeline(), Files()
    made = [deletion(seq, files=True) for seq in range(2, 400, 2)]
    await written(timeline, *made)
    files.available = False
    with pytest.raises(ChatError):
        await Releases(timeline, files).release()
    async with asyncio.timeout(30):
        running = asyncio.create_task(Releases(timeline, files).run())
        await asyncio.sleep(0)
        files.available = True
        while await timeline.releases():
            await asyncio.sleep(0.001)
    running.cancel()
    assert sorted(files.released) == sorted(one.erased.message_id for one in made)

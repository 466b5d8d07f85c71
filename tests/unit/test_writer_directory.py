"""The directory of public conversations follows how they are, whatever comes late, twice, or is interrupted."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from chatkit.core.ids import new_id
from chatkit.edges.message_log import LOG_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.conversation_pb2 import Conversation, ConversationSettings
from svc_writer.core import Table, grouped
from svc_writer.directory import entries, relist, touched
from svc_writer.records import writes_of
from svc_writer.store.memory import MemoryTimeline

TEA = new_id()


def born() -> log_pb2.LogEntry:
    entry = log_pb2.LogEntry(conversation_id=TEA, seq=1, message_id=new_id(), sender_id=new_id(), kind=entry_pb2.Entry.CREATED)
    entry.created.conversation.CopyFrom(Conversation(conversation_id=TEA, kind=Conversation.GROUP, title="Tea"))
    return entry


def setting(seq: int, **values: Any) -> log_pb2.LogEntry:
    settings = ConversationSettings(**values)
    return log_pb2.LogEntry(conversation_id=TEA, seq=seq, message_id=new_id(), kind=entry_pb2.Entry.SETTINGS, settings=settings)


async def write(timeline: MemoryTimeline, entry: log_pb2.LogEntry) -> None:
    """Write an entry as the pump does."""
    writes = writes_of(LOG_TOPIC, entry.SerializeToString())
    await timeline.put(grouped(writes))
    for conversation_id in touched(writes):
        await relist(timeline, conversation_id)


async def listed(timeline: MemoryTimeline) -> list[tuple[str, str, str]]:
    return [(row["title_key"], row["title"], row["topic"]) for row in await timeline.rows(Table.PUBLIC)]


async def test_a_conversation_is_listed_as_long_as_it_is_public_and_under_the_title_that_it_has() -> None:
    timeline = MemoryTimeline()
    for entry, wanted in [
        (born(), []),
        (setting(2, topic="green"), []),
        (setting(3, public=True), [("tea", "Tea", "green")]),
        (setting(4, title="COFFEE"), [("coffee", "COFFEE", "green")]),
        (setting(5, slow_mode_s=1), [("coffee", "COFFEE", "green")]),
        (setting(6, title="Tea", topic=""), [("tea", "Tea", "")]),
        (setting(7, public=False), []),
        (setting(8, title="Milk"), []),
        (setting(9, public=True), [("milk", "Milk", "")]),
    ]:
        await write(timeline, entry)
        assert await listed(timeline) == wanted, entry.seq


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_in_whatever_order_and_however_often_entries_are_written_it_ends_the_same(order: tuple[int, ...]) -> None:
    timeline = MemoryTimeline()
    made = [setting(2, public=True), setting(3, title="Coffee"), setting(4, title="Milk", public=False), setting(5, public=True)]
    await write(timeline, born())
    for number in (*order, *order):
        await write(timeline, made[number])
    assert await listed(timeline) == [("milk", "Milk", "")]


async def test_who_is_interrupted_and_begins_again_leaves_nothing_behind() -> None:
    timeline = MemoryTimeline()
    for entry in (born(), setting(2, public=True)):
        await write(timeline, entry)
    renamed = setting(3, title="Coffee")
    await timeline.put(grouped(writes_of(LOG_TOPIC, renamed.SerializeToString())))
    listing = await timeline.listing(TEA)
    assert listing is not None
    entered, _ = entries(TEA, listing)
    await timeline.put(grouped(entered))  # and no more
    await write(timeline, renamed)
    await write(timeline, setting(4, title="Milk"))
    assert await listed(timeline) == [("milk", "Milk", "")]


async def test_settings_of_a_conversation_that_is_not_there_yet_list_nothing() -> None:
    timeline = MemoryTimeline()
    await write(timeline, setting(2, public=True))
    assert await listed(timeline) == []

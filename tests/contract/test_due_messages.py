"""What the writer finds to be sent, as it has written it: the same from fake and engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chatkit.core.clock import SystemClock
from chatkit.core.ids import MessageId, new_id
from chatkit.edges.cassandra import CassandraSession, migrate
from svc_writer.app import MIGRATIONS
from svc_writer.core import HOUR_MS, Due, grouped
from svc_writer.sending import START
from svc_writer.store import AT_ONCE, Timeline
from svc_writer.store.cassandra import KEYSPACE, CassandraTimeline
from svc_writer.store.memory import MemoryTimeline

HOUR = 900_000
START_MS = HOUR * HOUR_MS


@pytest.fixture(params=["memory", "cassandra"])
async def timeline(request: pytest.FixtureRequest) -> AsyncIterator[Timeline]:
    if request.param == "memory":
        yield MemoryTimeline()
        return
    session = await CassandraSession.connect(request.getfixturevalue("cassandra_settings"))
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    made = CassandraTimeline(session, SystemClock())
    await made.prepare()
    yield made
    await session.run(f"DELETE FROM {KEYSPACE}.due_messages WHERE hour = {HOUR}")  # noqa: S608 - our own names
    await session.close()


async def test_what_is_due_comes_by_its_time_and_by_parts_until_it_is_done(timeline: Timeline) -> None:
    found = [Due(START_MS + n // 2, new_id(), MessageId(new_id()), 7) for n in range(AT_ONCE + 20)]
    found.sort(key=lambda one: one.place)
    elsewhere = Due(START_MS + HOUR_MS, new_id(), MessageId(new_id()), 7)
    await timeline.put(grouped(one.write(done=False) for one in [elsewhere, *found]))
    assert await timeline.due(HOUR, START, START_MS - 1) == []
    upto = START_MS + 3
    assert await timeline.due(HOUR, START, upto) == [one for one in found if one.deliver_ms <= upto]
    first = await timeline.due(HOUR, START, START_MS + HOUR_MS)
    assert first == found[:AT_ONCE]
    assert await timeline.due(HOUR, first[-1].place, START_MS + HOUR_MS) == found[AT_ONCE:]
    gone: Any = grouped(one.write(done=True) for one in found[:-1])
    await timeline.put(gone)
    await timeline.put(grouped(one.write(done=False) for one in found))  # once more, as after a crash
    assert await timeline.due(HOUR, START, START_MS + HOUR_MS) == found[-1:]

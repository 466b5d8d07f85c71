"""Whose lease has ended, and whose could not be renewed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import cast

from chatkit.core.clock import ManualClock
from chatkit.edges.fanout import Hearing
from chatkit.edges.fanout.memory import MemoryFanout
from elastic_chat.events.v1 import node_pb2
from svc_presence.service import PresenceServicer
from svc_presence.store.memory import MemoryDirectory


async def test_leases_that_ran_out_while_presence_itself_slept_are_given_another_term() -> None:
    directory, clock = MemoryDirectory(), ManualClock()
    service = PresenceServicer(directory, MemoryFanout(), clock, timedelta(seconds=10), timedelta(seconds=2))

    async def rounds(seconds: int) -> None:
        for _ in range(seconds):
            clock.advance(1)
            await service.look_round()

    await rounds(11)
    await directory.renew("gateway-1@1", clock.now_ms() + 10_000)
    await rounds(9)
    assert await directory.incarnations()
    clock.advance(60)
    await rounds(9)
    assert await directory.incarnations()
    await rounds(3)
    assert not await directory.incarnations()


async def test_a_node_whose_lease_has_ended_is_told_in_case_it_lives() -> None:
    directory, fanout, clock = MemoryDirectory(), MemoryFanout(), ManualClock()
    service = PresenceServicer(directory, fanout, clock, timedelta(seconds=10), timedelta(seconds=2))
    await service.look_round()
    clock.advance(11)
    await directory.renew("gateway-1@1", clock.now_ms() - 1)
    heard = fanout.listen("gateway-1@1")
    assert await anext(heard) is Hearing.WHOLE
    for _ in range(11):
        clock.advance(1)
        await service.look_round()
    (event,) = node_pb2.NodeBatch.FromString(cast("bytes", await asyncio.wait_for(anext(heard), 1))).events
    assert event.HasField("lease_end")
    await heard.aclose()  # type: ignore[attr-defined]

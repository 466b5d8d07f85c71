"""Whose lease has ended, and whose could not be renewed."""

from __future__ import annotations

from datetime import timedelta

from chatkit.core.clock import ManualClock
from chatkit.edges.fanout.memory import MemoryFanout
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

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

NODE = "gateway-1@1"


class House:
    """Presence, and the seconds that pass there."""

    def __init__(self) -> None:
        self.directory, self.fanout, self.clock = MemoryDirectory(), MemoryFanout(), ManualClock()
        self.service = PresenceServicer(self.directory, self.fanout, self.clock, timedelta(seconds=10), timedelta(seconds=2))

    async def rounds(self, seconds: int, *, renewing: str = "") -> None:
        for _ in range(seconds):
            self.clock.advance(1)
            if renewing:
                await self.directory.renew(renewing, 0)
            await self.service.look_round()


async def test_a_node_lives_for_as_long_as_it_renews_its_lease_and_one_lease_longer() -> None:
    house = House()
    await house.rounds(60, renewing=NODE)
    await house.rounds(10)
    assert await house.directory.incarnations()
    await house.rounds(2)
    assert not await house.directory.incarnations()


async def test_a_wall_clock_that_jumps_ends_no_lease_and_makes_none_longer() -> None:
    house = House()
    await house.rounds(5, renewing=NODE)
    for hours in (1, -2):
        house.clock.jump(hours * 3600)
        await house.rounds(3, renewing=NODE)
        assert await house.directory.incarnations()
    await house.rounds(12)
    assert not await house.directory.incarnations()


async def test_leases_that_ran_out_while_presence_itself_slept_are_given_another_term() -> None:
    house = House()
    await house.rounds(11, renewing=NODE)
    house.clock.advance(60)
    await house.rounds(10)
    assert await house.directory.incarnations()
    await house.rounds(3)
    assert not await house.directory.incarnations()


async def test_a_node_whose_lease_has_ended_is_told_in_case_it_lives() -> None:
    house = House()
    heard = house.fanout.listen(NODE)
    assert await anext(heard) is Hearing.WHOLE
    await house.rounds(1, renewing=NODE)
    await house.rounds(12)
    (event,) = node_pb2.NodeBatch.FromString(cast("bytes", await asyncio.wait_for(anext(heard), 1))).events
    assert event.HasField("lease_end")
    await heard.aclose()  # type: ignore[attr-defined]

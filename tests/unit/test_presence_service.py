"""Whose lease has ended, and what is told of those who come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.edges.fanout import Hearing
from chatkit.edges.fanout.memory import MemoryFanout
from elastic_chat.events.v1 import node_pb2
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from svc_presence.service import PresenceServicer
from svc_presence.store import Presence
from svc_presence.store.memory import MemoryDirectory

NODE = "gateway-1@1"


ANNA = UserId("anna")


class House:
    """Presence, and the seconds that pass there."""

    def __init__(self, notices_per_s: int = 100) -> None:
        self.directory, self.fanout, self.clock = MemoryDirectory(), MemoryFanout(), ManualClock()
        self.service = PresenceServicer(self.directory, self.fanout, self.clock, timedelta(seconds=10), timedelta(seconds=2), notices_per_s)

    async def attach(self, came: Sequence[str] = (), went: Sequence[str] = ()) -> None:
        """Let connections come and go, each named like its user."""
        request = pb.AttachRequest(node=pb.Node(node_id="gateway-1", epoch=1))
        request.attached.extend(pb.Connection(connection_id=name, user_id=name, session_id="s") for name in came)
        request.detached.extend(pb.Connection(connection_id=name, user_id=name, session_id="s") for name in went)
        await self.service.Attach(request, None)

    async def told(self, pause_s: float = 0) -> list[tuple[str, bool]]:
        """Let time pass, and return who was told of, and whether they are online; "" for what was skipped."""
        self.clock.advance(pause_s)
        await self.directory.renew(NODE, 0)
        heard: Any = self.fanout.listen(NODE)
        assert await anext(heard) is Hearing.WHOLE
        await self.service.look_round()
        await self.service.tell_news()
        await self.fanout.publish({NODE: b""})
        events: list[node_pb2.NodeEvent] = []
        while batch := await asyncio.wait_for(anext(heard), 1):
            events += node_pb2.NodeBatch.FromString(batch).events
        await heard.aclose()
        return [(one.presence.user_id, frames_pb2.ServerFrame.FromString(one.presence.frame).presence.online) for one in events]

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


async def test_who_comes_and_goes_within_a_second_is_told_of_once_and_as_they_are_then() -> None:
    house = House()
    await house.directory.watch(NODE, [ANNA], [])
    for _ in range(5):
        await house.attach(came=["anna"])
        await house.attach(went=["anna"])
    assert await house.told() == [("anna", False)]
    await house.attach(came=["anna"])
    assert await house.told() == [], "nobody has heard that she had gone"
    await house.attach(went=["anna"])
    assert await house.told() == []
    assert await house.told(3) == [("anna", False)]
    assert await house.told(3) == []


async def test_a_node_is_given_only_so_many_notices_a_second_and_told_if_there_were_more() -> None:
    house, people = House(notices_per_s=3), [UserId(f"user {n}") for n in range(8)]
    await house.directory.watch(NODE, people, [])
    await house.attach(came=people[:3])
    assert len(await house.told()) == 3
    await house.attach(came=people[3:])
    *given, skipped = [name for name, _ in await house.told()]
    assert (len(given), skipped) == (3, "")
    assert set(given) < set(people[3:])
    assert await house.told() == []


async def test_whom_nobody_watches_nobody_looks_up() -> None:
    house = House()
    looked: list[UserId] = []
    look = house.directory.presence

    async def noting(users: Sequence[UserId]) -> list[Presence]:
        looked.extend(users)
        return await look(users)

    house.directory.presence = noting  # type: ignore[method-assign]
    await house.directory.watch(NODE, [ANNA], [])
    await house.attach(came=["anna", "bob"])
    assert await house.told() == [("anna", True)]
    assert looked == ["anna"]


async def test_what_could_not_be_told_is_told_when_the_map_is_back() -> None:
    house = House()
    await house.directory.watch(NODE, [ANNA], [])
    await house.attach(came=["anna"])
    there = house.directory.watchers

    async def away(_: Sequence[UserId]) -> list[frozenset[str]]:
        raise ChatError(Reason.UNAVAILABLE)

    house.directory.watchers = away  # type: ignore[method-assign, assignment]
    with pytest.raises(ChatError):
        await house.service.tell_news()
    house.directory.watchers = there  # type: ignore[method-assign]
    assert await house.told() == [("anna", True)]

"""What a gateway does when it hears nothing any more, and when it was taken for dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from chatkit.core.clock import ManualClock
from chatkit.edges.fanout import batch_of
from chatkit.edges.fanout.memory import MemoryFanout
from elastic_chat.events.v1 import node_pb2
from svc_gateway import gateway as gateways
from svc_gateway.core import Wheel
from svc_gateway.frames import Codec
from svc_gateway.gateway import Gateway
from svc_gateway.session import Session
from svc_gateway.settings import Settings
from svc_gateway.surroundings import Surroundings

ANY: Any = None
NODE = "gateway-1@1"


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0)


class Recovery:
    def __init__(self) -> None:
        self.gaps = 0

    def trigger(self) -> None:
        self.gaps += 1


class Attacher:
    def __init__(self) -> None:
        self.leases_lost = 0

    def lose_lease(self) -> None:
        self.leases_lost += 1


class Pipe:
    codec = Codec.PROTO
    ended = ""

    def write(self, data: bytes) -> None:
        """Nobody reads it."""

    def waiting(self) -> int:
        return 0

    def end(self, error: Exception) -> None:
        self.ended = str(error)

    def abort(self) -> None:
        """Nothing is open."""


class House:
    """A gateway with one connection, and what it hears."""

    def __init__(self) -> None:
        self.channel, self.recovery, self.pipe, self.ready = MemoryFanout(), Recovery(), Pipe(), asyncio.Event()
        self.attacher = Attacher()
        around = Surroundings(
            "gateway-1", ANY, ANY, cast("Any", self.attacher), ANY, ANY, ANY, ManualClock(), Wheel(), self.ready, timedelta(seconds=25), 10
        )
        settings = Settings(node_id="gateway-1", grpc_port=1, http_port=2, mesh="", redis_url="")
        self.gateway = Gateway(around, self.channel, self.recovery, NODE, settings)  # type: ignore[arg-type]
        self.session: Session = self.gateway.open(self.pipe)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    async with asyncio.TaskGroup() as group:
        hearing = group.create_task(made.gateway.hear())
        await made.ready.wait()
        yield made
        hearing.cancel()


async def test_a_gap_is_recovered_from_and_nobody_is_let_in_until_it_ends(house: House) -> None:
    assert house.recovery.gaps == 0
    house.channel.silence(NODE)
    await until(lambda: not house.ready.is_set())
    assert house.recovery.gaps == 0
    house.channel.interrupt(NODE)
    await until(house.ready.is_set)
    assert house.recovery.gaps == 1


async def test_who_hears_nothing_for_long_sends_everyone_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "DEAF_S", 0.02)
    house.channel.silence(NODE)
    await until(lambda: not house.ready.is_set())
    assert house.pipe.ended == ""
    await until(lambda: house.session.is_over)
    assert "connect again" in house.pipe.ended
    assert house.recovery.gaps == 0


async def test_who_was_taken_for_dead_recovers(house: House) -> None:
    await house.channel.publish({NODE: batch_of(node_pb2.NodeEvent(lease_end=node_pb2.LeaseEnd()))})
    await until(lambda: house.attacher.leases_lost)
    assert (house.attacher.leases_lost, house.recovery.gaps) == (1, 1)


@pytest.mark.parametrize(
    "batch",
    [
        b"\xff",
        batch_of(node_pb2.NodeEvent(entry=node_pb2.EntryDelivery(frame=b"\xff"))),
        batch_of(node_pb2.NodeEvent(presence=node_pb2.PresenceChange(user_id="u", frame=b"{"))),
    ],
)
async def test_a_batch_that_cannot_be_read_is_fetched_another_way_and_the_next_is_heard(house: House, batch: bytes) -> None:
    await house.channel.publish({NODE: batch})
    await house.channel.publish({NODE: batch_of(node_pb2.NodeEvent(lease_end=node_pb2.LeaseEnd()))})
    await until(lambda: house.attacher.leases_lost)
    assert (house.recovery.gaps, house.attacher.leases_lost) == (2, 1)

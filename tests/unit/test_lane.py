"""A lane whose stream ends in awkward moments."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest

from chatkit.core.ids import new_id
from chatkit.rpc.lane import Carriers, Lane, Pending
from elastic_chat.router.v1 import router_service_pb2 as pb


class Call:
    """The client's side of a stream: it says nothing until the test ends it, and takes nothing while it is blocked."""

    def __init__(self) -> None:
        self.ending = asyncio.Event()
        self.blocked = asyncio.Event()

    async def initial_metadata(self) -> tuple[tuple[str, str], ...]:
        return (("x-router", "router-1"),)

    async def read(self) -> Any:
        await self.ending.wait()
        return grpc.aio.EOF

    async def write(self, request: pb.RouteRequest) -> None:
        del request
        await self.blocked.wait()

    async def done_writing(self) -> None:
        return


class Stub:
    """Opens streams."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def Route(self, metadata: object) -> Call:
        del metadata
        self.calls.append(Call())
        return self.calls[-1]

    async def opened(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.calls) < count:
                await asyncio.sleep(0.01)


async def test_a_stream_that_ends_just_when_it_is_broken_off_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stub, broken_off = Stub(), asyncio.Event()

    async def write(lane: Lane, call: Any, boarding: asyncio.Task[None]) -> None:
        del lane, call, boarding
        await broken_off.wait()
        raise grpc.aio.AioRpcError(grpc.StatusCode.UNKNOWN, grpc.aio.Metadata(), grpc.aio.Metadata())

    monkeypatch.setattr(Lane, "_write", write)
    (lane,) = Carriers(stub, 1, "").lanes
    running = asyncio.ensure_future(lane.run())
    await stub.opened(1)
    await asyncio.sleep(0.01)
    broken_off.set()
    stub.calls[0].ending.set()
    await stub.opened(2)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_router_that_takes_nothing_any_more_is_found_although_nothing_that_it_has_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.rpc.lane.STALL_S", 0.2)
    stub = Stub()
    (lane,) = Carriers(stub, 1, "").lanes
    running = asyncio.ensure_future(lane.run())
    await stub.opened(1)
    await asyncio.sleep(0.02)
    lane.put(Pending(pb.Command(conversation_id=new_id(), typing=pb.TypingCommand()), 0, None))
    await asyncio.sleep(0.02)
    lane.put(Pending(pb.Command(conversation_id=new_id()), 0, asyncio.get_running_loop().create_future()))
    await stub.opened(2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

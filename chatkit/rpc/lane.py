"""One lane: a stream to the router that has its conversations, and the commands that go by it.

Lanes that lead to one router go by one stream, that of the first of them, so that its batches are large: a message of a stream costs what
it costs, whatever is in it. The others' streams stay open, for it is by them that the mesh says where their lanes lead; and if the first
breaks, the next one carries all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import grpc
import structlog
from prometheus_client import Gauge

from chatkit.core.backoff import Backoff, spread
from chatkit.core.errors import ChatError, Reason
from chatkit.metrics import counter
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb

log = structlog.get_logger()

LANE_HEADER = "x-lane"
NODE_HEADER = "x-node"
"""Under which name the caller hears what is published to it, if it calls `told` for what it hears."""
ROUTER_HEADER = "x-router"
"""Under which name the router at the other end is known: one for each life of its process."""
WAITING_LIMIT = 32_768
"""Commands that wait for a stream; more are refused with OVERLOADED."""
WINDOW = 8192
"""Commands that a stream has taken and that have no result yet."""
BATCH = 256
BOARD_S = 1.0
"""How long a stream that opens may take to say where it leads, before commands go by it all the same."""
SETTLE_S = 0.01
STALL_S = 4.0
"""A router that has sent no result for so long, while one was due, is taken for frozen, and its lanes are opened again."""
ROTATE_S = 300.0
"""A stream is opened again after about this long, so that load follows when routers come and go."""
END_S = 0.3
"""How long the results of what has gone by it may take then: nobody else can wait for the slowest, which is sent again."""
LIVED_S = 2.0
"""A stream that lived so long was no failure: the next one that ends is opened again at once."""

REOPENED = counter(
    "chat_lane_reopened_total",
    "Streams to routers that were opened again, by cause.",
    cause=("rotation", "stall", "overdue", *(code.name.lower() for code in grpc.StatusCode)),
)
WAITING = Gauge("chat_lane_waiting_commands", "Commands that wait to be written to a router.")


class _StalledError(Exception):
    """The router does not answer."""


class _EndedError(Exception):
    """The stream has ended well. Raised so that what belongs to it ends first, whatever else happens in that moment."""


class _OverdueError(Exception):
    """The stream was to end, and has not."""


class Pending:
    """A command of a lane, and who waits for it; nobody does if `result` is None."""

    __slots__ = ("command", "lane", "result")

    def __init__(self, command: pb.Command, lane: int, result: asyncio.Future[pb.Accepted] | None) -> None:
        self.command = command
        self.lane = lane
        self.result = result

    @property
    def given_up(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.result is not None and self.result.done()


class Carriers:
    """By whose stream the commands of each lane go: its own, or that of another which leads to the same router."""

    def __init__(self, stub: Any, count: int, node: str) -> None:  # noqa: ANN401 - the generated async stub is a typing-only class
        self.lanes = [Lane(number, stub, node, self) for number in range(count)]
        self._of = list(self.lanes)
        self._at: dict[str, Lane] = {}

    def of(self, number: int) -> Lane:
        """Return the lane by whose stream those of a lane go."""
        return self._of[number]

    def board(self, lane: Lane, router: str) -> None:
        """Let a lane whose stream has carried nothing yet, and leads to `router`, go by the stream of the first that does."""
        carrier = self._of[lane.number] = self._at.setdefault(router, lane)
        if carrier is not lane:
            carrier.put_back(lane.unsent())

    def leave(self, lane: Lane, *, is_stalled: bool) -> None:
        """Let a lane whose stream has ended wait with what has no result; whom it carried go by the next stream to the same router.

        Not if the router does not answer: then all streams to it are opened again.
        """
        carrier = self._of[lane.number]
        self._of[lane.number] = lane
        if carrier is not lane:
            lane.put_back(carrier.withdrawn(lane.number))
            return
        riders = [one for one in self.lanes if self._of[one.number] is lane and one is not lane]
        for router in [router for router, first in self._at.items() if first is lane]:
            del self._at[router]
            if riders and not is_stalled:
                self._at[router] = riders[0]
        for rider in riders:
            self._of[rider.number] = rider if is_stalled else riders[0]
            if is_stalled:
                rider.cut()
        unsent: dict[Lane, list[Pending]] = {}
        for pending in lane.unsent():
            unsent.setdefault(self._of[pending.lane], []).append(pending)
        for one, some in unsent.items():
            one.put_back(some)

    async def settled(self, lane: Lane) -> None:
        """Wait until nothing of a lane is under way by the stream of another: what comes by its own must not overtake it.

        What takes too long is taken back, and sent again before all else.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + END_S
        others = [one for one in self.lanes if one is not lane]
        while any(one.carries(lane.number) for one in others):
            if loop.time() >= until:
                for one in others:
                    lane.put_back(one.recalled(lane.number))
            await asyncio.sleep(SETTLE_S)


class Lane:
    """A stream that is kept open, and what waits for it or is under way by it."""

    def __init__(self, number: int, stub: Any, node: str, carriers: Carriers) -> None:  # noqa: ANN401 - as above
        self.number = number
        self._stub = stub
        self._carriers = carriers
        self._metadata = ((LANE_HEADER, str(number)), *(((NODE_HEADER, node),) if node else ()))
        self._waiting: deque[Pending] = deque()
        self._flying: dict[int, Pending] = {}
        self._correlation = 0
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._is_cut = asyncio.Event()
        self._backoff = Backoff(0.05, 2.0)
        self._heard_at = 0.0
        self._is_old = False

    def put(self, pending: Pending) -> bool:
        """Queue a command; False if too many wait."""
        if len(self._waiting) >= WAITING_LIMIT:
            return False
        self._waiting.append(pending)
        WAITING.inc()
        self._more.set()
        return True

    def put_back(self, pendings: Sequence[Pending]) -> None:
        """Queue commands before all others: they were there first."""
        if pendings:
            self._waiting.extendleft(reversed(pendings))
            WAITING.inc(len(pendings))
            self._more.set()

    def unsent(self) -> list[Pending]:
        """Take out everything that has no result, in its order."""
        found = [pending for pending in self._flying.values() if not pending.given_up]
        self._flying.clear()
        WAITING.dec(len(self._waiting))
        found += self._waiting
        self._waiting.clear()
        return found

    def withdrawn(self, number: int) -> list[Pending]:
        """Take out what waits here of another lane."""
        found = [pending for pending in self._waiting if pending.lane == number]
        self._waiting = deque(pending for pending in self._waiting if pending.lane != number)
        WAITING.dec(len(found))
        return found

    def recalled(self, number: int) -> list[Pending]:
        """Take out what is under way here of another lane: its results will mean nothing to us."""
        found = {key: pending for key, pending in self._flying.items() if pending.lane == number}
        for key in found:
            del self._flying[key]
        self._room.set()
        return [pending for pending in found.values() if not pending.given_up]

    def carries(self, number: int) -> bool:
        """Tell whether commands of a lane are under way by this stream."""
        return any(pending.lane == number and not pending.given_up for pending in self._flying.values())

    async def run(self) -> None:
        """Keep the stream open, for ever."""
        # A task group that is cancelled just when a child of it fails raises the failure and swallows the cancellation: so it is asked for.
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        while task is not None and not task.cancelling():
            cause, began = "rotation", loop.time()
            try:
                await self._stream()
            except* _EndedError:
                pass
            except* grpc.aio.AioRpcError as failures:
                error = failures.exceptions[0]
                cause = error.code().name.lower() if isinstance(error, grpc.aio.AioRpcError) else "unknown"
                log.debug("lane_broken", lane=self.number, cause=cause)
            except* _StalledError:
                cause = "stall"
                log.warning("lane_stalled", lane=self.number)
            except* _OverdueError:
                cause = "overdue"
            REOPENED[cause].inc()
            if loop.time() - began > LIVED_S:
                self._backoff.reset()
            if cause != "rotation":
                await asyncio.sleep(self._backoff.next())
            await self._carriers.settled(self)

    async def _stream(self) -> None:
        """Open the stream, and go on until it ends or has lived long enough."""
        call = self._stub.Route(metadata=self._metadata)
        self._is_cut.clear()
        try:
            async with asyncio.TaskGroup() as group:
                boarding = group.create_task(self._board(call))
                group.create_task(self._write(call, boarding))
                group.create_task(self._watch())
                await self._read(call)
                raise _EndedError
        finally:
            self._carriers.leave(self, is_stalled=self._is_cut.is_set())

    async def _board(self, call: Any) -> None:  # noqa: ANN401 - grpc.aio.StreamStreamCall
        """Learn where the stream leads, unless commands have gone by it before it said so."""
        router = dict(await call.initial_metadata() or ()).get(ROUTER_HEADER)
        if router and not self._flying:
            self._carriers.board(self, str(router))

    async def _watch(self) -> None:
        """Raise if a result is due for too long: a frozen router keeps its streams, and would keep what was sent into them."""
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        while not self._is_cut.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(STALL_S / 4):
                    await self._is_cut.wait()
            if not self._flying and not self._waiting:
                self._heard_at = loop.time()
            elif loop.time() - self._heard_at > STALL_S:
                self.cut()
        raise _StalledError

    def cut(self) -> None:
        """End the stream: its router is taken for frozen."""
        self._is_cut.set()
        self._more.set()
        self._room.set()

    async def _write(self, call: Any, boarding: asyncio.Task[None]) -> None:  # noqa: ANN401 - grpc.aio.StreamStreamCall
        """Write batches until the stream is to be rotated, then close our half. A failed write is left to the reader to find."""
        self._is_old = False
        rotation = asyncio.get_running_loop().call_later(spread(ROTATE_S), self._age)
        try:
            await asyncio.wait((boarding,), timeout=BOARD_S)
            while await self._has_more():
                await call.write(self._next_batch())
            await call.done_writing()
        except (grpc.aio.AioRpcError, grpc.aio.InternalError, asyncio.InvalidStateError, grpc.aio.UsageError):
            return
        finally:
            rotation.cancel()
        await asyncio.sleep(END_S)
        raise _OverdueError

    def _age(self) -> None:
        self._is_old = True
        self._more.set()
        self._room.set()

    async def _has_more(self) -> bool:
        """Wait until a command can be written; False if the stream takes no more."""
        while not self._is_over and not self._waiting:
            self._more.clear()
            await self._more.wait()
        while not self._is_over and len(self._flying) >= WINDOW:
            self._room.clear()
            await self._room.wait()
        return not self._is_over

    @property
    def _is_over(self) -> bool:
        return self._is_old or self._is_cut.is_set()

    def _next_batch(self) -> pb.RouteRequest:
        batch = pb.RouteRequest()
        while self._waiting and len(batch.commands) < BATCH:
            pending = self._waiting.popleft()
            WAITING.dec()
            if pending.given_up:
                continue
            if pending.result is None:
                pending.command.correlation = 0
            else:
                self._correlation += 1
                pending.command.correlation = self._correlation
                self._flying[self._correlation] = pending
            batch.commands.append(pending.command)
        return batch

    async def _read(self, call: Any) -> None:  # noqa: ANN401 - grpc.aio.StreamStreamCall
        while (response := await call.read()) is not grpc.aio.EOF:
            self._backoff.reset()
            self._heard_at = asyncio.get_running_loop().time()
            for result in response.results:
                pending = self._flying.pop(result.correlation, None)
                if pending is not None and pending.result is not None and not pending.result.done():
                    _settle(pending.result, result)
            self._room.set()


def _settle(waiter: asyncio.Future[pb.Accepted], result: pb.Result) -> None:
    if result.WhichOneof("result") == "accepted":
        waiter.set_result(result.accepted)
        return
    refused = result.refused
    retry_after = refused.retry_after.ToTimedelta() if refused.HasField("retry_after") else None
    waiter.set_exception(ChatError(Reason(reason_pb2.Reason.Name(refused.reason)), refused.message, retry_after=retry_after))

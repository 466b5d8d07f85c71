"""The client side of RouterService.Route: a fixed number of streams that carry every command, in batches of whatever has queued up.

There is no timer: a lane writes what waits, and what arrives meanwhile is its next batch. So an idle system adds no delay, and a busy
one gets large batches. When a stream breaks or is moved to another router, the commands that had no result yet are sent again in their
order: every one of them is idempotent by its message_id.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import structlog
from prometheus_client import Counter, Gauge

from chatkit.core.backoff import Backoff, spread
from chatkit.core.errors import ChatError, Reason
from chatkit.core.lanes import LANES, lane_of
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2_grpc as rpc

log = structlog.get_logger()

LANE_HEADER = "x-lane"
NODE_HEADER = "x-node"
"""Under which name the caller hears what is published to it, if it calls `told` for what it hears."""
DEADLINE_S = 10.0
"""How long a command may take before its sender is told to try again."""
WAITING_LIMIT = 4096
"""Commands that wait in a lane; more are refused with OVERLOADED."""
WINDOW = 1024
"""Commands of a lane that have been written and have no result yet."""
BATCH = 256
LOOK_S = 0.25
STALL_S = 4.0
"""A router that has sent no result for so long, while one was due, is taken for frozen, and its lanes are opened again."""
ROTATE_S = 300.0
"""A stream is opened again after about this long, so that load follows when routers come and go."""

REOPENED = Counter("chat_lane_reopened_total", "Streams to routers that were opened again, by cause.", ("cause",))
TOLD = Counter("chat_lane_told_total", "Commands whose entry was heard of before their result.")
WAITING = Gauge("chat_lane_waiting_commands", "Commands that wait to be written to a router.")


class _StalledError(Exception):
    """The router does not answer."""


class _Pending:
    """A command and who waits for it; nobody does if `result` is None."""

    __slots__ = ("command", "result")

    def __init__(self, command: pb.Command, result: asyncio.Future[pb.Accepted] | None) -> None:
        self.command = command
        self.result = result

    @property
    def given_up(self) -> bool:
        return self.result is not None and self.result.done()


class Lanes:
    """All lanes of a process. `run` keeps them open; `call` and `tell` may be used before that, and wait."""

    def __init__(self, channel: grpc.aio.Channel, node: str = "") -> None:
        stub: Any = rpc.RouterServiceStub(channel)
        self._lanes = [_Lane(number, stub, node) for number in range(LANES)]
        self._due: deque[tuple[float, asyncio.Future[pb.Accepted]]] = deque()
        self._by_request: dict[str, _Pending] = {}

    async def run(self) -> None:
        """Keep a stream open for each lane, for ever."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(lane.run())
            group.create_task(self._expire())

    async def _expire(self) -> None:
        """End what has waited for too long, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)
            while self._due and (self._due[0][1].done() or self._due[0][0] <= loop.time()):
                _, result = self._due.popleft()
                if not result.done():
                    result.set_exception(ChatError(Reason.DEADLINE_EXCEEDED))

    async def call(self, command: pb.Command) -> pb.Accepted:
        """Carry out a command. Raises the ChatError that it was refused with, OVERLOADED, or DEADLINE_EXCEEDED after 10 s."""
        return await self.submit(command)

    def submit(self, command: pb.Command) -> asyncio.Future[pb.Accepted]:
        """Carry out a command, without waiting: commands of one conversation are carried out in the order in which they were submitted.

        The result ends as `call` does.
        """
        loop = asyncio.get_running_loop()
        result: asyncio.Future[pb.Accepted] = loop.create_future()
        pending = _Pending(command, result)
        if self._lanes[lane_of(command.conversation_id)].put(pending):
            self._due.append((loop.time() + DEADLINE_S, result))
            request_id = command.request_id
            self._by_request[request_id] = pending
            result.add_done_callback(lambda _: self._by_request.pop(request_id, None))
        else:
            result.set_exception(
                ChatError(Reason.OVERLOADED, "too many commands wait for the routers", retry_after=timedelta(seconds=1)),
            )
        return result

    def told(self, request_id: str, accepted: Callable[[], pb.Accepted]) -> None:
        """Take note that the entry of a command has been shown, whoever tells of it. A no-op if nobody waits for that command here."""
        pending = self._by_request.get(request_id)
        if pending is not None and pending.result is not None and not pending.result.done():
            TOLD.inc()
            pending.result.set_result(accepted())

    def tell(self, command: pb.Command) -> None:
        """Carry out a command that nobody waits for, such as typing; under load it is dropped."""
        self._lanes[lane_of(command.conversation_id)].put(_Pending(command, None))


class _Lane:
    def __init__(self, number: int, stub: Any, node: str) -> None:  # noqa: ANN401 - the generated async stub is a typing-only class
        self._number = number
        self._stub = stub
        self._metadata = ((LANE_HEADER, str(number)), *(((NODE_HEADER, node),) if node else ()))
        self._waiting: deque[_Pending] = deque()
        self._flying: dict[int, _Pending] = {}
        self._correlation = 0
        self._more = asyncio.Event()
        self._room = asyncio.Event()
        self._backoff = Backoff(0.05, 2.0)
        self._heard_at = 0.0
        self._is_old = False

    def put(self, pending: _Pending) -> bool:
        """Queue a command; False if the lane is full."""
        if len(self._waiting) >= WAITING_LIMIT:
            return False
        self._waiting.append(pending)
        WAITING.inc()
        self._more.set()
        return True

    async def run(self) -> None:
        # A task group that is cancelled just when a child of it fails raises the failure and swallows the cancellation: so it is asked for.
        task = asyncio.current_task()
        while task is not None and not task.cancelling():
            cause = "rotation"
            try:
                await self._stream()
            except* grpc.aio.AioRpcError as failures:
                error = failures.exceptions[0]
                cause = error.code().name.lower() if isinstance(error, grpc.aio.AioRpcError) else "error"
                log.debug("lane_broken", lane=self._number, cause=cause)
            except* _StalledError:
                cause = "stall"
                log.warning("lane_stalled", lane=self._number)
            REOPENED.labels(cause).inc()
            if cause != "rotation":
                await asyncio.sleep(self._backoff.next())

    async def _stream(self) -> None:
        """Open the stream, send again what has no result, and go on until the stream ends or has lived long enough."""
        again = [pending for pending in self._flying.values() if not pending.given_up]
        self._waiting.extendleft(reversed(again))
        WAITING.inc(len(again))
        self._flying.clear()
        if self._waiting:
            self._more.set()
        else:
            self._more.clear()
        call = self._stub.Route(metadata=self._metadata)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._write(call)), group.create_task(self._watch())]
            await self._read(call)
            for task in tasks:
                task.cancel()

    async def _watch(self) -> None:
        """Raise if a result is due for too long: a frozen router keeps its streams, and would keep what was sent into them."""
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        while True:
            await asyncio.sleep(STALL_S / 4)
            if not self._flying:
                self._heard_at = loop.time()
            elif loop.time() - self._heard_at > STALL_S:
                raise _StalledError

    async def _write(self, call: Any) -> None:  # noqa: ANN401 - grpc.aio.StreamStreamCall
        """Write batches until the stream is to be rotated, then close our half. A failed write is left to the reader to find."""
        self._is_old = False
        rotation = asyncio.get_running_loop().call_later(spread(ROTATE_S), self._age)
        try:
            while await self._has_more():
                await call.write(self._next_batch())
            await call.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError, grpc.aio.UsageError):
            return
        finally:
            rotation.cancel()

    def _age(self) -> None:
        self._is_old = True
        self._more.set()
        self._room.set()

    async def _has_more(self) -> bool:
        """Wait until a command can be written; False if the stream has lived long enough."""
        await self._more.wait()
        while len(self._flying) >= WINDOW and not self._is_old:
            self._room.clear()
            await self._room.wait()
        return not self._is_old

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
        if not self._waiting:
            self._more.clear()
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

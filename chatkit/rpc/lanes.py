"""The client side of RouterService.Route: a fixed number of streams that carry every command, in batches of whatever has queued up.

There is no timer: a stream is written what waits, and what arrives meanwhile is its next batch. So an idle system adds no delay, and a busy
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
from prometheus_client import Counter

from chatkit.core.errors import ChatError, Reason
from chatkit.core.lanes import LANES, lane_of
from chatkit.rpc.lane import Carriers, Pending
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2_grpc as rpc

DEADLINE_S = 10.0
"""How long a command may take before its sender is told to try again."""
LOOK_S = 0.25

TOLD = Counter("chat_lane_told_total", "Commands whose entry was heard of before their result.")


class Lanes:
    """All lanes of a process. `run` keeps them open; `call` and `tell` may be used before that, and wait."""

    def __init__(self, channel: grpc.aio.Channel, node: str = "") -> None:
        stub: Any = rpc.RouterServiceStub(channel)
        self._carriers = Carriers(stub, LANES, node)
        self._due: deque[tuple[float, asyncio.Future[pb.Accepted]]] = deque()
        self._by_request: dict[str, asyncio.Future[pb.Accepted]] = {}

    async def run(self) -> None:
        """Keep a stream open for each lane, for ever."""
        async with asyncio.TaskGroup() as group:
            for lane in self._carriers.lanes:
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
        if self._put(command, result):
            self._due.append((loop.time() + DEADLINE_S, result))
            request_id = command.request_id
            self._by_request[request_id] = result
            result.add_done_callback(lambda _: self._by_request.pop(request_id, None))
        else:
            result.set_exception(
                ChatError(Reason.OVERLOADED, "too many commands wait for the routers", retry_after=timedelta(seconds=1)),
            )
        return result

    def told(self, request_id: str, accepted: Callable[[], pb.Accepted]) -> None:
        """Take note that the entry of a command has been shown, whoever tells of it. A no-op if nobody waits for that command here."""
        result = self._by_request.get(request_id)
        if result is not None and not result.done():
            TOLD.inc()
            result.set_result(accepted())

    def tell(self, command: pb.Command) -> None:
        """Carry out a command that nobody waits for, such as typing; under load it is dropped."""
        self._put(command, None)

    def _put(self, command: pb.Command, result: asyncio.Future[pb.Accepted] | None) -> bool:
        number = lane_of(command.conversation_id)
        return self._carriers.of(number).put(Pending(command, number, result))

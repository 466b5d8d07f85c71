"""The server side of a lane: one reader, one writer, results in batches of whatever has come up.

What a gateway has been told of by its channel already, as it is of nearly every message that one of its sessions sends, need not be on its
way at once: such results wait for others, or for a while. They say that nothing has to be sent again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection
from typing import Any

from chatkit.rpc.lanes import DEADLINE_S
from elastic_chat.router.v1 import router_service_pb2 as pb
from svc_router.job import Job, unheard
from svc_router.pipeline import Pipeline

BATCH = 256
LINGER_S = 0.25
"""How long a result waits for others that is no news."""


class Lane:
    """One stream. It ends when the client closes its half, or when the router drains; in both cases every command that was read is
    answered.
    """

    def __init__(self, pipeline: Pipeline, node: str = "") -> None:
        self._pipeline = pipeline
        self._node = node
        self._stale: list[pb.Result] = []
        self._results: deque[pb.Result] = deque()
        self._unanswered = 0
        self._more = asyncio.Event()
        self._ended = False
        self._loop = asyncio.get_running_loop()

    async def serve(self, requests: AsyncIterator[pb.RouteRequest], context: Any, draining: asyncio.Event) -> None:  # noqa: ANN401 - private class
        """Read commands and write results until the stream is over."""
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(self._read(requests))
            watcher = group.create_task(self._end_when(draining))
            await self._write(context)
            reader.cancel()
            watcher.cancel()

    async def _read(self, requests: AsyncIterator[pb.RouteRequest]) -> None:
        async for request in requests:
            for command in request.commands:
                if command.correlation:
                    self._unanswered += 1
                    self._pipeline.submit(Job(command, self._reply, self._loop.time() + DEADLINE_S, self._reply_told))
                else:
                    self._pipeline.submit(Job(command, unheard))
            if self._ended:
                return
        self._end()

    async def _end_when(self, draining: asyncio.Event) -> None:
        await draining.wait()
        self._end()

    def _end(self) -> None:
        self._ended = True
        self._more.set()

    def _reply(self, result: pb.Result) -> None:
        self._results.append(result)
        self._unanswered -= 1
        self._more.set()

    def _reply_told(self, result: pb.Result, told: Collection[str]) -> None:
        if self._node not in told or self._ended:
            self._reply(result)
            return
        if not self._stale:
            self._loop.call_later(LINGER_S, self._more.set)
        self._stale.append(result)
        self._unanswered -= 1
        if len(self._stale) >= BATCH:
            self._more.set()

    async def _write(self, context: Any) -> None:  # noqa: ANN401 - gRPC's own class is private
        while True:
            await self._more.wait()
            self._more.clear()  # before the writes: what comes up meanwhile has its turn after them
            self._results.extend(self._stale)
            self._stale.clear()
            while self._results:
                batch = pb.RouteResponse()
                while self._results and len(batch.results) < BATCH:
                    batch.results.append(self._results.popleft())
                await context.write(batch)
            if self._ended and not self._unanswered and not self._results and not self._stale:
                return

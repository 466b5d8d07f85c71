"""The server side of a lane: one reader, one writer, results in batches of whatever has come up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from chatkit.rpc.lanes import DEADLINE_S
from elastic_chat.router.v1 import router_service_pb2 as pb
from svc_router.job import Job, unheard
from svc_router.pipeline import Pipeline

BATCH = 256


class Lane:
    """One stream. It ends when the client closes its half, or when the router drains; in both cases every command that was read is
    answered.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
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
                    self._pipeline.submit(Job(command, self._reply, self._loop.time() + DEADLINE_S))
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

    async def _write(self, context: Any) -> None:  # noqa: ANN401 - gRPC's own class is private
        while True:
            await self._more.wait()
            while self._results:
                batch = pb.RouteResponse()
                while self._results and len(batch.results) < BATCH:
                    batch.results.append(self._results.popleft())
                await context.write(batch)
            self._more.clear()
            if self._ended and not self._unanswered and not self._results:
                return

"""When the database can be believed: once everything that was in the log at some moment has been written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import grpc

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.errors import duration, error_of
from elastic_chat.writer.v1 import writer_service_pb2 as pb
from elastic_chat.writer.v1 import writer_service_pb2_grpc as rpc

PATIENCE_S = 10.0
"""How long a reader waits for the writer before it is told that history is behind."""
BEHIND = "history is behind the log, and would leave something out: try again"


class Certainty:
    """Asks the writer, one question at a time: whoever comes while one is under way shares the next, which begins after they came.

    `run` must run beside it.
    """

    def __init__(self, await_written: Callable[[], Awaitable[None]]) -> None:
        self._await_written = await_written
        self._waiting: list[asyncio.Future[None]] = []
        self._more = asyncio.Event()
        self._certain_epoch = ""

    @classmethod
    def over(cls, channel: grpc.aio.Channel) -> Certainty:
        """Return one that asks WriterService through the mesh."""
        stub: Any = rpc.WriterServiceStub(channel)
        request = pb.AwaitWrittenRequest(timeout=duration(timedelta(seconds=PATIENCE_S)))

        async def await_written() -> None:
            try:
                await stub.AwaitWritten(request, timeout=PATIENCE_S + 1)
            except grpc.aio.AioRpcError as failure:
                raise error_of(failure) from failure

        return cls(await_written)

    async def now(self) -> None:
        """Return when everything is written that is in the log at the time of the call. Raises UNAVAILABLE if that takes too long."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._more.set()
        await done

    async def since(self, epoch: str) -> None:
        """Return when everything is written that was in the log when this epoch of the live view was first heard of here."""
        if epoch != self._certain_epoch:
            await self.now()
            self._certain_epoch = epoch

    async def run(self) -> None:
        """Ask whenever somebody waits, for ever."""
        while True:
            await self._more.wait()
            self._more.clear()
            waiting, self._waiting = self._waiting, []
            try:
                await self._await_written()
            except ChatError as error:
                refusal = ChatError(Reason.UNAVAILABLE, BEHIND)
                refusal.__cause__ = error
                _end(waiting, lambda done: done.set_exception(refusal))  # noqa: B023 - called before the next round
            else:
                _end(waiting, lambda done: done.set_result(None))


def _end(waiting: list[asyncio.Future[None]], how: Callable[[asyncio.Future[None]], None]) -> None:
    for done in waiting:
        if not done.done():
            how(done)

"""Sends messages whose time has come: finds them in the database and hands them to a router, which says as their users what they say.

That a message is due is a row that is written with its entry, and taken out once the router has dealt with it. So nothing is forgotten by
a writer that dies. Several writers may find the same: a router sends it once, by its message_id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import grpc
import structlog

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError
from chatkit.metrics import counter
from chatkit.rpc.admission import timestamp
from chatkit.rpc.errors import error_of
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2_grpc as rpc
from svc_writer.core import HOUR_MS, Due, grouped
from svc_writer.store import AT_ONCE, Timeline

log = structlog.get_logger()

AGAIN_S = 1.0
DEEP_S = 600.0
"""How often it is looked for what is late: by a writer that was away, or behind the log."""
LATE_HOURS = 7 * 24
"""What is later than that is not sent any more: it stays in the list of its user."""
DEADLINE_S = 20.0
START = (0, "", "")

DUE = counter("chat_writer_due_total", "Messages whose time had come, by what a router made of them.", outcome=("settled", "put_off"))


class Router(Protocol):
    """Sends messages."""

    async def send(self, due: Due) -> None:
        """Send a message, unless it waits for another time by now, or no more; repeatable. Raises a ChatError if that can't be done now."""
        ...


class MeshRouter:
    """The router service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._router: Any = rpc.RouterServiceStub(channel)

    async def send(self, due: Due) -> None:
        deliver_at = timestamp(due.deliver_ms)
        request = pb.SendScheduledMessageRequest(user_id=due.user_id, scheduled_id=due.message_id, deliver_at=deliver_at)
        try:
            await self._router.SendScheduledMessage(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure


class Sending:
    """Sends what is due."""

    def __init__(self, timeline: Timeline, router: Router, clock: Clock) -> None:
        self._timeline = timeline
        self._router = router
        self._clock = clock

    async def run(self) -> None:
        """Look for it every second, for ever."""
        deep_at = self._clock.monotonic()
        while True:
            is_deep = self._clock.monotonic() >= deep_at
            try:
                await self.send(LATE_HOURS if is_deep else 1)
            except ChatError as error:
                log.warning("due_messages_not_read", reason=error.reason)
            else:
                deep_at += DEEP_S if is_deep else 0
            await asyncio.sleep(AGAIN_S)

    async def send(self, hours: int) -> None:
        """Send what is due by now in this hour and in some before. Raises UNAVAILABLE; what is not sent stays due."""
        now_ms = self._clock.now_ms()
        for hour in range(now_ms // HOUR_MS - hours, now_ms // HOUR_MS + 1):
            after = START
            while found := await self._timeline.due(hour, after, now_ms):
                await self._settle(found)
                after = found[-1].place
                if len(found) < AT_ONCE:
                    break

    async def _settle(self, found: Sequence[Due]) -> None:
        settled = await asyncio.gather(*map(self._try, found))
        done = [one.write(done=True) for one, is_settled in zip(found, settled, strict=True) if is_settled]
        if done:
            await self._timeline.put(grouped(done))

    async def _try(self, due: Due) -> bool:
        """Tell whether a router has dealt with it."""
        try:
            await self._router.send(due)
        except ChatError as error:
            log.info("due_message_put_off", message_id=due.message_id, reason=error.reason)
            DUE["put_off"].inc()
            return False
        DUE["settled"].inc()
        return True

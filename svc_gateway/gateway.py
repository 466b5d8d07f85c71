"""All sessions of a gateway: they come, they are looked after, they go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import Counter, Gauge

from chatkit.core.backoff import spread
from chatkit.core.errors import ChatError, Reason
from chatkit.edges.fanout import Hearing, NodeChannel
from elastic_chat.events.v1 import node_pb2
from svc_gateway.connection import Connection, Flusher, Pipe
from svc_gateway.core import over_s
from svc_gateway.frames import events_of
from svc_gateway.recovery import Recovery
from svc_gateway.session import Session
from svc_gateway.settings import Settings
from svc_gateway.surroundings import Surroundings

log = structlog.get_logger()

FINISH_S = 3.0
"""How long a stopping gateway waits for clients to go when the last should have gone, and for answers that are under way."""
DEAF_S = 30.0
"""How long clients stay on a gateway to which nothing comes from Redis."""
GOODBYE_S = 3.0
"""How long it waits for those to close that it has sent away."""

GARBLED = Counter("chat_gateway_garbled_total", "Batches from Redis that could not be read.")
HEARS = Gauge("chat_gateway_hears", "Whether the gateway hears what Redis publishes for it: 1, or 0.")


class Gateway:
    """The sessions, what they hear, and how long they may be silent."""

    def __init__(self, around: Surroundings, channel: NodeChannel, recovery: Recovery, incarnation: str, settings: Settings) -> None:
        self._around = around
        self._channel = channel
        self._recovery = recovery
        self._incarnation = incarnation
        self._settings = settings
        self._flusher = Flusher()
        self._sessions: set[Session] = set()
        self._deaf: asyncio.TimerHandle | None = None
        self.is_draining = False

    async def ready(self) -> None:
        """Return when someone who says hello can be let in: the node hears, holds its lease, and has keys to check tokens with."""
        await self._around.ready.wait()
        await self._around.attacher.ready()
        await self._around.verifier.ready()

    def open(self, pipe: Pipe) -> Session:
        """Begin a session on a new connection."""
        session = Session(self._around, Connection(pipe, self._flusher, self._settings.outbox_bytes))
        self._sessions.add(session)
        return session

    def forget(self, session: Session) -> None:
        """End what is left of a session whose connection has gone."""
        self._sessions.discard(session)
        session.over()

    async def hear(self) -> None:
        """Give what this node is told to whom it concerns, for ever."""
        async for item in self._channel.listen(self._incarnation):
            match item:
                case Hearing.BROKEN:
                    self._fall_deaf()
                case Hearing.WHOLE:
                    self._hear_again()
                case batch:
                    self._take(batch)

    def _take(self, batch: bytes) -> None:
        try:
            events = events_of(batch)
        except DecodeError as error:
            # What it should have told can be fetched, as what was missed can.
            GARBLED.inc()
            log.warning("garbled_batch", size=len(batch), error=str(error))
            self._recovery.trigger()
            return
        for event in events:
            self._told(event)

    def _told(self, event: node_pb2.NodeEvent) -> None:
        if event.HasField("lease_end"):
            log.warning("lease_ended")
            self._around.attacher.lose_lease()
            self._recovery.trigger()
        else:
            self._around.hub.handle(event)

    def _fall_deaf(self) -> None:
        """Let nobody in, and send everyone to another gateway if this one hears nothing for long: what is acknowledged would not come."""
        self._around.ready.clear()
        HEARS.set(0)
        self._deaf = asyncio.get_running_loop().call_later(DEAF_S, self._send_away)

    def _hear_again(self) -> None:
        if self._deaf is not None:
            self._deaf.cancel()
            self._deaf = None
            self._recovery.trigger()
        self._around.ready.set()
        HEARS.set(1)

    def _send_away(self) -> None:
        for session in list(self._sessions):
            session.close(ChatError(Reason.UNAVAILABLE, "this gateway hears nothing any more: connect again with resume"))

    async def turn_wheel(self) -> None:
        """Let the seconds pass, for ever."""
        while True:
            await asyncio.sleep(1.0)
            self._around.hub.second()
            for session in self._around.wheel.turn():
                if isinstance(session, Session) and session in self._sessions:
                    session.due()

    async def drain(self) -> None:
        """Send everyone away, each with a delay of their own, and go on serving them until they have gone; then leave the map."""
        self.is_draining = True
        within_s = over_s(len(self._sessions), self._settings.reconnects_per_s)
        for session in self._sessions:
            session.go_away(timedelta(seconds=spread(within_s / 2, 0.98)))
        await self._until(lambda: not self._sessions, within_s + FINISH_S)
        await self._until(lambda: not any(session.unanswered for session in self._sessions), FINISH_S)
        for session in list(self._sessions):
            session.close(ChatError(Reason.GOING_AWAY))
        await self._until(lambda: not self._sessions, GOODBYE_S)
        await self._around.attacher.end()

    async def _until(self, condition: Callable[[], bool], patience_s: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_s
        while not condition() and loop.time() < until:  # noqa: ASYNC110 - no one event says it: it is about all sessions
            await asyncio.sleep(0.02)

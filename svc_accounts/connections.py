"""The live connections of a session, as far as accounts deals with them: it has them closed when the session ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Protocol

import grpc
import structlog

from chatkit.core.errors import ChatError
from chatkit.core.ids import SessionId, UserId
from chatkit.rpc.errors import duration, error_of
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2_grpc as rpc
from svc_accounts.store import EndingStore

log = structlog.get_logger()

DEADLINE_S = 1.0
AGAIN_S = 2.0
"""How often presence is told again of what it could not be told."""
MARGIN = timedelta(hours=1)
"""How much longer than its tokens are good an ended session is remembered: a gateway that was cut off meanwhile asks when it is back."""


class Connections(Protocol):
    """Closes connections."""

    async def close(self, user_id: UserId, session_id: SessionId) -> bool:
        """Have every connection of a session closed, and no other opened; False if that can't be done within a second."""
        ...


class MeshConnections:
    """Connections, through the presence service. Tokens of a session are good for `lifetime`."""

    def __init__(self, channel: grpc.aio.Channel, lifetime: timedelta) -> None:
        self._presence: Any = rpc.PresenceServiceStub(channel)
        self._remember = duration(lifetime + MARGIN)

    async def close(self, user_id: UserId, session_id: SessionId) -> bool:
        request = pb.EndSessionRequest(user_id=user_id, session_id=session_id, remember=self._remember)
        try:
            await self._presence.EndSession(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            log.warning("connections_not_closed", user_id=user_id, session_id=session_id, reason=error_of(failure).reason)
            return False
        return True


class Closing:
    """Has connections closed, and tries again until that is done, also after a restart. `run` must run beside it."""

    def __init__(self, connections: Connections, store: EndingStore) -> None:
        self._connections = connections
        self._store = store

    async def close(self, user_id: UserId, session_id: SessionId) -> None:
        """Have every connection of a session closed: within a second, or else as soon as presence can be reached. Raises UNAVAILABLE if
        nobody would try again.
        """
        if not await self._connections.close(user_id, session_id):
            await self._store.add_ending(user_id, session_id)

    async def run(self) -> None:
        """Try again, for ever."""
        while True:
            await asyncio.sleep(AGAIN_S)
            try:
                await self.try_again()
            except ChatError as error:
                log.warning("endings_not_read", reason=error.reason)

    async def try_again(self) -> None:
        """Tell presence of what it could not be told. Several instances may do it at the same time."""
        for user_id, session_id in await self._store.endings():
            if not await self._connections.close(user_id, session_id):
                return  # the next one would wait as long
            await self._store.remove_ending(user_id, session_id)

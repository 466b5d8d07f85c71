"""The live connections of a session, as far as accounts deals with them: it has them closed when the session ends."""

from __future__ import annotations

from typing import Any, Protocol

import grpc
import structlog

from chatkit.core.ids import SessionId, UserId
from chatkit.rpc.errors import error_of
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2_grpc as rpc

log = structlog.get_logger()

DEADLINE_S = 1.0


class Connections(Protocol):
    """Closes connections."""

    async def close(self, user_id: UserId, session_id: SessionId) -> None:
        """Have every connection of a session closed, if that can be done within a second; never raises a ChatError."""
        ...


class MeshConnections:
    """Connections, through the presence service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._presence: Any = rpc.PresenceServiceStub(channel)

    async def close(self, user_id: UserId, session_id: SessionId) -> None:
        try:
            await self._presence.EndSession(pb.EndSessionRequest(user_id=user_id, session_id=session_id), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            # the session has ended all the same: nothing of it can be refreshed, and a client that reconnects is refused
            log.warning("connections_not_closed", user_id=user_id, session_id=session_id, reason=error_of(failure).reason)

"""Whom a client watches, and as what its user is seen: asked of presence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

import grpc

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from chatkit.rpc.caller import Caller, bind_request_id, caller_metadata
from chatkit.rpc.errors import error_of
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2, presence_service_pb2_grpc
from elastic_chat.types.v1 import presence_pb2
from svc_gateway.core import MAX_WATCHED
from svc_gateway.hub import Listener
from svc_gateway.surroundings import Surroundings

STATUS_S = 1
"""How long a status must hold before a connection may choose another."""


class Watcher(Listener, Protocol):
    """The session whose client watches."""

    def send(self, frame: pb.ServerFrame) -> None:
        """Send a frame to the client."""


class Watching:
    """Asks presence in the name of a session's user. Every method raises why it can't be asked."""

    __slots__ = ("_around", "_chosen_at", "_watcher")

    def __init__(self, around: Surroundings, watcher: Watcher) -> None:
        self._around = around
        self._watcher = watcher
        self._chosen_at = -math.inf

    async def subscribe(self, user_ids: Sequence[str]) -> None:
        """Watch the users whom this one may know of; begin to listen first, then tell how they are, so that no change falls between.

        Who shares no conversation with this one any more by then is not watched.
        """
        if len(user_ids) > MAX_WATCHED:
            raise ChatError(Reason.INVALID_ARGUMENT, f"user_ids holds at most {MAX_WATCHED} users")
        known = frozenset(UserId(user.user_id) for user in await self._presence(user_ids)) if user_ids else frozenset[UserId]()
        begun, ceased = self._around.hub.watch(self._watcher, known)
        if begun or ceased:
            await self._around.attacher.watch(begun, ceased)
        users = await self._presence(list(known)) if known else ()
        self._watcher.lose_sight(known - {UserId(user.user_id) for user in users})
        for user in users:
            # The fields have the same numbers.
            self._watcher.send(pb.ServerFrame(presence=pb.Presence.FromString(user.SerializeToString())))

    async def set_status(self, status: presence_pb2.Status) -> None:
        """Let the user be seen as something else. All of their sessions hear of it by presence."""
        now = self._around.wheel.now
        if now - self._chosen_at < STATUS_S:
            raise ChatError(Reason.OVERLOADED, "a status holds for a second at least", retry_after=timedelta(seconds=STATUS_S))
        self._chosen_at = now
        stub: Any = presence_service_pb2_grpc.PresenceServiceStub(self._around.channel)
        await self._ask(stub.SetStatus, presence_service_pb2.SetStatusRequest(status=status))

    async def _presence(self, user_ids: Sequence[str]) -> Sequence[presence_service_pb2.UserPresence]:
        stub: Any = presence_service_pb2_grpc.PresenceServiceStub(self._around.channel)
        request = presence_service_pb2.GetPresenceRequest(user_ids=user_ids)
        response: presence_service_pb2.GetPresenceResponse = await self._ask(stub.GetPresence, request)
        return response.users

    async def _ask(self, method: Any, request: Any) -> Any:  # noqa: ANN401 - any unary method
        """Call another service in the user's name."""
        bind_request_id(new_id())
        try:
            return await method(request, metadata=caller_metadata(Caller(self._watcher.user_id, self._watcher.session_id)))
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure

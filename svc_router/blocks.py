"""Who has blocked whom: presence knows it of everyone, and notes it where the live view needs it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import grpc

from chatkit.core.ids import UserId
from chatkit.rpc.errors import error_of
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2_grpc as rpc

DEADLINE_S = 2.0


class Blocks(Protocol):
    """Every method raises a ChatError if nobody knows now."""

    async def note(self, one: UserId, other: UserId) -> None:
        """Have it noted whether one of two who have a direct conversation has blocked the other."""
        ...

    async def blocked_by(self, user_id: UserId, others: Sequence[UserId]) -> Collection[UserId]:
        """Return those of others who have blocked a user."""
        ...

    async def cut_off(self, user_id: UserId, others: Sequence[UserId]) -> Collection[UserId]:
        """Return those of others whom a user does not reach: they have blocked the user, or the user them."""
        ...


class MeshBlocks:
    """The presence service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._presence: Any = rpc.PresenceServiceStub(channel)

    async def note(self, one: UserId, other: UserId) -> None:
        try:
            await self._presence.NoteBlocks(pb.NoteBlocksRequest(user_id=one, other_user_id=other), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure

    async def blocked_by(self, user_id: UserId, others: Sequence[UserId]) -> Collection[UserId]:
        return set(map(UserId, (await self._find(user_id, others)).blocking_user_ids))

    async def cut_off(self, user_id: UserId, others: Sequence[UserId]) -> Collection[UserId]:
        found = await self._find(user_id, others)
        return set(map(UserId, (*found.blocked_user_ids, *found.blocking_user_ids)))

    async def _find(self, user_id: UserId, others: Sequence[UserId]) -> pb.FindBlocksResponse:
        request = pb.FindBlocksRequest(user_id=user_id, other_user_ids=others)
        try:
            found: pb.FindBlocksResponse = await self._presence.FindBlocks(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return found

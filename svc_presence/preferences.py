"""What users have decided about how they are seen: the live view has it, accounts keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import grpc
import structlog
from google.protobuf.message import DecodeError

from chatkit.core.errors import ChatError
from chatkit.core.ids import UserId
from chatkit.core.presence import Wishes
from chatkit.rpc.caller import Caller, caller_metadata
from chatkit.rpc.errors import error_of
from chatkit.rpc.preferences import preferences_of, wishes_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as accounts_pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as accounts_rpc
from elastic_chat.types.v1 import presence_pb2
from svc_presence.store import Directory, Noted

log = structlog.get_logger()

DEADLINE_S = 1.0
MOST_ASKED = 500
"""Users of whom accounts tells in one call."""


class Keeper(Protocol):
    """Keeps preferences for good. Every method raises a ChatError if it can't."""

    async def preferences(self, users: Sequence[UserId]) -> Sequence[presence_pb2.Preferences]:
        """Return what users have decided, or what is usual, in their order."""
        ...

    async def keep(self, caller: Caller, status: presence_pb2.Status) -> presence_pb2.Preferences:
        """Keep the status of a user; return what they have decided altogether."""
        ...


class MeshKeeper:
    """The accounts service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._accounts: Any = accounts_rpc.AccountsServiceStub(channel)

    async def preferences(self, users: Sequence[UserId]) -> Sequence[presence_pb2.Preferences]:
        request = accounts_pb.GetPreferencesRequest(user_ids=users)
        try:
            answer: accounts_pb.GetPreferencesResponse = await self._accounts.GetPreferences(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return answer.preferences

    async def keep(self, caller: Caller, status: presence_pb2.Status) -> presence_pb2.Preferences:
        request = accounts_pb.KeepStatusRequest(status=status)
        try:
            answer: accounts_pb.KeepStatusResponse = await self._accounts.KeepStatus(request, metadata=caller_metadata(caller))
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return answer.preferences


class Preferences:
    """The preferences of all users, as the live view has them; what it does not know is asked of the keeper."""

    def __init__(self, directory: Directory, keeper: Keeper) -> None:
        self._directory = directory
        self._keeper = keeper

    async def of(self, users: Sequence[UserId]) -> list[Wishes | None]:
        """Return what users have decided; None if neither knows."""
        found = [None if kept is None else _read(kept) for kept in await self._directory.preferences(users)] if users else []
        unknown = list(dict.fromkeys(user_id for user_id, wishes in zip(users, found, strict=True) if wishes is None))
        known: dict[UserId, Wishes] = {}
        try:
            for start in range(0, len(unknown), MOST_ASKED):
                some = unknown[start : start + MOST_ASKED]
                known |= zip(some, map(wishes_of, await self._keeper.preferences(some)), strict=True)
        except ChatError as error:
            log.warning("preferences_unknown", users=len(unknown) - len(known), reason=error.reason)
        if known:
            await self._directory.note_preferences({user_id: _noted(wishes) for user_id, wishes in known.items()})
        return [wishes or known.get(user_id) for user_id, wishes in zip(users, found, strict=True)]

    async def note(self, user_id: UserId, wishes: Wishes) -> bool:
        """Take note of what a user has decided; False if that, or something newer, is known."""
        return user_id in await self._directory.note_preferences({user_id: _noted(wishes)})


def _read(kept: bytes) -> Wishes | None:
    """Return what was noted, or None for what is no such thing."""
    try:
        return wishes_of(presence_pb2.Preferences.FromString(kept))
    except DecodeError:
        return None


def _noted(wishes: Wishes) -> Noted:
    return Noted(wishes.version, preferences_of(wishes).SerializeToString(), wishes.expires_ms)

"""What files asks of accounts: who has which picture."""

from __future__ import annotations

from typing import Any, Protocol

import grpc

from chatkit.core.ids import SessionId, UserId
from chatkit.rpc.caller import Caller, caller_metadata
from chatkit.rpc.errors import error_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc
from svc_files.core.files import FileId


class Profiles(Protocol):
    """Knows how users are seen."""

    async def avatar(self, user_id: UserId) -> FileId | None:
        """Return the file that is a user's picture, if they have one. Raises UNAVAILABLE rather than guess."""
        ...


class MeshProfiles:
    """Profiles, through the accounts service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._accounts: Any = rpc.AccountsServiceStub(channel)

    async def avatar(self, user_id: UserId) -> FileId | None:
        # In the name of the user themselves: what they see of themselves everyone sees.
        request, caller = pb.FindUsersRequest(user_ids=[user_id]), caller_metadata(Caller(user_id, SessionId("")))
        try:
            answer: pb.FindUsersResponse = await self._accounts.FindUsers(request, metadata=caller)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return next((FileId(user.avatar_file_id) for user in answer.users if user.avatar_file_id), None)

"""The pictures of users, as far as accounts deals with them: it has files know which image somebody is about to have."""

from __future__ import annotations

from typing import Any, Protocol

import grpc

from chatkit.core.ids import UserId
from chatkit.rpc.errors import error_of
from elastic_chat.files.v1 import files_service_pb2 as pb
from elastic_chat.files.v1 import files_service_pb2_grpc as rpc

DEADLINE_S = 5.0
"""An image whose upload was just completed may still be looked into."""


class Avatars(Protocol):
    """Keeps pictures for as long as profiles name them."""

    async def note(self, user_id: UserId, file_id: str) -> None:
        """Have it known that a user is about to have a file as their picture, or none if that is empty: to be called before their profile
        changes. Raises UNKNOWN_FILE if they have not uploaded it, INVALID_ARGUMENT if it is no image, and UNAVAILABLE.
        """
        ...


class MeshAvatars:
    """The files service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._files: Any = rpc.FilesServiceStub(channel)

    async def note(self, user_id: UserId, file_id: str) -> None:
        try:
            await self._files.NoteAvatar(pb.NoteAvatarRequest(user_id=user_id, file_id=file_id), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure

"""Who is shown how far others have got: who lets others know it of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import grpc
import structlog

from chatkit.core.errors import ChatError
from chatkit.core.ids import UserId
from chatkit.rpc.errors import error_of
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2_grpc as rpc
from svc_history.store import LiveLog

log = structlog.get_logger()

DEADLINE_S = 1.0


class Privacy(Protocol):
    """Knows what the live view does not."""

    async def gives_receipts(self, users: Sequence[UserId]) -> list[bool]:
        """Return whether each user lets others know what they have read. Raises a ChatError if it can't say."""
        ...


class MeshPrivacy:
    """The presence service, which lets the live view know it, too."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._presence: Any = rpc.PresenceServiceStub(channel)

    async def gives_receipts(self, users: Sequence[UserId]) -> list[bool]:
        try:
            answer: pb.GetPreferencesResponse = await self._presence.GetPreferences(
                pb.GetPreferencesRequest(user_ids=users), timeout=DEADLINE_S
            )
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return [one.privacy.receipts for one in answer.preferences]


class Receipts:
    """Tells who is shown receipts. Of whom it can't be found out is shown none: entries are worth more than to wait for that."""

    def __init__(self, live: LiveLog, privacy: Privacy) -> None:
        self._live = live
        self._privacy = privacy

    async def shown_to(self, users: Sequence[UserId]) -> list[bool]:
        """Return whether each user is shown those of others."""
        found = await self._live.gives_receipts(users) if users else []
        unknown = [user_id for user_id, gives in zip(users, found, strict=True) if gives is None]
        if not unknown:
            return [bool(gives) for gives in found]
        try:
            asked = dict(zip(unknown, await self._privacy.gives_receipts(unknown), strict=True))
        except ChatError as error:
            log.warning("privacy_unknown", users=len(unknown), reason=error.reason)
            asked = {}
        return [bool(asked.get(user_id) if gives is None else gives) for user_id, gives in zip(users, found, strict=True)]

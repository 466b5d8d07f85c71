"""What users have not read, and how they have conversations for themselves: history knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc

from chatkit.core.ids import ConversationId, UserId
from chatkit.rpc.conversation_preferences import preferences_of
from chatkit.rpc.errors import error_of
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2_grpc as rpc

DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class Unread:
    """What a user has not read of a conversation, and how they have it for themselves."""

    conversation_id: ConversationId
    messages: int
    mentions: int
    chosen: Mapping[str, int] = field(default_factory=dict)


class Standing(Protocol):
    """Every method raises a ChatError if nobody knows."""

    async def unread(self, user_id: UserId) -> Sequence[Unread]:
        """Return the conversations with something unread."""
        ...

    async def chosen(self, conversation_id: ConversationId, users: Sequence[UserId]) -> Sequence[Mapping[str, int]]:
        """Return how each user has a conversation for themselves, by the names of chatkit.core.conversation_preferences."""
        ...


class MeshStanding:
    """The history service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._history: Any = rpc.HistoryServiceStub(channel)

    async def unread(self, user_id: UserId) -> Sequence[Unread]:
        request = pb.CountUnreadRequest(user_id=user_id)
        try:
            answer: pb.CountUnreadResponse = await self._history.CountUnread(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return [
            Unread(ConversationId(one.conversation_id), one.unread_count, one.mention_count, preferences_of(one.preferences))
            for one in answer.conversations
        ]

    async def chosen(self, conversation_id: ConversationId, users: Sequence[UserId]) -> Sequence[Mapping[str, int]]:
        request = pb.ListPreferencesRequest(conversation_id=conversation_id, user_ids=users)
        try:
            answer: pb.ListPreferencesResponse = await self._history.ListPreferences(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return [preferences_of(one) for one in answer.preferences]

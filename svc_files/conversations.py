"""What files asks of conversations: who is in them, and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import grpc

from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.rpc.errors import error_of
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2_grpc as rpc
from svc_files.core.files import FileId


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the log, or a change of its conversation's settings, as far as files is concerned.

    `for_all` says that its file is the conversation's picture.
    """

    seq: int
    sender_id: UserId
    files: frozenset[FileId]
    for_all: bool = False


class Conversations(Protocol):
    """Knows conversations. Every method raises UNAVAILABLE rather than guess."""

    async def joined(self, user_id: UserId) -> Mapping[ConversationId, int]:
        """Return the conversations that a user is in, and the seq at which they came into each."""
        ...

    async def message(self, conversation_id: ConversationId, message_id: MessageId) -> Message | None:
        """Return a message, or a change of settings, if it is in the log."""
        ...


class MeshConversations:
    """Conversations, through the history service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._history: Any = rpc.HistoryServiceStub(channel)

    async def joined(self, user_id: UserId) -> Mapping[ConversationId, int]:
        try:
            answer: pb.ListMembershipsResponse = await self._history.ListMemberships(pb.ListMembershipsRequest(user_ids=[user_id]))
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        (user,) = answer.users
        return dict(zip(map(ConversationId, user.conversation_ids), user.joined_seqs, strict=True))

    async def message(self, conversation_id: ConversationId, message_id: MessageId) -> Message | None:
        request = pb.FindMessageRequest(conversation_id=conversation_id, message_id=message_id)
        try:
            answer: pb.FindMessageResponse = await self._history.FindMessage(request)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        if not answer.HasField("entry"):
            return None
        entry = answer.entry
        if entry.settings.avatar_file_id:
            return Message(entry.seq, UserId(entry.sender_id), frozenset((FileId(entry.settings.avatar_file_id),)), for_all=True)
        return Message(entry.seq, UserId(entry.sender_id), frozenset(FileId(one.file_id) for one in entry.body.attachments))

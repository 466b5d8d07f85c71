"""What concerns only one user: entries of their notes to themselves, which reach all of their devices and nobody else."""

from __future__ import annotations

from typing import Any

import grpc

from chatkit.core.conversation import DIRECT_MEMBER
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, creation_message_id, is_uuid, notes_conversation_id
from chatkit.rpc.admission import timestamp
from chatkit.rpc.caller import Caller, caller_metadata, current_request_id
from chatkit.rpc.errors import error_of
from chatkit.rpc.lanes import Lanes
from chatkit.tracing import current_context
from elastic_chat.history.v1 import history_service_pb2, history_service_pb2_grpc
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2, entry_pb2


class Personal:
    """Gives commands to the notes of users, and creates those that are not there."""

    def __init__(self, lanes: Lanes, channel: grpc.aio.Channel) -> None:
        self._lanes = lanes
        self._history: Any = history_service_pb2_grpc.HistoryServiceStub(channel)

    async def change(self, caller: Caller, message_id: MessageId, change: entry_pb2.PersonalChange, now_ms: int) -> pb.Accepted:
        """Make a change that is about a conversation of the caller. Raises UNKNOWN_CONVERSATION if it is none of theirs."""
        command = _command(caller)
        read_seq = await self._read_seq(caller, change.conversation_id)
        command.personal.message_id = message_id
        command.personal.change.CopyFrom(change)
        if change.preferences.marked_unread:
            command.personal.change.preferences.marked_at_read_seq = read_seq
        try:
            return await self._lanes.call(command)
        except ChatError as error:
            if error.reason is not Reason.UNKNOWN_CONVERSATION:
                raise
        await self._lanes.call(_creation(caller, now_ms))
        return await self._lanes.call(command)

    async def _read_seq(self, caller: Caller, conversation_id: str) -> int:
        """Return how far the caller has read a conversation of theirs. Their notes are theirs, whether they are there yet or not."""
        if not is_uuid(conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        try:
            found: history_service_pb2.GetConversationResponse = await self._history.GetConversation(
                history_service_pb2.GetConversationRequest(conversation_id=conversation_id),
                metadata=caller_metadata(caller),
            )
        except grpc.aio.AioRpcError as failure:
            error = error_of(failure)
            if error.reason is Reason.UNKNOWN_CONVERSATION and conversation_id == notes_conversation_id(caller.user_id):
                return 0
            raise error from failure
        return found.conversation.read_seq


def _command(caller: Caller) -> pb.Command:
    return pb.Command(
        user_id=caller.user_id,
        conversation_id=notes_conversation_id(caller.user_id),
        request_id=current_request_id(),
        traceparent=current_context(),
    )


def _creation(caller: Caller, now_ms: int) -> pb.Command:
    """Return the command that creates the notes of a user, or does nothing if they are there."""
    command = _command(caller)
    notes = notes_conversation_id(caller.user_id)
    command.create.message_id = creation_message_id(notes)
    command.create.conversation.CopyFrom(
        conversation_pb2.Conversation(
            conversation_id=notes,
            kind=conversation_pb2.Conversation.SELF,
            creator_id=caller.user_id,
            created_at=timestamp(now_ms),
            member_ids=[caller.user_id],
        )
    )
    command.create.members.add(user_id=caller.user_id, permissions=int(DIRECT_MEMBER))
    return command

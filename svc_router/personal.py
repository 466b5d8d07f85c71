"""What concerns only one user: entries of their notes to themselves, which reach all of their devices and nobody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from chatkit.core.conversation import DIRECT_MEMBER
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, creation_message_id, is_uuid, notes_conversation_id
from chatkit.core.personal import MAX_DRAFTS, MAX_STARS, check_draft, check_pause, check_room
from chatkit.rpc.admission import timestamp
from chatkit.rpc.caller import Caller, caller_metadata, current_request_id
from chatkit.rpc.errors import error_of
from chatkit.rpc.lanes import Lanes
from chatkit.tracing import current_context
from elastic_chat.history.v1 import history_service_pb2 as asked
from elastic_chat.history.v1 import history_service_pb2_grpc
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2, entry_pb2

Answer = TypeVar("Answer")


class Personal:
    """Gives commands to the notes of users, and creates those that are not there."""

    def __init__(self, lanes: Lanes, channel: grpc.aio.Channel) -> None:
        self._lanes = lanes
        self._history: Any = history_service_pb2_grpc.HistoryServiceStub(channel)

    async def change(self, caller: Caller, message_id: MessageId, change: entry_pb2.PersonalChange, now_ms: int) -> pb.Accepted:
        """Make a change that is about a conversation of the caller. Raises UNKNOWN_CONVERSATION if it is none of theirs, and what the
        rules of its kind say.
        """
        if not is_uuid(change.conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return await self.note(caller, message_id, self._complete(caller, change, now_ms), now_ms)

    async def note(
        self, caller: Caller, message_id: MessageId, completing: Awaitable[entry_pb2.PersonalChange], now_ms: int
    ) -> pb.Accepted:
        """Make the change that comes of `completing`, which may refuse it. What was accepted once is not refused, whatever has become of
        its subject since.
        """
        try:
            change = await completing
        except ChatError as refusal:
            if refusal.row.retryable and refusal.reason is not Reason.SLOW_MODE:
                raise
            made = await self._made(caller, message_id)
            if made is None:
                raise
            return made
        return await self.give(caller, message_id, change, now_ms)

    async def give(self, caller: Caller, message_id: MessageId, change: entry_pb2.PersonalChange, now_ms: int) -> pb.Accepted:
        """Make a change that was checked."""
        command = _command(caller)
        command.personal.message_id = message_id
        command.personal.change.CopyFrom(change)
        try:
            return await self._lanes.call(command)
        except ChatError as error:
            if error.reason is not Reason.UNKNOWN_CONVERSATION:
                raise
        await self._lanes.call(_creation(caller, now_ms))
        return await self._lanes.call(command)

    async def _complete(self, caller: Caller, change: entry_pb2.PersonalChange, now_ms: int) -> entry_pb2.PersonalChange:
        """Add what only the server knows to a change, or refuse it."""
        match change.WhichOneof("change"):
            case "preferences":
                read_seq = await self._read_seq(caller, change.conversation_id)
                if change.preferences.marked_unread:
                    change.preferences.marked_at_read_seq = read_seq
            case "hidden":
                found = await self._message(caller, change.conversation_id, change.hidden.seq, include_hidden=True)
                change.hidden.ordinal, change.hidden.mentioned = found.entry.ordinal, found.mentions_caller
            case "star":
                await self._check_star(caller, change)
            case _:
                await self._check_draft(caller, change, now_ms)
        return change

    async def _check_star(self, caller: Caller, change: entry_pb2.PersonalChange) -> None:
        if change.star.removed:
            if change.star.seq < 1:
                raise ChatError(Reason.NOT_FOUND, "target is the seq of a message")
            return
        found = await self._message(caller, change.conversation_id, change.star.seq)
        if found.entry.state.deleted:
            raise ChatError(Reason.NOT_FOUND, "the message is deleted")
        stars: asked.ListStarsResponse = await self._ask(self._history.ListStars, asked.ListStarsRequest(page_size=1), caller)
        check_room(stars.star_count, MAX_STARS, "stars")

    async def _check_draft(self, caller: Caller, change: entry_pb2.PersonalChange, now_ms: int) -> None:
        draft = change.draft
        check_draft(draft.text, draft.reply_to, draft.thread)
        await self._read_seq(caller, change.conversation_id)
        if not draft.text:
            return
        kept: asked.ListDraftsResponse = await self._ask(self._history.ListDrafts, asked.ListDraftsRequest(), caller)
        places = {(one.conversation_id, one.draft.thread): one.saved_at.ToMilliseconds() for one in kept.drafts}
        saved_ms = places.get((change.conversation_id, draft.thread))
        if saved_ms is None:
            check_room(len(places), MAX_DRAFTS, "drafts")
        else:
            check_pause(saved_ms, now_ms)

    async def _made(self, caller: Caller, message_id: MessageId) -> pb.Accepted | None:
        """Return what came of a change that was made before, if it was."""
        request = asked.FindMessageRequest(conversation_id=notes_conversation_id(caller.user_id), message_id=message_id)
        found: asked.FindMessageResponse = await self._ask(self._history.FindMessage, request, caller)
        return pb.Accepted(seq=found.entry.seq, accepted_at=found.entry.accepted_at) if found.HasField("entry") else None

    async def _message(self, caller: Caller, conversation_id: str, seq: int, *, include_hidden: bool = False) -> asked.GetMessageResponse:
        """Return a message that the caller can see."""
        request = asked.GetMessageRequest(conversation_id=conversation_id, seq=seq, include_hidden=include_hidden)
        return await self._ask(self._history.GetMessage, request, caller)

    async def waiting(self, caller: Caller) -> asked.ListScheduledMessagesResponse:
        """Return the messages of the caller that wait for their time."""
        return await self._ask(self._history.ListScheduledMessages, asked.ListScheduledMessagesRequest(), caller)

    async def check_member(self, caller: Caller, conversation_id: str) -> None:
        """Refuse a conversation that the caller is not in."""
        if not is_uuid(conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        await self._read_seq(caller, conversation_id)

    async def _read_seq(self, caller: Caller, conversation_id: str) -> int:
        """Return how far the caller has read a conversation of theirs. Their notes are theirs, whether they are there yet or not."""
        request = asked.GetConversationRequest(conversation_id=conversation_id)
        try:
            found: asked.GetConversationResponse = await self._ask(self._history.GetConversation, request, caller)
        except ChatError as error:
            if error.reason is Reason.UNKNOWN_CONVERSATION and conversation_id == notes_conversation_id(caller.user_id):
                return 0
            raise
        return found.conversation.read_seq

    async def _ask(self, method: Callable[..., Awaitable[Answer]], request: Message, caller: Caller) -> Answer:
        """Ask history something in the name of the caller."""
        try:
            return await method(request, metadata=caller_metadata(caller))
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure


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

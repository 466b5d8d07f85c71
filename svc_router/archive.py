"""What the router asks of the history service: only for what the live view does not know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.message import Message

from chatkit.core.admission import InviteId
from chatkit.core.conversation import Permission, seq_floor
from chatkit.core.conversation_settings import as_text
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, SessionId, UserId
from chatkit.rpc.admission import ban_of, invite_of
from chatkit.rpc.caller import Caller, caller_metadata
from chatkit.rpc.conversation_settings import settings_of
from chatkit.rpc.errors import error_of
from chatkit.rpc.sending import ballot_of
from elastic_chat.events.v1 import log_pb2
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2_grpc as rpc
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_router.changes import Found, change_of, mentions_of
from svc_router.entries import known_since_ms
from svc_router.job import Job
from svc_router.store import Durable, Membership, Restored

STATE_S = 15.0
"""How long history may take to be certain of a conversation: it waits for the writer."""


QUESTIONS = 256
"""Questions at the same time; more are refused with OVERLOADED."""


class HistoryArchive:
    """The archive behind HistoryService, through the mesh."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: Any = rpc.HistoryServiceStub(channel)
        self._asking = 0

    async def _ask(self, method: Callable[..., Awaitable[Any]], request: Message, **options: Any) -> Any:  # noqa: ANN401 - a call of any kind
        """Return the answer to a question. Raises OVERLOADED if there are too many, and what history raises."""
        if self._asking >= QUESTIONS:
            raise ChatError(Reason.OVERLOADED, "the router has more to look up than it can", retry_after=timedelta(seconds=1))
        self._asking += 1
        try:
            return await method(request, **options)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        finally:
            self._asking -= 1

    async def state(self, conversation_id: ConversationId, now_ms: int) -> Restored | None:
        request = pb.GetConversationStateRequest(conversation_id=conversation_id)
        try:
            state: pb.GetConversationStateResponse = await self._ask(self._stub.GetConversationState, request, timeout=STATE_S)
        except ChatError as error:
            if error.reason is Reason.UNKNOWN_CONVERSATION:
                return None
            raise
        return restored_of(conversation_id, state, now_ms)

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> log_pb2.LogEntry | None:
        request = pb.FindMessageRequest(conversation_id=conversation_id, message_id=message_id)
        found: pb.FindMessageResponse = await self._ask(self._stub.FindMessage, request)
        return log_pb2.LogEntry.FromString(found.entry.SerializeToString()) if found.HasField("entry") else None

    async def message(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Found:
        request = pb.GetMessageRequest(conversation_id=conversation_id, seq=seq, include_hidden=True)
        caller = caller_metadata(Caller(user_id, SessionId("")))
        found: pb.GetMessageResponse = await self._ask(self._stub.GetMessage, request, metadata=caller)
        entry = log_pb2.LogEntry.FromString(found.entry.SerializeToString())
        body = found.entry.body
        if found.entry.state.edit_count:
            body = await self._first_words(conversation_id, MessageId(entry.message_id))
        outline = log_pb2.Outline(thread=body.thread, mentions=body.mentions, mention_all=body.mention_all, files=bool(body.attachments))
        entry.outline.CopyFrom(outline)
        entry.outline.forwarded = body.HasField("forwarded")
        if body.HasField("poll"):
            entry.outline.ballot.CopyFrom(ballot_of(body.poll))
        return Found(entry, found.entry.state.deleted, found.entry.state.closed)

    async def reactions(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Collection[str]:
        request = pb.GetMessageRequest(conversation_id=conversation_id, seq=seq, include_hidden=True)
        caller = caller_metadata(Caller(user_id, SessionId("")))
        found: pb.GetMessageResponse = await self._ask(self._stub.GetMessage, request, metadata=caller)
        return found.own_emoji

    async def pins(self, user_id: UserId, conversation_id: ConversationId) -> Collection[int]:
        request = pb.ListPinsRequest(conversation_id=conversation_id)
        caller = caller_metadata(Caller(user_id, SessionId("")))
        found: pb.ListPinsResponse = await self._ask(self._stub.ListPins, request, metadata=caller)
        return {entry.seq for entry in found.entries}

    async def _first_words(self, conversation_id: ConversationId, message_id: MessageId) -> entry_pb2.Body:
        """Return what a message said before it was edited: whom that mentions was told so. Nothing, if it is deleted meanwhile."""
        first = await self.find(conversation_id, message_id)
        return entry_pb2.Body.FromString(first.body if first else b"")

    async def ordinal_at(self, job: Job) -> int:
        read_seq = job.command.watermark.read_seq
        request = pb.ListMessagesRequest(conversation_id=job.conversation_id, before_seq=read_seq + 1, page_size=1)
        caller = caller_metadata(Caller(job.user_id, SessionId("")))
        page: pb.ListMessagesResponse = await self._ask(self._stub.ListMessages, request, metadata=caller)
        if not page.entries:
            raise ChatError(Reason.INVALID_ARGUMENT, "read_seq is older than the oldest entry that the user can see")
        entry: entry_pb2.Entry = page.entries[-1]
        return entry.ordinal


def restored_of(conversation_id: ConversationId, state: pb.GetConversationStateResponse, now_ms: int) -> Restored:
    """Return a conversation as it is put back: of the invites that history ever had, those that let somebody in."""
    invites = {InviteId(one.invite_id): invite_of(one) for one in state.invites}
    return Restored(
        conversation_id,
        conversation_pb2.Conversation.Kind.Name(state.conversation.kind),
        state.conversation.SerializeToString(),
        {UserId(one.user_id): Membership(Permission(one.permissions), one.joined_seq, one.joined_ordinal) for one in state.members},
        {UserId(one.watermark.user_id): _mark(one) for one in state.watermarks},
        head=state.head_seq,
        head_ordinal=state.head_ordinal,
        floor=seq_floor(now_ms),
        known_since_ms=known_since_ms(state.recent, now_ms),
        recent=[_durable(entry) for entry in state.recent],
        bans={UserId(one.user_id): ban_of(one) for one in state.bans},
        invites={invite_id: invite for invite_id, invite in invites.items() if invite.is_good(now_ms)},
        settings={name: as_text(value) for name, value in settings_of(state.settings).items()},
    )


def _durable(entry: log_pb2.LogEntry) -> Durable:
    at = entry.accepted_at.ToMilliseconds()
    value, sender = entry.SerializeToString(), UserId(entry.sender_id)
    about, doubted = (*change_of(entry), mentions_of(entry)), False
    return Durable(MessageId(entry.message_id), sender, entry.seq, entry.ordinal, at, value, b"", (), (), doubted, *about)


def _mark(record: log_pb2.WatermarkRecord) -> tuple[int, ...]:
    shown = (record.shown.delivered_seq, record.shown.read_seq) if record.HasField("shown") else ()
    return record.watermark.delivered_seq, record.watermark.read_seq, record.read_ordinal, *shown

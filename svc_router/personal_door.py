"""The methods of RouterService by which users change what concerns only them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import grpc

from chatkit.core.clock import Clock
from chatkit.core.conversation_preferences import checked_preferences
from chatkit.core.ids import MessageId, check_message_id, new_id, notes_conversation_id
from chatkit.rpc.caller import Caller, caller_of
from chatkit.rpc.conversation_preferences import preferences_message, preferences_of
from chatkit.rpc.lanes import Lanes
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1.entry_pb2 import Draft, HiddenMessage, PersonalChange, Star
from svc_router.personal import Personal
from svc_router.scheduled import Scheduled

Context = Any
"""grpc.aio.ServicerContext, whose class gRPC keeps private."""
Answer = TypeVar("Answer")


class PersonalDoor:
    """Each checks what it is given, and makes one entry of the caller's notes."""

    def __init__(self, lanes: Lanes, channel: grpc.aio.Channel, clock: Clock) -> None:
        self._personal = Personal(lanes, channel)
        self._scheduled = Scheduled(self._personal, lanes, channel)
        self._clock = clock

    async def UpdateConversationPreferences(  # noqa: N802
        self,
        request: pb.UpdateConversationPreferencesRequest,
        context: Context,
    ) -> pb.UpdateConversationPreferencesResponse:
        preferences = preferences_message(checked_preferences(preferences_of(request.preferences)))
        change = PersonalChange(conversation_id=request.conversation_id, preferences=preferences)
        return await self._note(context, request.message_id, change, pb.UpdateConversationPreferencesResponse)

    async def HideMessage(self, request: pb.HideMessageRequest, context: Context) -> pb.HideMessageResponse:  # noqa: N802
        change = PersonalChange(conversation_id=request.conversation_id, hidden=HiddenMessage(seq=request.target))
        return await self._note(context, request.message_id, change, pb.HideMessageResponse)

    async def StarMessage(self, request: pb.StarMessageRequest, context: Context) -> pb.StarMessageResponse:  # noqa: N802
        change = PersonalChange(conversation_id=request.conversation_id, star=Star(seq=request.target))
        return await self._note(context, request.message_id, change, pb.StarMessageResponse)

    async def UnstarMessage(self, request: pb.UnstarMessageRequest, context: Context) -> pb.UnstarMessageResponse:  # noqa: N802
        change = PersonalChange(conversation_id=request.conversation_id, star=Star(seq=request.target, removed=True))
        return await self._note(context, request.message_id, change, pb.UnstarMessageResponse)

    async def SaveDraft(self, request: pb.SaveDraftRequest, context: Context) -> pb.SaveDraftResponse:  # noqa: N802
        change = PersonalChange(conversation_id=request.conversation_id, draft=request.draft)
        return await self._note(context, request.message_id, change, pb.SaveDraftResponse)

    async def DeleteDraft(self, request: pb.DeleteDraftRequest, context: Context) -> pb.DeleteDraftResponse:  # noqa: N802
        change = PersonalChange(conversation_id=request.conversation_id, draft=Draft(thread=request.thread))
        return await self._note(context, request.message_id, change, pb.DeleteDraftResponse)

    async def ScheduleMessage(self, request: pb.ScheduleMessageRequest, context: Context) -> pb.ScheduleMessageResponse:  # noqa: N802
        caller = caller_of(context)
        accepted = await self._scheduled.schedule(caller, request, self._clock.now_ms())
        return _answer(pb.ScheduleMessageResponse, caller, request.message_id, accepted)

    async def UpdateScheduledMessage(  # noqa: N802
        self,
        request: pb.UpdateScheduledMessageRequest,
        context: Context,
    ) -> pb.UpdateScheduledMessageResponse:
        caller, message_id = caller_of(context), self._message_id(request.message_id)
        accepted = await self._scheduled.update(caller, message_id, request, self._clock.now_ms())
        return _answer(pb.UpdateScheduledMessageResponse, caller, message_id, accepted)

    async def CancelScheduledMessage(  # noqa: N802
        self,
        request: pb.CancelScheduledMessageRequest,
        context: Context,
    ) -> pb.CancelScheduledMessageResponse:
        caller, message_id = caller_of(context), self._message_id(request.message_id)
        accepted = await self._scheduled.cancel(caller, message_id, request.scheduled_id, self._clock.now_ms())
        return _answer(pb.CancelScheduledMessageResponse, caller, message_id, accepted)

    async def SendScheduledMessage(  # noqa: N802
        self,
        request: pb.SendScheduledMessageRequest,
        context: Context,  # noqa: ARG002 - for the writer, whom the mesh lets in
    ) -> pb.SendScheduledMessageResponse:
        await self._scheduled.send(request, self._clock.now_ms())
        return pb.SendScheduledMessageResponse()

    async def _note(self, context: Context, given: str, change: PersonalChange, answer: Callable[..., Answer]) -> Answer:
        caller, message_id = caller_of(context), self._message_id(given)
        accepted = await self._personal.change(caller, message_id, change, self._clock.now_ms())
        return _answer(answer, caller, message_id, accepted)

    def _message_id(self, given: str) -> MessageId:
        return check_message_id(given or new_id(), self._clock.now_ms())


def _answer(answer: Callable[..., Answer], caller: Caller, message_id: str, accepted: pb.Accepted) -> Answer:
    notes = notes_conversation_id(caller.user_id)
    return answer(message_id=message_id, conversation_id=notes, seq=accepted.seq, accepted_at=accepted.accepted_at)

"""Messages that are sent later: they wait in their user's notes, and are sent as their user would, with what they may do then."""

from __future__ import annotations

from typing import Any

import grpc
import structlog

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, SessionId, UserId, check_message_id, derived_message_id
from chatkit.core.personal import MAX_SCHEDULED, check_open, check_room, check_time
from chatkit.rpc.admission import timestamp
from chatkit.rpc.body import checked
from chatkit.rpc.caller import Caller, current_request_id
from chatkit.rpc.errors import error_of
from chatkit.rpc.lanes import Lanes
from chatkit.rpc.sending import put_message
from chatkit.tracing import current_context
from elastic_chat.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from elastic_chat.history.v1.history_service_pb2 import WaitingMessage
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1.entry_pb2 import Body, PersonalChange, ScheduledMessage
from svc_router.personal import Personal

log = structlog.get_logger()

NOT_WAITING = "no message with this message_id waits for its time"


class Scheduled:
    """Keeps them, changes them, and sends them."""

    def __init__(self, personal: Personal, lanes: Lanes, channel: grpc.aio.Channel) -> None:
        self._personal = personal
        self._lanes = lanes
        self._accounts: Any = accounts_service_pb2_grpc.AccountsServiceStub(channel)

    async def schedule(self, caller: Caller, request: pb.ScheduleMessageRequest, now_ms: int) -> pb.Accepted:
        """Let a message wait for its time. However often that is asked for, it is done once."""
        message_id = check_message_id(request.message_id, now_ms)
        entry_id = derived_message_id(message_id, "scheduled")
        return await self._personal.note(caller, entry_id, self._new(caller, request, now_ms), now_ms)

    async def update(self, caller: Caller, message_id: MessageId, request: pb.UpdateScheduledMessageRequest, now_ms: int) -> pb.Accepted:
        """Change what a message says that waits, or its time."""
        return await self._personal.note(caller, message_id, self._changed(caller, request, now_ms), now_ms)

    async def cancel(self, caller: Caller, message_id: MessageId, scheduled_id: str, now_ms: int) -> pb.Accepted:
        """Take back a message that waits."""
        return await self._personal.note(caller, message_id, self._cancelled(caller, scheduled_id, now_ms), now_ms)

    async def send(self, request: pb.SendScheduledMessageRequest, now_ms: int) -> None:
        """Send a message whose time has come, unless it waits for another time by now, or no more. Raises what may pass."""
        caller = Caller(UserId(request.user_id), SessionId(""))
        waiting = await self._find(caller, request.scheduled_id)
        if waiting is None or waiting.scheduled.deliver_at != request.deliver_at:
            return
        settled = ScheduledMessage(message_id=waiting.scheduled.message_id, deliver_at=waiting.scheduled.deliver_at)
        try:
            await self._check_active(caller)
            accepted = await self._lanes.call(_sending(caller, waiting, now_ms))
        except ChatError as refusal:
            if refusal.row.retryable:
                raise
            log.info("scheduled_message_refused", message_id=request.scheduled_id, reason=refusal.reason)
            settled.state, settled.reason = ScheduledMessage.REFUSED, refusal.reason
            settled.body.CopyFrom(waiting.scheduled.body)
        else:
            settled.state, settled.seq = ScheduledMessage.SENT, accepted.seq
        change = PersonalChange(conversation_id=waiting.conversation_id, scheduled=settled)
        await self._personal.give(caller, derived_message_id(MessageId(request.scheduled_id), "settled"), change, now_ms)

    async def _check_active(self, caller: Caller) -> None:
        """Refuse what a user wants who may not log in any more."""
        request = accounts_service_pb2.FindInactiveRequest(user_ids=[caller.user_id])
        try:
            found: accounts_service_pb2.FindInactiveResponse = await self._accounts.FindInactive(request)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        if found.user_ids:
            raise ChatError(Reason.ACCOUNT_DISABLED)

    async def _new(self, caller: Caller, request: pb.ScheduleMessageRequest, now_ms: int) -> PersonalChange:
        _check_body(request.body)
        check_time(request.deliver_at.ToMilliseconds(), now_ms)
        await self._personal.check_member(caller, request.conversation_id)
        check_room(len((await self._personal.waiting(caller)).messages), MAX_SCHEDULED, "messages that wait")
        scheduled = ScheduledMessage(message_id=request.message_id, state=ScheduledMessage.WAITING, body=request.body)
        scheduled.deliver_at.CopyFrom(timestamp(request.deliver_at.ToMilliseconds()))
        return PersonalChange(conversation_id=request.conversation_id, scheduled=scheduled)

    async def _changed(self, caller: Caller, request: pb.UpdateScheduledMessageRequest, now_ms: int) -> PersonalChange:
        waiting = await self._open(caller, request.scheduled_id, now_ms)
        scheduled = waiting.scheduled
        if not request.HasField("body") and not request.HasField("deliver_at"):
            raise ChatError(Reason.INVALID_ARGUMENT, "set body, deliver_at, or both")
        if request.HasField("body"):
            _check_body(request.body)
            scheduled.body.CopyFrom(request.body)
        if request.HasField("deliver_at"):
            check_time(request.deliver_at.ToMilliseconds(), now_ms)
            scheduled.deliver_at.CopyFrom(timestamp(request.deliver_at.ToMilliseconds()))
        return PersonalChange(conversation_id=waiting.conversation_id, scheduled=scheduled)

    async def _cancelled(self, caller: Caller, scheduled_id: str, now_ms: int) -> PersonalChange:
        waiting = await self._open(caller, scheduled_id, now_ms)
        scheduled = ScheduledMessage(message_id=scheduled_id, state=ScheduledMessage.CANCELLED)
        return PersonalChange(conversation_id=waiting.conversation_id, scheduled=scheduled)

    async def _open(self, caller: Caller, scheduled_id: str, now_ms: int) -> WaitingMessage:
        """Return a message that waits and can still be changed."""
        waiting = await self._find(caller, scheduled_id)
        if waiting is None:
            raise ChatError(Reason.NOT_FOUND, NOT_WAITING)
        check_open(waiting.scheduled.deliver_at.ToMilliseconds(), now_ms)
        return waiting

    async def _find(self, caller: Caller, scheduled_id: str) -> WaitingMessage | None:
        found = (await self._personal.waiting(caller)).messages
        return next((one for one in found if one.scheduled.message_id == scheduled_id), None)


def _check_body(body: Body) -> None:
    checked(body)
    if body.attachments:
        raise ChatError(Reason.INVALID_ARGUMENT, "a message that is sent later has no attachments")


def _sending(caller: Caller, waiting: WaitingMessage, now_ms: int) -> pb.Command:
    command = pb.Command(
        user_id=caller.user_id,
        conversation_id=waiting.conversation_id,
        request_id=current_request_id(),
        traceparent=current_context(),
    )
    put_message(command.send, waiting.scheduled.message_id, waiting.scheduled.body, now_ms)
    return command

"""The router's door. People's calls become commands and take a lane like everyone else's, so that a conversation has one order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf.message import Message

from chatkit.core.clock import Clock
from chatkit.core.conversation import DIRECT_MEMBER, GROUP_MEMBER, GROUP_OWNER, Permission
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import (
    ConversationId,
    MessageId,
    UserId,
    check_message_id,
    creation_message_id,
    direct_conversation_id,
    group_conversation_id,
    is_uuid,
    new_id,
)
from chatkit.rpc.caller import Caller, caller_metadata, caller_of, current_request_id
from chatkit.rpc.change import change_command
from chatkit.rpc.errors import error_of
from chatkit.rpc.lane import NODE_HEADER, ROUTER_HEADER
from chatkit.rpc.lanes import Lanes
from chatkit.rpc.sending import put_message
from chatkit.tracing import current_context
from elastic_chat.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2_grpc as rpc
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_router.core import check_direct, check_group
from svc_router.entries import timestamp
from svc_router.pipeline import Pipeline
from svc_router.route import Lane

Context = Any
"""grpc.aio.ServicerContext, whose class gRPC keeps private."""

Conversation = conversation_pb2.Conversation
Answer = TypeVar("Answer")


class Changing(Protocol):
    """What every request for a change of a message has."""

    conversation_id: str
    target: int
    message_id: str


class RouterServicer(rpc.RouterServiceServicer):
    """The methods of RouterService, as its contract says."""

    def __init__(self, pipeline: Pipeline, lanes: Lanes, channel: grpc.aio.Channel, clock: Clock) -> None:
        self._pipeline = pipeline
        self._lanes = lanes
        self._accounts: Any = accounts_service_pb2_grpc.AccountsServiceStub(channel)
        self._clock = clock
        self._draining = asyncio.Event()
        self._name = new_id()

    async def drain(self) -> None:
        """End every lane once what it has read is answered; the mesh opens them again at another router."""
        self._draining.set()

    async def Route(self, request_iterator: AsyncIterator[pb.RouteRequest], context: Context) -> None:  # type: ignore[override] # noqa: N802
        await context.send_initial_metadata(((ROUTER_HEADER, self._name),))
        node = dict(context.invocation_metadata()).get(NODE_HEADER, "")
        await Lane(self._pipeline, node).serve(request_iterator, context, self._draining)

    async def SendMessage(self, request: pb.SendMessageRequest, context: Context) -> pb.SendMessageResponse:  # noqa: N802
        caller = caller_of(context)
        message = pb.SendCommand()
        put_message(message, request.message_id, request.body, self._clock.now_ms())
        command = _command(caller, request.conversation_id)
        command.send.CopyFrom(message)
        accepted = await self._lanes.call(command)
        return pb.SendMessageResponse(
            message_id=request.message_id,
            conversation_id=request.conversation_id,
            seq=accepted.seq,
            accepted_at=accepted.accepted_at,
        )

    async def EditMessage(self, request: pb.EditMessageRequest, context: Context) -> pb.EditMessageResponse:  # noqa: N802
        return await self._change(context, request, request.body, pb.EditMessageResponse)

    async def DeleteMessage(self, request: pb.DeleteMessageRequest, context: Context) -> pb.DeleteMessageResponse:  # noqa: N802
        request.message_id = request.message_id or new_id()
        return await self._change(context, request, entry_pb2.Deletion(), pb.DeleteMessageResponse)

    async def AddReaction(self, request: pb.AddReactionRequest, context: Context) -> pb.AddReactionResponse:  # noqa: N802
        request.message_id = request.message_id or new_id()
        return await self._change(context, request, entry_pb2.Reaction(emoji=request.emoji), pb.AddReactionResponse)

    async def RemoveReaction(self, request: pb.RemoveReactionRequest, context: Context) -> pb.RemoveReactionResponse:  # noqa: N802
        request.message_id = request.message_id or new_id()
        return await self._change(context, request, entry_pb2.Reaction(emoji=request.emoji, removed=True), pb.RemoveReactionResponse)

    async def PinMessage(self, request: pb.PinMessageRequest, context: Context) -> pb.PinMessageResponse:  # noqa: N802
        request.message_id = request.message_id or new_id()
        return await self._change(context, request, entry_pb2.Pin(), pb.PinMessageResponse)

    async def UnpinMessage(self, request: pb.UnpinMessageRequest, context: Context) -> pb.UnpinMessageResponse:  # noqa: N802
        request.message_id = request.message_id or new_id()
        return await self._change(context, request, entry_pb2.Pin(unpinned=True), pb.UnpinMessageResponse)

    async def CreateConversation(  # noqa: N802
        self,
        request: pb.CreateConversationRequest,
        context: Context,
    ) -> pb.CreateConversationResponse:
        caller = caller_of(context)
        now_ms = self._clock.now_ms()
        message_id = check_message_id(request.message_id or new_id(), now_ms)
        conversation = Conversation(kind=request.kind, creator_id=caller.user_id, created_at=timestamp(now_ms))
        match request.kind:
            case Conversation.DIRECT:
                other = check_direct(request.title, request.member_ids, caller.user_id)
                conversation.conversation_id = direct_conversation_id(caller.user_id, other)
                conversation.member_ids.extend(sorted((caller.user_id, other)))
                members = {caller.user_id: DIRECT_MEMBER, other: DIRECT_MEMBER}
            case Conversation.GROUP:
                title, others = check_group(request.title, request.member_ids, caller.user_id)
                conversation.conversation_id = group_conversation_id(caller.user_id, message_id)
                conversation.title = title
                members = {caller.user_id: GROUP_OWNER} | dict.fromkeys(others, GROUP_MEMBER)
            case _:
                raise ChatError(Reason.INVALID_ARGUMENT, "kind must be DIRECT or GROUP")
        await self._check_users(caller, [user_id for user_id in members if user_id != caller.user_id])
        accepted = await self._lanes.call(_creation(caller, conversation, members))
        return pb.CreateConversationResponse(conversation=accepted.conversation)

    async def AddMember(self, request: pb.AddMemberRequest, context: Context) -> pb.AddMemberResponse:  # noqa: N802
        caller = caller_of(context)
        user_id = _user_id(request.user_id)
        await self._check_users(caller, [user_id])
        command = _command(caller, request.conversation_id)
        command.add_member.message_id = new_id()
        command.add_member.member.CopyFrom(_member(user_id, GROUP_MEMBER))
        accepted = await self._lanes.call(command)
        return pb.AddMemberResponse(member=accepted.member)

    async def RemoveMember(self, request: pb.RemoveMemberRequest, context: Context) -> pb.RemoveMemberResponse:  # noqa: N802
        caller = caller_of(context)
        command = _command(caller, request.conversation_id)
        command.remove_member.message_id = new_id()
        command.remove_member.user_id = _user_id(request.user_id)
        await self._lanes.call(command)
        return pb.RemoveMemberResponse()

    async def _change(self, context: Context, request: Changing, change: Message, answer: Callable[..., Answer]) -> Answer:
        caller = caller_of(context)
        checked_change = change_command(request.message_id, request.target, change, self._clock.now_ms())
        command = _command(caller, request.conversation_id)
        command.change.CopyFrom(checked_change)
        accepted = await self._lanes.call(command)
        return answer(
            message_id=request.message_id,
            conversation_id=request.conversation_id,
            seq=accepted.seq,
            accepted_at=accepted.accepted_at,
        )

    async def _check_users(self, caller: Caller, user_ids: Sequence[UserId]) -> None:
        if not user_ids:
            return
        try:
            found = await self._accounts.FindUsers(
                accounts_service_pb2.FindUsersRequest(user_ids=user_ids),
                metadata=caller_metadata(caller),
            )
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        missing = set(user_ids) - {user.user_id for user in found.users if not user.deleted}
        if missing:
            raise ChatError(Reason.UNKNOWN_USER, f"there is no user {min(missing)}: find users by name first")


def _command(caller: Caller, conversation_id: str) -> pb.Command:
    if not is_uuid(conversation_id):
        raise ChatError(Reason.UNKNOWN_CONVERSATION)
    return pb.Command(
        user_id=caller.user_id,
        conversation_id=conversation_id,
        request_id=current_request_id(),
        traceparent=current_context(),
    )


def _creation(caller: Caller, conversation: Conversation, members: dict[UserId, Permission]) -> pb.Command:
    command = _command(caller, conversation.conversation_id)
    command.create.message_id = _creation_id(conversation.conversation_id)
    command.create.conversation.CopyFrom(conversation)
    command.create.members.extend(_member(user_id, permissions) for user_id, permissions in members.items())
    return command


def _creation_id(conversation_id: str) -> MessageId:
    return creation_message_id(ConversationId(conversation_id))


def _member(user_id: UserId, permissions: Permission) -> conversation_pb2.Member:
    return conversation_pb2.Member(user_id=user_id, permissions=int(permissions))


def _user_id(text: str) -> UserId:
    if not is_uuid(text):
        raise ChatError(Reason.UNKNOWN_USER)
    return UserId(text)

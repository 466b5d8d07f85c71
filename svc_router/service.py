"""The router's door. People's calls become commands and take a lane like everyone else's, so that a conversation has one order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf.message import Message

from chatkit.core.admission import Code, Invite, checked_offer
from chatkit.core.clock import Clock
from chatkit.core.conversation import DIRECT_MEMBER, GROUP_MEMBER, ROLES, Permission, Role
from chatkit.core.conversation_settings import checked_settings
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
    notes_conversation_id,
)
from chatkit.rpc.admission import invite_message, timestamp
from chatkit.rpc.attachments import attach_avatar, attached
from chatkit.rpc.caller import Caller, caller_metadata, caller_of, current_request_id
from chatkit.rpc.change import change_command
from chatkit.rpc.conversation_settings import message_of, settings_of
from chatkit.rpc.errors import error_of
from chatkit.rpc.lane import NODE_HEADER, ROUTER_HEADER
from chatkit.rpc.lanes import Lanes
from chatkit.rpc.sending import put_message
from chatkit.tracing import current_context
from elastic_chat.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2_grpc as rpc
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.conversation_pb2 import Conversation, Member
from svc_router.blocks import Blocks
from svc_router.core import check_added, check_direct, check_group, check_self
from svc_router.forwarding import copy_of, put_origin
from svc_router.lookups import Archive
from svc_router.personal_door import PersonalDoor
from svc_router.pipeline import Pipeline
from svc_router.route import Lane

Context = Any
"""grpc.aio.ServicerContext, whose class gRPC keeps private."""

GIVEN = (Member.READER, Member.MEMBER, Member.ADMIN)
"""The roles that a member is given; that of the owner is handed over."""

Answer = TypeVar("Answer")


class Changing(Protocol):
    """What every request for a change of a message has."""

    conversation_id: str
    target: int
    message_id: str


class RouterServicer(PersonalDoor, rpc.RouterServiceServicer):
    """The methods of RouterService, as its contract says."""

    def __init__(self, pipeline: Pipeline, lanes: Lanes, archive: Archive, blocks: Blocks, channel: grpc.aio.Channel, clock: Clock) -> None:
        super().__init__(lanes, channel, clock)
        self._pipeline = pipeline
        self._lanes = lanes
        self._archive = archive
        self._blocks = blocks
        self._channel = channel
        self._accounts: Any = accounts_service_pb2_grpc.AccountsServiceStub(channel)
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
        if request.body.attachments:
            message.body = await attached(self._channel, caller.user_id, request.conversation_id, message.message_id, request.body)
        command.send.CopyFrom(message)
        accepted = await self._lanes.call(command)
        return pb.SendMessageResponse(
            message_id=request.message_id,
            conversation_id=request.conversation_id,
            seq=accepted.seq,
            accepted_at=accepted.accepted_at,
        )

    async def ForwardMessage(self, request: pb.ForwardMessageRequest, context: Context) -> pb.ForwardMessageResponse:  # noqa: N802
        caller = caller_of(context)
        message_id = check_message_id(request.message_id, self._clock.now_ms())
        command = _command(caller, request.conversation_id)
        try:
            await self._put_copy(command, message_id, request)
        except ChatError as error:
            # What was accepted once is not refused, whatever has become of the message since.
            known = None if error.row.retryable else await self._archive.find(ConversationId(request.conversation_id), message_id)
            if known is None or known.sender_id != caller.user_id:
                raise
            return _forwarded(request, known)
        return _forwarded(request, await self._lanes.call(command))

    async def _put_copy(self, command: pb.Command, message_id: MessageId, request: pb.ForwardMessageRequest) -> None:
        """Make a command one that sends a copy of what its user can see. Raises what ForwardMessage does."""
        user_id, message = UserId(command.user_id), pb.SendCommand()
        if not is_uuid(request.from_conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        found = await self._archive.message(user_id, ConversationId(request.from_conversation_id), request.seq)
        body = copy_of(found)
        put_message(message, message_id, body, self._clock.now_ms())
        if body.attachments:
            message.body = await attached(self._channel, user_id, command.conversation_id, message_id, body)
        put_origin(message, found.entry)
        command.send.CopyFrom(message)

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

    async def Vote(self, request: pb.VoteRequest, context: Context) -> pb.VoteResponse:  # noqa: N802
        request.message_id = request.message_id or new_id()
        return await self._change(context, request, entry_pb2.Vote(options=request.options), pb.VoteResponse)

    async def ClosePoll(self, request: pb.ClosePollRequest, context: Context) -> pb.ClosePollResponse:  # noqa: N802
        request.message_id = request.message_id or new_id()
        return await self._change(context, request, entry_pb2.Closing(), pb.ClosePollResponse)

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
            case Conversation.GROUP | Conversation.CHANNEL:
                title, others = check_group(request.title, request.member_ids, caller.user_id)
                conversation.conversation_id = group_conversation_id(caller.user_id, message_id)
                conversation.title = title
                joined = ROLES[Role.MEMBER if request.kind == Conversation.GROUP else Role.READER]
                members = {caller.user_id: ROLES[Role.OWNER]} | dict.fromkeys(others, joined)
            case Conversation.SELF:
                check_self(request.title, request.member_ids)
                conversation.conversation_id = notes_conversation_id(caller.user_id)
                conversation.member_ids.append(caller.user_id)
                members = {caller.user_id: DIRECT_MEMBER}
            case _:
                raise ChatError(Reason.INVALID_ARGUMENT, "kind must be DIRECT, GROUP, CHANNEL or SELF")
        await self._check_others(caller, [user_id for user_id in members if user_id != caller.user_id])
        accepted = await self._lanes.call(_creation(caller, conversation, members))
        return pb.CreateConversationResponse(conversation=accepted.conversation)

    async def UpdateConversation(  # noqa: N802
        self,
        request: pb.UpdateConversationRequest,
        context: Context,
    ) -> pb.UpdateConversationResponse:
        caller = caller_of(context)
        command = _command(caller, request.conversation_id)
        command.settings.message_id = self._message_id(request.message_id)
        settings = command.settings.settings
        settings.CopyFrom(message_of(checked_settings(settings_of(request.settings))))
        if settings.avatar_file_id:
            ids = (caller.user_id, request.conversation_id, command.settings.message_id)
            await attach_avatar(self._channel, *ids, settings.avatar_file_id)
        await self._lanes.call(command)
        return pb.UpdateConversationResponse()

    async def AddMember(self, request: pb.AddMemberRequest, context: Context) -> pb.AddMemberResponse:  # noqa: N802
        caller = caller_of(context)
        user_id = _user_id(request.user_id)
        await self._check_others(caller, [user_id])
        command = _command(caller, request.conversation_id)
        command.add_member.message_id = new_id()
        command.add_member.member.CopyFrom(_member(user_id, GROUP_MEMBER))
        accepted = await self._lanes.call(command)
        return pb.AddMemberResponse(member=accepted.member)

    async def AddMembers(self, request: pb.AddMembersRequest, context: Context) -> pb.AddMembersResponse:  # noqa: N802
        caller = caller_of(context)
        user_ids = check_added(request.user_ids)
        command = _command(caller, request.conversation_id)
        await self._check_others(caller, user_ids)
        command.add_members.message_id = self._message_id(request.message_id)
        command.add_members.user_ids.extend(user_ids)
        await self._lanes.call(command)
        return pb.AddMembersResponse()

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

    async def SetRole(self, request: pb.SetRoleRequest, context: Context) -> pb.SetRoleResponse:  # noqa: N802
        if request.role not in GIVEN:
            raise ChatError(Reason.INVALID_ARGUMENT, "role is READER, MEMBER or ADMIN; TransferOwnership makes an owner")
        await self._give(caller_of(context), request, request.role)
        return pb.SetRoleResponse()

    async def TransferOwnership(  # noqa: N802
        self,
        request: pb.TransferOwnershipRequest,
        context: Context,
    ) -> pb.TransferOwnershipResponse:
        await self._give(caller_of(context), request, Member.OWNER)
        return pb.TransferOwnershipResponse()

    async def BanMember(self, request: pb.BanMemberRequest, context: Context) -> pb.BanMemberResponse:  # noqa: N802
        caller = caller_of(context)
        user_id = _user_id(request.user_id)
        if user_id == caller.user_id:
            raise ChatError(Reason.INVALID_ARGUMENT, "user_id is the caller's own: leave instead")
        command = _command(caller, request.conversation_id)
        await self._check_users(caller, [user_id])
        command.ban.message_id = self._message_id(request.message_id)
        command.ban.user_id = user_id
        await self._lanes.call(command)
        return pb.BanMemberResponse()

    async def UnbanMember(self, request: pb.UnbanMemberRequest, context: Context) -> pb.UnbanMemberResponse:  # noqa: N802
        command = _command(caller_of(context), request.conversation_id)
        command.ban.message_id = self._message_id(request.message_id)
        command.ban.user_id = _user_id(request.user_id)
        command.ban.lifted = True
        await self._lanes.call(command)
        return pb.UnbanMemberResponse()

    async def CreateInvite(self, request: pb.CreateInviteRequest, context: Context) -> pb.CreateInviteResponse:  # noqa: N802
        caller = caller_of(context)
        lifetime_s = checked_offer(request.lifetime_s, request.max_uses)
        command = _command(caller, request.conversation_id)
        code, now_ms = Code.new(ConversationId(request.conversation_id)), self._clock.now_ms()
        invite = Invite(now_ms + lifetime_s * 1000, request.max_uses, 0, caller.user_id, now_ms)
        command.invite.message_id = new_id()
        command.invite.invite.CopyFrom(invite_message(code.invite_id, invite))
        await self._lanes.call(command)
        return pb.CreateInviteResponse(code=code.encode(), invite=command.invite.invite)

    async def WithdrawInvite(self, request: pb.WithdrawInviteRequest, context: Context) -> pb.WithdrawInviteResponse:  # noqa: N802
        command = _command(caller_of(context), request.conversation_id)
        if not is_uuid(request.invite_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "invite_id must be one of those that ListInvites names")
        command.invite.message_id = self._message_id(request.message_id)
        command.invite.invite.invite_id = request.invite_id
        command.invite.invite.withdrawn = True
        await self._lanes.call(command)
        return pb.WithdrawInviteResponse()

    async def Join(self, request: pb.JoinRequest, context: Context) -> pb.JoinResponse:  # noqa: N802
        caller = caller_of(context)
        code = Code.decode(request.code)
        if code is None:
            raise ChatError(Reason.BAD_INVITE)
        command = _command(caller, code.conversation_id)
        command.join.message_id = new_id()
        command.join.invite_id = code.invite_id
        try:
            accepted = await self._lanes.call(command)
        except ChatError as error:
            # Whether there is such a conversation is not told to who has no invite to it.
            raise ChatError(Reason.BAD_INVITE) if error.reason is Reason.UNKNOWN_CONVERSATION else error from None
        return pb.JoinResponse(conversation_id=code.conversation_id, member=accepted.member)

    async def JoinPublic(self, request: pb.JoinPublicRequest, context: Context) -> pb.JoinPublicResponse:  # noqa: N802
        command = _command(caller_of(context), request.conversation_id)
        command.join.message_id = new_id()
        accepted = await self._lanes.call(command)
        return pb.JoinPublicResponse(member=accepted.member)

    async def _give(self, caller: Caller, request: pb.SetRoleRequest | pb.TransferOwnershipRequest, role: Member.Role.ValueType) -> None:
        command = _command(caller, request.conversation_id)
        command.role.message_id = self._message_id(request.message_id)
        command.role.user_id = _user_id(request.user_id)
        command.role.role = role
        await self._lanes.call(command)

    async def _check_others(self, caller: Caller, user_ids: Sequence[UserId]) -> None:
        """Refuse to bring those into a conversation who are not there, or whom the caller does not reach."""
        await self._check_users(caller, user_ids)
        if user_ids and await self._blocks.cut_off(caller.user_id, user_ids):
            raise ChatError(Reason.BLOCKED)

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


def _forwarded(request: pb.ForwardMessageRequest, accepted: pb.Accepted | log_pb2.LogEntry) -> pb.ForwardMessageResponse:
    return pb.ForwardMessageResponse(
        message_id=request.message_id,
        conversation_id=request.conversation_id,
        seq=accepted.seq,
        accepted_at=accepted.accepted_at,
    )


def _creation(caller: Caller, conversation: Conversation, members: dict[UserId, Permission]) -> pb.Command:
    command = _command(caller, conversation.conversation_id)
    command.create.message_id = _creation_id(conversation.conversation_id)
    command.create.conversation.CopyFrom(conversation)
    command.create.members.extend(_member(user_id, permissions) for user_id, permissions in members.items())
    return command


def _creation_id(conversation_id: str) -> MessageId:
    return creation_message_id(ConversationId(conversation_id))


def _member(user_id: UserId, permissions: Permission) -> Member:
    return Member(user_id=user_id, permissions=int(permissions))


def _user_id(text: str) -> UserId:
    if not is_uuid(text):
        raise ChatError(Reason.UNKNOWN_USER)
    return UserId(text)

"""Blocks, as the router minds them: it learns what it does not know, and whom a message mentions is not always who is told so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.conversation import DIRECT_MEMBER
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, creation_message_id, direct_conversation_id, new_id
from chatkit.rpc.caller import Caller, caller_metadata
from elastic_chat.accounts.v1 import accounts_service_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2
from svc_router.service import RouterServicer
from tests.blocks import MemoryBlocks
from tests.routing import Bench, fresh_id, send

ANNA, BOB, CARL = UserId(new_id()), UserId(new_id()), UserId(new_id())
DIRECT = direct_conversation_id(ANNA, BOB)


async def direct(bench: Bench) -> None:
    kind = conversation_pb2.Conversation.DIRECT
    command = pb.Command(correlation=1, user_id=ANNA, conversation_id=DIRECT)
    command.create.message_id = creation_message_id(DIRECT)
    command.create.conversation.CopyFrom(conversation_pb2.Conversation(conversation_id=DIRECT, kind=kind, creator_id=ANNA))
    for user_id in (ANNA, BOB):
        command.create.members.add(user_id=user_id, permissions=int(DIRECT_MEMBER))
    await bench.accepted(command)


async def test_what_is_not_known_is_learned_once_and_then_holds_for_both(bench: Bench) -> None:
    await direct(bench)
    await bench.accepted(send(DIRECT, ANNA))
    await bench.accepted(send(DIRECT, BOB))
    assert bench.blocks.noted == 1
    bench.blocks.block(BOB, ANNA)
    assert [await bench.refused(send(DIRECT, one)) for one in (ANNA, BOB)] == [Reason.BLOCKED] * 2
    bench.blocks.block(BOB, ANNA, blocked=False)
    await bench.accepted(send(DIRECT, ANNA))
    assert bench.blocks.noted == 1


async def test_nothing_is_said_while_nobody_knows_and_it_may_be_tried_again(bench: Bench) -> None:
    await direct(bench)
    bench.blocks.away = True
    command = send(DIRECT, ANNA)
    assert await bench.refused(command) == Reason.UNAVAILABLE
    bench.blocks.away = False
    await bench.accepted(command)


async def test_who_has_blocked_the_sender_is_not_counted_as_mentioned(bench: Bench) -> None:
    group = await bench.group(ANNA, BOB, CARL)
    bench.blocks.pairs.add((BOB, ANNA))
    for is_away, mentioned in ((False, [CARL]), (True, [BOB, CARL])):
        bench.blocks.away = is_away
        command = send(group, ANNA)
        command.send.outline.mentions.extend((BOB, CARL))
        await bench.accepted(command)
        assert list(bench.entries[-1].outline.mentions) == mentioned
    bench.blocks.away = False
    command = send(group, CARL)
    command.send.outline.mentions.append(BOB)
    await bench.accepted(command)
    assert list(bench.entries[-1].outline.mentions) == [BOB]


class Door:
    """A router's door, with fakes of accounts and of the lanes behind it."""

    def __init__(self) -> None:
        self.blocks = MemoryBlocks(cast("Any", SimpleNamespace(blocks={})))
        self.given: list[pb.Command] = []
        channel, nothing = SimpleNamespace(unary_unary=lambda *_, **__: self.everyone), cast("Any", None)
        self.door = RouterServicer(nothing, cast("Any", self), nothing, self.blocks, cast("Any", channel), ManualClock())

    async def everyone(self, request: Any, **_: Any) -> accounts_service_pb2.FindUsersResponse:
        return accounts_service_pb2.FindUsersResponse(users=[accounts_service_pb2.User(user_id=one) for one in request.user_ids])

    async def call(self, command: pb.Command) -> pb.Accepted:
        self.given.append(command)
        return pb.Accepted()


@pytest.mark.parametrize("pair", [(ANNA, BOB), (BOB, ANNA)])
@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("CreateConversation", pb.CreateConversationRequest(kind=conversation_pb2.Conversation.DIRECT, member_ids=[BOB])),
        ("CreateConversation", pb.CreateConversationRequest(kind=conversation_pb2.Conversation.GROUP, title="t", member_ids=[CARL, BOB])),
        ("AddMember", pb.AddMemberRequest(conversation_id=new_id(), user_id=BOB)),
        ("AddMembers", pb.AddMembersRequest(conversation_id=new_id(), user_ids=[CARL, BOB])),
    ],
)
async def test_neither_brings_the_other_into_a_conversation(pair: tuple[UserId, UserId], method: str, request_: Any) -> None:
    door = Door()
    context = SimpleNamespace(invocation_metadata=lambda: caller_metadata(Caller(ANNA, SessionId("s"))))
    door.blocks.pairs.add(pair)
    with pytest.raises(ChatError) as refused:
        await getattr(door.door, method)(request_, context)
    assert (refused.value.reason, door.given) == (Reason.BLOCKED, [])
    door.blocks.pairs.clear()
    await getattr(door.door, method)(request_, context)
    assert len(door.given) == 1


async def test_whom_one_has_blocked_one_may_ban() -> None:
    door = Door()
    context = SimpleNamespace(invocation_metadata=lambda: caller_metadata(Caller(ANNA, SessionId("s"))))
    door.blocks.pairs.add((ANNA, BOB))
    await door.door.BanMember(pb.BanMemberRequest(conversation_id=new_id(), user_id=BOB, message_id=fresh_id()), cast("Any", context))
    assert door.given[0].ban.user_id == BOB

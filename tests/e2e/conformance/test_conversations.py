"""Conversations and their members: made, found again and refused alike by every kind of call."""

from __future__ import annotations

from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.types.v1.conversation_pb2 import Conversation
from elastic_chat.types.v1.entry_pb2 import Body
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors

DIRECT, GROUP = Conversation.DIRECT, Conversation.GROUP
MESSAGES = 5


async def reason_of(call: Any) -> Reason:
    with pytest.raises(ChatError) as refused:
        await call
    return refused.value.reason


@doors(Can.CALL)
async def test_a_direct_conversation_is_one_from_both_sides(door: CallDoor, anna: Account, bob: Account) -> None:
    made = await door.call(ROUTER["CreateConversation"], anna.token, kind=DIRECT, member_ids=[bob.user_id])
    other = await door.call(ROUTER["CreateConversation"], bob.token, kind=DIRECT, member_ids=[anna.user_id])
    assert other == made
    assert made.conversation.member_ids == sorted((anna.user_id, bob.user_id))
    shown = await door.call(HISTORY["GetConversation"], bob.token, conversation_id=made.conversation.conversation_id)
    assert shown.conversation.conversation == made.conversation


async def test_a_group_with_one_message_id_is_one_at_all_doors(all_doors: dict[str, Any], anna: Account, bob: Account) -> None:
    wanted = {"kind": GROUP, "title": "Tea", "member_ids": [bob.user_id], "message_id": new_id()}
    made = [
        await door.call(ROUTER["CreateConversation"], anna.token, **wanted) for door in all_doors.values() if isinstance(door, CallDoor)
    ]
    assert made == [made[0]] * len(made)
    assert (made[0].conversation.title, made[0].conversation.creator_id) == ("Tea", anna.user_id)


@doors(Can.CALL)
@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, Reason.INVALID_ARGUMENT),
        ({"kind": DIRECT}, Reason.INVALID_ARGUMENT),
        ({"kind": DIRECT, "member_ids": [new_id()], "title": "Two"}, Reason.INVALID_ARGUMENT),
        ({"kind": DIRECT, "member_ids": [new_id()]}, Reason.UNKNOWN_USER),
        ({"kind": GROUP}, Reason.INVALID_ARGUMENT),
        ({"kind": GROUP, "title": "x" * 129}, Reason.INVALID_ARGUMENT),
        ({"kind": GROUP, "title": "Tea", "member_ids": [new_id()]}, Reason.UNKNOWN_USER),
        ({"kind": GROUP, "title": "Tea", "member_ids": [new_id() for _ in range(501)]}, Reason.INVALID_ARGUMENT),
        ({"kind": GROUP, "title": "Tea", "message_id": "x"}, Reason.INVALID_MESSAGE_ID),
    ],
)
async def test_a_conversation_that_breaks_a_rule_is_refused(door: CallDoor, anna: Account, fields: dict[str, Any], wanted: Reason) -> None:
    assert await reason_of(door.call(ROUTER["CreateConversation"], anna.token, **fields)) is wanted


@doors(Can.CALL)
async def test_who_may_add_and_remove(door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str) -> None:
    carla = await api.register("carla")
    group = await api.group(anna, "Tea", [bob])

    def add(by: Account, user_id: str, where: str = group) -> Any:
        return door.call(ROUTER["AddMember"], by.token, conversation_id=where, user_id=user_id)

    def remove(by: Account, user_id: str) -> Any:
        return door.call(ROUTER["RemoveMember"], by.token, conversation_id=group, user_id=user_id)

    assert await reason_of(add(anna, new_id())) is Reason.UNKNOWN_USER
    assert await reason_of(add(anna, carla.user_id, new_id())) is Reason.UNKNOWN_CONVERSATION
    assert await reason_of(add(carla, carla.user_id)) is Reason.UNKNOWN_CONVERSATION
    assert await reason_of(add(anna, carla.user_id, conversation_id)) is Reason.PERMISSION_DENIED
    assert await reason_of(remove(bob, anna.user_id)) is Reason.PERMISSION_DENIED
    assert (await add(anna, carla.user_id)).member.joined_seq == 2
    assert (await add(anna, carla.user_id)).member.joined_seq == 2
    await remove(carla, carla.user_id)
    members = await door.call(HISTORY["ListMembers"], anna.token, conversation_id=group)
    assert {member.user_id for member in members.members} == {anna.user_id, bob.user_id}
    assert await reason_of(door.call(HISTORY["ListMembers"], carla.token, conversation_id=group)) is Reason.UNKNOWN_CONVERSATION


@doors(Can.CALL)
async def test_history_is_paged_both_ways(door: CallDoor, anna: Account, bob: Account, conversation_id: str) -> None:
    acks = [await door.send(anna.token, conversation_id, new_id(), Body(text=str(n))) for n in range(MESSAGES)]
    seqs = [1, *(ack.seq for ack in acks)]

    async def page(**which: int) -> tuple[list[int], int, bool]:
        answer = await door.call(HISTORY["ListMessages"], bob.token, conversation_id=conversation_id, **which)
        return [entry.seq for entry in answer.entries], answer.head_seq, answer.has_more

    assert await page() == (seqs, seqs[-1], False)
    assert await page(page_size=2) == (seqs[-2:], seqs[-1], True)
    assert await page(page_size=2, before_seq=seqs[-2]) == (seqs[-4:-2], seqs[-1], True)
    assert await page(page_size=4, before_seq=seqs[2]) == (seqs[:2], seqs[-1], False)
    assert await page(page_size=2, after_seq=seqs[0]) == (seqs[1:3], seqs[-1], True)
    assert await page(after_seq=seqs[-1]) == ([], seqs[-1], False)


@doors(Can.CALL)
@pytest.mark.parametrize(
    "which", [{"page_size": 201}, {"page_size": -1}, {"before_seq": 5, "after_seq": 3}, {"before_seq": -5}, {"after_seq": -5}]
)
async def test_a_page_that_makes_no_sense_is_refused(door: CallDoor, anna: Account, conversation_id: str, which: dict[str, int]) -> None:
    call = door.call(HISTORY["ListMessages"], anna.token, conversation_id=conversation_id, **which)
    assert await reason_of(call) is Reason.INVALID_ARGUMENT


@doors(Can.CALL)
@pytest.mark.parametrize("method", ["ListMessages", "ListMembers", "GetConversation"])
async def test_nothing_is_read_of_a_conversation_of_others(door: CallDoor, api: Api, conversation_id: str, method: str) -> None:
    carla = await api.register("carla")
    for one in (conversation_id, new_id(), "no-uuid"):
        assert await reason_of(door.call(HISTORY[method], carla.token, conversation_id=one)) is Reason.UNKNOWN_CONVERSATION


@pytest.mark.parametrize("method", ["FindMessage", "GetConversationState", "ListMemberships", "SyncUsers"])
async def test_what_services_tell_each_other_is_not_there(all_doors: dict[str, Any], anna: Account, method: str) -> None:
    for name in ("grpc-calls", "grpc-web"):  # it has no place in REST
        assert await reason_of(all_doors[name].call(HISTORY[method], anna.token)) is Reason.NOT_FOUND

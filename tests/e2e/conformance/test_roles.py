"""Roles of members: who gives them, and what they are worth, alike by every kind of call."""

from __future__ import annotations

from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.conversation_pb2 import Member
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors
from tests.e2e.conformance.test_conversations import reason_of

OWNER, ADMIN, MEMBER, READER = Member.OWNER, Member.ADMIN, Member.MEMBER, Member.READER
HELLO = entry_pb2.Body(text="hello")


class Group:
    """A group of Anna's, seen through a door."""

    def __init__(self, door: CallDoor, conversation_id: str) -> None:
        self._door = door
        self.conversation_id = conversation_id

    async def give(self, by: Account, to: Account | str, role: Member.Role.ValueType) -> None:
        user_id = to if isinstance(to, str) else to.user_id
        await self._door.call(ROUTER["SetRole"], by.token, conversation_id=self.conversation_id, user_id=user_id, role=role)

    async def hand_over(self, by: Account, to: Account | str) -> None:
        user_id = to if isinstance(to, str) else to.user_id
        await self._door.call(ROUTER["TransferOwnership"], by.token, conversation_id=self.conversation_id, user_id=user_id)

    async def leave(self, who: Account) -> None:
        await self._door.call(ROUTER["RemoveMember"], who.token, conversation_id=self.conversation_id, user_id=who.user_id)

    async def roles(self, by: Account) -> dict[str, Member.Role.ValueType]:
        answer = await self._door.call(HISTORY["ListMembers"], by.token, conversation_id=self.conversation_id)
        return {member.user_id: member.role for member in answer.members}


@doors(Can.CALL)
async def test_a_role_is_given_shown_and_worth_what_it_says(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    carla = await api.register("carla")
    group = Group(door, await api.group(anna, "Tea", [bob, carla]))
    assert await group.roles(bob) == {anna.user_id: OWNER, bob.user_id: MEMBER, carla.user_id: MEMBER}
    assert await reason_of(group.give(bob, carla, READER)) is Reason.PERMISSION_DENIED
    await group.give(anna, bob, ADMIN)
    await group.give(bob, carla, READER)
    await group.give(bob, carla, READER)
    assert await group.roles(carla) == {anna.user_id: OWNER, bob.user_id: ADMIN, carla.user_id: READER}
    assert await reason_of(door.send(carla.token, group.conversation_id, new_id(), HELLO)) is Reason.PERMISSION_DENIED
    assert await reason_of(group.give(bob, carla, ADMIN)) is Reason.PERMISSION_DENIED
    assert await reason_of(group.give(bob, anna, MEMBER)) is Reason.PERMISSION_DENIED
    assert await reason_of(group.give(anna, new_id(), MEMBER)) is Reason.UNKNOWN_USER
    assert await reason_of(group.give(anna, bob, OWNER)) is Reason.INVALID_ARGUMENT
    entries = await api.messages(anna, group.conversation_id)
    changed = [change for entry in entries for change in entry.get("membership", {}).get("changed", [])]
    assert [(change["userId"], change["role"]) for change in changed] == [
        (bob.user_id, "ADMIN"),
        (carla.user_id, "READER"),
    ]


@doors(Can.CALL)
async def test_the_owner_hands_over_before_they_leave(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    group = Group(door, await api.group(anna, "Tea", [bob]))
    assert await reason_of(group.leave(anna)) is Reason.LAST_OWNER
    assert await reason_of(group.give(anna, anna, MEMBER)) is Reason.LAST_OWNER
    assert await reason_of(group.hand_over(bob, bob)) is Reason.PERMISSION_DENIED
    assert await reason_of(group.hand_over(anna, new_id())) is Reason.UNKNOWN_USER
    await group.hand_over(anna, bob)
    assert await group.roles(anna) == {anna.user_id: ADMIN, bob.user_id: OWNER}
    await group.leave(anna)
    await group.leave(bob)
    with pytest.raises(ChatError):
        await group.roles(bob)


@doors(Can.CALL)
async def test_a_direct_conversation_has_no_roles_to_give(door: CallDoor, anna: Account, bob: Account, conversation_id: str) -> None:
    direct: Any = Group(door, conversation_id)
    assert await reason_of(direct.give(anna, bob, READER)) is Reason.PERMISSION_DENIED
    assert await reason_of(direct.hand_over(anna, bob)) is Reason.PERMISSION_DENIED

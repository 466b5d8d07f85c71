"""Channels, notes to oneself, and conversations of many: alike by every kind of call."""

from __future__ import annotations

from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import Reason
from chatkit.core.ids import new_id
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.conversation_pb2 import Conversation, Member
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors
from tests.e2e.conformance.test_conversations import reason_of

HELLO = entry_pb2.Body(text="hello")


async def created(door: CallDoor, by: Account, kind: Conversation.Kind.ValueType, **fields: Any) -> Conversation:
    answer = await door.call(ROUTER["CreateConversation"], by.token, kind=kind, **fields)
    made: Conversation = answer.conversation
    return made


@doors(Can.CALL)
async def test_in_a_channel_whoever_joins_is_a_reader(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    carla = await api.register("carla")
    made = await created(door, anna, Conversation.CHANNEL, title="News", member_ids=[bob.user_id])
    channel = {"conversation_id": made.conversation_id}
    added = await door.call(ROUTER["AddMember"], anna.token, **channel, user_id=carla.user_id)
    assert (added.member.role, added.member.permissions, added.member.joined_seq) == (Member.READER, 1, 2)
    assert await door.call(ROUTER["AddMember"], anna.token, **channel, user_id=carla.user_id) == added
    for reader in (bob, carla):
        assert await reason_of(door.send(reader.token, made.conversation_id, new_id(), HELLO)) is Reason.PERMISSION_DENIED
    await door.call(ROUTER["SetRole"], anna.token, **channel, user_id=bob.user_id, role=Member.MEMBER)
    assert (await door.send(bob.token, made.conversation_id, new_id(), HELLO)).seq == 4


async def test_notes_to_oneself_are_one_conversation_at_all_doors(all_doors: dict[str, Any], anna: Account, bob: Account) -> None:
    calls = [door for door in all_doors.values() if isinstance(door, CallDoor)]
    made = [await created(door, anna, Conversation.SELF) for door in calls]
    assert made == [made[0]] * len(calls)
    assert (made[0].kind, list(made[0].member_ids)) == (Conversation.SELF, [anna.user_id])
    notes = {"conversation_id": made[0].conversation_id}
    for door in all_doors.values():
        await door.send(anna.token, made[0].conversation_id, new_id(), HELLO)
        assert await reason_of(door.send(bob.token, made[0].conversation_id, new_id(), HELLO)) is Reason.UNKNOWN_CONVERSATION
    for door in calls:
        for method in ("AddMember", "RemoveMember"):
            user_id = bob.user_id if method == "AddMember" else anna.user_id
            assert await reason_of(door.call(ROUTER[method], anna.token, **notes, user_id=user_id)) is Reason.PERMISSION_DENIED
        assert await reason_of(created(door, anna, Conversation.SELF, title="mine")) is Reason.INVALID_ARGUMENT
        assert await reason_of(created(door, anna, Conversation.SELF, member_ids=[bob.user_id])) is Reason.INVALID_ARGUMENT


@doors(Can.CALL)
async def test_many_are_added_at_once_and_listed_by_pages(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    others = [await api.register(f"guest{number}") for number in range(4)]
    group = {"conversation_id": await api.group(anna, "Tea", [bob])}
    wanted = [one.user_id for one in (*others, bob, others[0])]
    for _ in range(2):
        await door.call(ROUTER["AddMembers"], bob.token, **group, user_ids=wanted)
    entries = await api.messages(anna, group["conversation_id"])
    (added,) = [entry["membership"]["added"] for entry in entries if entry["kind"] == "MEMBERSHIP"]
    assert [(one["userId"], one["role"]) for one in added] == [(one.user_id, "MEMBER") for one in others]
    everyone = sorted([anna.user_id, bob.user_id, *(one.user_id for one in others)])
    listed: list[str] = []
    sizes: list[int] = []
    token = ""
    while not sizes or token:
        page = await door.call(HISTORY["ListMembers"], anna.token, **group, page_size=4, page_token=token)
        listed += [member.user_id for member in page.members]
        token, sizes = page.next_page_token, [*sizes, len(page.members)]
        assert page.member_count == len(everyone)
    assert (listed, sizes) == (everyone, [4, 2])


@doors(Can.CALL)
@pytest.mark.parametrize(
    ("user_ids", "wanted"),
    [
        ([], Reason.INVALID_ARGUMENT),
        (["x"], Reason.INVALID_ARGUMENT),
        ([new_id() for _ in range(501)], Reason.INVALID_ARGUMENT),
        ([new_id()], Reason.UNKNOWN_USER),
    ],
)
async def test_users_who_cannot_be_added(door: CallDoor, api: Api, anna: Account, user_ids: list[str], wanted: Reason) -> None:
    group = await api.group(anna, "Tea", [])
    assert await reason_of(door.call(ROUTER["AddMembers"], anna.token, conversation_id=group, user_ids=user_ids)) is wanted
    listing = door.call(HISTORY["ListMembers"], anna.token, conversation_id=group, page_size=1001)
    assert await reason_of(listing) is Reason.INVALID_ARGUMENT

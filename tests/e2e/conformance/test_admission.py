"""Who comes into a conversation, and who does not: invites, bans and the directory, alike by every kind of call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bench.client import PATIENCE_S, Account, Api, Socket
from chatkit.core.admission import Code
from chatkit.core.errors import Reason
from chatkit.core.ids import ConversationId, new_id
from elastic_chat.types.v1.conversation_pb2 import Conversation, Member
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors
from tests.e2e.conformance.test_channels import created
from tests.e2e.conformance.test_conversations import reason_of
from tests.e2e.conformance.test_settings import change


@pytest.fixture
async def group(api: Api, anna: Account, bob: Account) -> str:
    return await api.group(anna, "Tea", [bob])


@pytest.fixture
async def carla(api: Api) -> Account:
    return await api.register("carla")


@doors(Can.CALL)
async def test_an_invite_is_looked_at_used_and_used_up(door: CallDoor, api: Api, group: str, anna: Account, carla: Account) -> None:
    of = {"conversation_id": group}
    made = await door.call(ROUTER["CreateInvite"], anna.token, **of, max_uses=1)
    seen = await door.call(HISTORY["GetInvite"], carla.token, code=made.code)
    assert (seen.conversation.title, seen.member_count, seen.joined, seen.invite) == ("Tea", 2, False, made.invite)
    joined = await door.call(ROUTER["Join"], carla.token, code=made.code)
    assert (joined.conversation_id, joined.member.joined_seq) == (group, 3)
    assert await door.call(ROUTER["Join"], carla.token, code=made.code) == joined
    dora = await api.register("dora")
    for method in (ROUTER["Join"], HISTORY["GetInvite"]):
        assert await reason_of(door.call(method, dora.token, code=made.code)) is Reason.BAD_INVITE
    assert not (await door.call(HISTORY["ListInvites"], anna.token, **of)).invites
    entries = await api.messages(anna, group)
    assert [entry["membership"]["inviteId"] for entry in entries if entry["kind"] == "MEMBERSHIP"] == [made.invite.invite_id]
    assert made.code not in str(entries)


@doors(Can.CALL)
async def test_invites_are_listed_and_withdrawn_by_who_may_invite(
    door: CallDoor, group: str, anna: Account, bob: Account, carla: Account
) -> None:
    of = {"conversation_id": group}
    first, second = [await door.call(ROUTER["CreateInvite"], anna.token, **of, lifetime_s=60) for _ in range(2)]
    assert list((await door.call(HISTORY["ListInvites"], anna.token, **of)).invites) == [second.invite, first.invite]
    for method in (ROUTER["CreateInvite"], HISTORY["ListInvites"]):
        assert await reason_of(door.call(method, bob.token, **of)) is Reason.PERMISSION_DENIED
    withdrawing = {**of, "invite_id": first.invite.invite_id}
    assert await reason_of(door.call(ROUTER["WithdrawInvite"], bob.token, **withdrawing)) is Reason.PERMISSION_DENIED
    assert await reason_of(door.call(ROUTER["WithdrawInvite"], anna.token, **of, invite_id="x")) is Reason.INVALID_ARGUMENT
    for _ in range(2):
        await door.call(ROUTER["WithdrawInvite"], anna.token, **withdrawing)
    assert list((await door.call(HISTORY["ListInvites"], anna.token, **of)).invites) == [second.invite]
    assert await reason_of(door.call(ROUTER["Join"], carla.token, code=first.code)) is Reason.BAD_INVITE
    for fields in ({"lifetime_s": -1}, {"max_uses": -1}):
        assert await reason_of(door.call(ROUTER["CreateInvite"], anna.token, **of, **fields)) is Reason.INVALID_ARGUMENT


@doors(Can.CALL)
@pytest.mark.parametrize("method", ["Join", "GetInvite"])
async def test_whatever_is_wrong_with_a_code_is_one_reason(door: CallDoor, group: str, carla: Account, method: str) -> None:
    codes = ["", "x", Code.new(ConversationId(group)).encode(), Code.new(ConversationId(new_id())).encode()]
    called = (ROUTER if method == "Join" else HISTORY)[method]
    assert {await reason_of(door.call(called, carla.token, code=code)) for code in codes} == {Reason.BAD_INVITE}


@doors(Can.CALL)
async def test_who_is_banned_is_out_at_once_and_comes_in_by_no_way(
    door: CallDoor, api: Api, group: str, anna: Account, bob: Account
) -> None:
    of: dict[str, Any] = {"conversation_id": group}
    made = await door.call(ROUTER["CreateInvite"], anna.token, **of)
    socket = await Socket.open(api, bob)
    for _ in range(2):
        await door.call(ROUTER["BanMember"], anna.token, **of, user_id=bob.user_id)
    assert (await socket.until("left")).conversation_id == group
    await socket.close()
    (ban,) = (await door.call(HISTORY["ListBans"], anna.token, **of)).bans
    assert (ban.user_id, ban.banned_by) == (bob.user_id, anna.user_id)
    assert await reason_of(door.call(ROUTER["Join"], bob.token, code=made.code)) is Reason.BAD_INVITE
    assert await reason_of(door.call(ROUTER["AddMember"], anna.token, **of, user_id=bob.user_id)) is Reason.PERMISSION_DENIED
    for _ in range(2):
        await door.call(ROUTER["UnbanMember"], anna.token, **of, user_id=bob.user_id)
    assert not (await door.call(HISTORY["ListBans"], anna.token, **of)).bans
    await door.call(ROUTER["Join"], bob.token, code=made.code)


@doors(Can.CALL)
async def test_who_may_ban(door: CallDoor, group: str, anna: Account, bob: Account, conversation_id: str) -> None:
    def ban(by: Account, user_id: str, where: str = group) -> Any:
        return door.call(ROUTER["BanMember"], by.token, conversation_id=where, user_id=user_id)

    assert await reason_of(ban(bob, anna.user_id)) is Reason.PERMISSION_DENIED
    assert await reason_of(ban(anna, anna.user_id)) is Reason.INVALID_ARGUMENT
    assert await reason_of(ban(anna, new_id())) is Reason.UNKNOWN_USER
    assert await reason_of(ban(anna, bob.user_id, conversation_id)) is Reason.PERMISSION_DENIED
    for method in (ROUTER["UnbanMember"], HISTORY["ListBans"]):
        fields = {"user_id": anna.user_id} if method.name == "UnbanMember" else {}
        assert await reason_of(door.call(method, bob.token, conversation_id=group, **fields)) is Reason.PERMISSION_DENIED


async def found(door: CallDoor, by: Account, prefix: str, wanted: Sequence[str], size: int = 0) -> list[Any]:
    """Page through the directory until it has what is wanted: it follows as soon as that is written."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            listed: list[Any] = []
            token = ""
            while token or not listed:
                fields = {"title_prefix": prefix, "page_size": size, "page_token": token}
                page = await door.call(HISTORY["ListPublicConversations"], by.token, **fields)
                listed += page.conversations
                token = page.next_page_token
                if not token:
                    break
            if [one.title for one in listed] == list(wanted):
                return listed
            await asyncio.sleep(0.05)


@doors(Can.CALL)
async def test_what_is_public_is_found_by_how_its_title_begins_and_joined(door: CallDoor, anna: Account, bob: Account) -> None:
    prefix = new_id()
    titles = [f"{prefix} {word}" for word in ("Coffee", "milk", "Tea")]
    made = [await created(door, anna, Conversation.CHANNEL, title=title) for title in reversed(titles)]
    channel = made[0].conversation_id
    assert await reason_of(door.call(ROUTER["JoinPublic"], bob.token, conversation_id=channel)) is Reason.UNKNOWN_CONVERSATION
    for one in made:
        await change(door, anna, one.conversation_id, public=True)
    await change(door, anna, channel, topic="green")
    *_, tea = await found(door, bob, prefix.upper(), titles, size=2)
    assert (tea.conversation_id, tea.kind) == (channel, Conversation.CHANNEL)
    await found(door, bob, f"{prefix} T", titles[2:])
    joined = await door.call(ROUTER["JoinPublic"], bob.token, conversation_id=channel)
    assert joined.member.role == Member.READER
    assert await door.call(ROUTER["JoinPublic"], bob.token, conversation_id=channel) == joined
    await change(door, anna, channel, title=f"{prefix} Apples")
    await change(door, anna, made[1].conversation_id, public=False)
    await found(door, bob, prefix, [f"{prefix} Apples", titles[0]])
    await door.call(ROUTER["BanMember"], anna.token, conversation_id=channel, user_id=bob.user_id)
    assert await reason_of(door.call(ROUTER["JoinPublic"], bob.token, conversation_id=channel)) is Reason.PERMISSION_DENIED
    assert await reason_of(door.call(HISTORY["ListPublicConversations"], bob.token, page_size=101)) is Reason.INVALID_ARGUMENT

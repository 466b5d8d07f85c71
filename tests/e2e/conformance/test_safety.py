"""Blocks, reports, suspensions and what is noted of those who administer: decided at one door, it holds at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from bench.client import PASSWORD, Account, Api
from chatkit.core.clock import SystemClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.accounts.v1.accounts_service_pb2 import Report
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.types.v1.conversation_pb2 import Conversation
from elastic_chat.types.v1.entry_pb2 import Body, Deletion, Reaction
from tests.e2e.conformance.doors import ACCOUNTS, HISTORY, PRESENCE, ROUTER, CallDoor, Can, Door, LineDoor, doors, ended, until
from tests.e2e.conformance.test_conversations import reason_of
from tests.e2e.stack import Stack
from tests.e2e.test_accounts import administrator


@pytest.fixture
async def blocking(calls: CallDoor, anna: Account, bob: Account, conversation_id: str) -> AsyncIterator[None]:
    """Anna blocks Bob, with whom she has a direct conversation, for as long as a test takes."""
    del conversation_id
    await calls.call(ACCOUNTS["BlockUser"], anna.token, user_id=bob.user_id)
    yield
    await calls.call(ACCOUNTS["UnblockUser"], anna.token, user_id=bob.user_id)


@doors()
async def test_neither_says_anything_to_the_other_at_any_door_until_the_block_is_taken_back(
    door: Door, calls: CallDoor, anna: Account, bob: Account, conversation_id: str
) -> None:
    said = {one.token: await door.send(one.token, conversation_id, new_id(), Body(text="hi")) for one in (anna, bob)}
    await calls.call(ACCOUNTS["BlockUser"], anna.token, user_id=bob.user_id)
    messages = set()
    for one in (anna, bob):
        for refused in (
            door.send(one.token, conversation_id, new_id(), Body(text="hello?")),
            door.change(one.token, conversation_id, new_id(), said[one.token].seq, Body(text="edited")),
            door.change(one.token, conversation_id, new_id(), said[anna.token].seq, Reaction(emoji="👍")),
        ):
            with pytest.raises(ChatError) as failure:
                await refused
            assert failure.value.reason is Reason.BLOCKED
            messages.add(failure.value.message)
    assert len(messages) == 1, "nothing tells which of the two has blocked the other"
    await door.change(bob.token, conversation_id, new_id(), said[bob.token].seq, Deletion())
    await calls.call(ACCOUNTS["UnblockUser"], anna.token, user_id=bob.user_id)
    await door.send(bob.token, conversation_id, new_id(), Body(text="at last"))


@doors(Can.CALL)
async def test_blocks_are_kept_listed_and_taken_back(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    carl = await api.register("carl")
    for other in (bob, carl, bob):
        await door.call(ACCOUNTS["BlockUser"], anna.token, user_id=other.user_id)
    listed = (await door.call(ACCOUNTS["ListBlocks"], anna.token)).blocks
    assert [one.user_id for one in listed] == [carl.user_id, bob.user_id]
    assert all(one.HasField("blocked_at") for one in listed)
    for _ in range(2):
        await door.call(ACCOUNTS["UnblockUser"], anna.token, user_id=carl.user_id)
    assert [one.user_id for one in (await door.call(ACCOUNTS["ListBlocks"], anna.token)).blocks] == [bob.user_id]
    assert not (await door.call(ACCOUNTS["ListBlocks"], bob.token)).blocks
    for user_id, reason in ((anna.user_id, Reason.INVALID_ARGUMENT), (new_id(), Reason.UNKNOWN_USER)):
        assert await reason_of(door.call(ACCOUNTS["BlockUser"], anna.token, user_id=user_id)) is reason


@doors(Can.CALL)
@pytest.mark.usefixtures("blocking")
async def test_neither_brings_the_other_into_a_conversation(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    for one, other in ((anna, bob), (bob, anna)):
        group = await api.group(one, "tea", [])
        for method, fields in (
            ("CreateConversation", {"kind": Conversation.DIRECT, "member_ids": [other.user_id]}),
            ("CreateConversation", {"kind": Conversation.GROUP, "title": "t", "member_ids": [other.user_id]}),
            ("AddMember", {"conversation_id": group, "user_id": other.user_id}),
            ("AddMembers", {"conversation_id": group, "user_ids": [other.user_id]}),
        ):
            assert await reason_of(door.call(ROUTER[method], one.token, **fields)) is Reason.BLOCKED


@doors(Can.HEAR)
async def test_all_devices_hear_of_a_block_and_neither_sees_or_hears_that_the_other_is_there(
    door: LineDoor, calls: CallDoor, anna: Account, bob: Account, conversation_id: str
) -> None:
    async with door.connect(anna.token) as hers, door.connect(bob.token) as his:
        for line, other in ((hers, bob), (his, anna)):
            await line.send(pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=[other.user_id])))
            assert (await until(line, "presence")).online
        await calls.call(ACCOUNTS["BlockUser"], anna.token, user_id=bob.user_id)
        assert [one.user_id for one in (await until(hers, "preferences")).blocks] == [bob.user_id]
        while (await until(his, "presence")).availability:
            pass
        for one, other in ((anna, bob), (bob, anna)):
            (seen,) = (await calls.call(PRESENCE["GetPresence"], one.token, user_ids=[other.user_id])).users
            assert seen.availability == 0
        for line in (hers, his):
            await line.send(pb.ClientFrame(typing=pb.Typing(conversation_id=conversation_id)))
            await line.send(pb.ClientFrame(ping=pb.Ping()))
            await until(line, "pong")
        mark = pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=conversation_id, read_seq=1))
        for line, account in ((hers, anna), (his, bob)):
            await line.send(mark)
            while (frame := await line.next()).WhichOneof("frame") != "watermark":
                assert frame.WhichOneof("frame") in {"presence", "stale_presence"}, frame
            assert frame.watermark.user_id == account.user_id
        async with door.open() as line:
            await line.send(pb.ClientFrame(hello=pb.Hello(access_token=anna.token)))
            assert [one.user_id for one in (await until(line, "welcome")).preferences.blocks] == [bob.user_id]


@doors()
@pytest.mark.usefixtures("blocking")
async def test_a_group_goes_on_to_be_read_and_a_mention_of_one_who_is_blocked_does_not_count(
    door: Door, api: Api, anna: Account, bob: Account, all_doors: dict[str, Any]
) -> None:
    carl = await api.register("carl")
    group = await api.group(carl, "tea", [anna, bob])
    said = await door.send(bob.token, group, new_id(), Body(text="@anna", mentions=[anna.user_id, carl.user_id]))
    heads = {one.user_id: (await door.heads(one.token))[group] for one in (anna, carl)}
    assert {user_id: head.mention_count for user_id, head in heads.items()} == {anna.user_id: 0, carl.user_id: 1}
    assert heads[anna.user_id].unread_count == 1
    entries = (await all_doors["grpc-calls"].news(anna.token, {group: said.seq - 1})).entries
    assert [(one.seq, one.body.text) for one in entries] == [(said.seq, "@anna")]


@pytest.fixture
async def admin(stack: Stack, api: Api) -> Account:
    return await administrator(stack, api)


@doors(Can.CALL)
async def test_what_is_reported_is_looked_into_and_done_and_each_step_is_noted(
    door: CallDoor, calls: CallDoor, api: Api, admin: Account, anna: Account, bob: Account
) -> None:
    carl = await api.register("carl")
    group = await api.group(carl, "tea", [anna, bob])
    said = await calls.send(bob.token, group, new_id(), Body(text="buy carpets"))
    fields = {"conversation_id": group, "seq": said.seq, "category": Report.SPAM, "words": "again"}
    report_id = (await door.call(ACCOUNTS["CreateReport"], anna.token, **fields)).report_id
    assert (await door.call(ACCOUNTS["CreateReport"], anna.token, **fields)).report_id == report_id
    await calls.change(bob.token, group, new_id(), said.seq, Deletion())
    reports = (await door.call(ACCOUNTS["ListReports"], admin.token, page_size=100)).reports
    (report,) = [one for one in reports if one.report_id == report_id]
    assert (report.reporter_id, report.user_id, report.words) == (anna.user_id, bob.user_id, "again")
    assert [one.body.text for one in report.entries if one.seq == said.seq] == ["buy carpets"], "to delete it hides nothing"
    taken = (await door.call(ACCOUNTS["TakeReport"], admin.token, report_id=report_id)).report
    assert (taken.state, taken.handled_by) == (Report.TAKEN, admin.user_id)
    resolving = {"report_id": report_id, "action": Report.REMOVE_FROM_CONVERSATION, "note": "sells carpets"}
    resolved = (await door.call(ACCOUNTS["ResolveReport"], admin.token, **resolving)).report
    assert (resolved.state, resolved.note) == (Report.RESOLVED, "sells carpets")
    assert await reason_of(calls.send(bob.token, group, new_id(), Body(text="hi"))) is Reason.UNKNOWN_CONVERSATION
    assert await reason_of(door.call(ACCOUNTS["ResolveReport"], admin.token, **resolving)) is Reason.REPORT_RESOLVED
    noted = (await door.call(ACCOUNTS["ListAuditLog"], admin.token, subject=report_id)).entries
    assert [(one.method, one.caller_id, one.outcome) for one in noted] == [
        ("ResolveReport", admin.user_id, "REPORT_RESOLVED"),
        ("ResolveReport", admin.user_id, "OK"),
        ("TakeReport", admin.user_id, "OK"),
    ]
    assert all(ip_address(one.address) and one.request_id and "sells carpets" in one.details for one in noted[:2])


@doors(Can.CALL)
async def test_a_message_that_is_reported_is_deleted_by_who_looks_into_it(
    door: CallDoor, calls: CallDoor, admin: Account, anna: Account, bob: Account, conversation_id: str
) -> None:
    said = await calls.send(bob.token, conversation_id, new_id(), Body(text="an insult"))
    await calls.call(ACCOUNTS["BlockUser"], anna.token, user_id=bob.user_id)
    fields = {"conversation_id": conversation_id, "seq": said.seq, "category": Report.HARASSMENT}
    report_id = (await door.call(ACCOUNTS["CreateReport"], anna.token, **fields)).report_id
    await door.call(ACCOUNTS["ResolveReport"], admin.token, report_id=report_id, action=Report.DELETE_MESSAGE)
    found = await calls.call(HISTORY["GetMessage"], anna.token, conversation_id=conversation_id, seq=said.seq)
    assert found.entry.state.deleted


@doors(Can.CALL)
async def test_who_is_suspended_is_out_at_once_and_told_until_when_and_why(
    door: CallDoor, all_doors: dict[str, Any], admin: Account, bob: Account
) -> None:
    soon = Timestamp(seconds=SystemClock().now_ms() // 1000 + 3600)
    async with all_doors["websocket-protobuf"].connect(bob.token) as line:
        await door.call(ACCOUNTS["SuspendUser"], admin.token, user_id=bob.user_id, ends_at=soon, reason="carpets")
        assert (await ended(line)).reason is Reason.UNAUTHENTICATED
    login = {"username": bob.username, "password": PASSWORD}
    with pytest.raises(ChatError) as refused:
        await door.call(ACCOUNTS["Login"], "", **login)
    assert refused.value.reason is Reason.ACCOUNT_SUSPENDED
    assert refused.value.message.endswith("UTC: carpets")
    account = (await door.call(ACCOUNTS["GetAccount"], admin.token, user_id=bob.user_id)).account
    assert (account.suspension.reason, account.suspension.ends_at) == ("carpets", soon)
    await door.call(ACCOUNTS["LiftSuspension"], admin.token, user_id=bob.user_id)
    await door.call(ACCOUNTS["Login"], "", **login)

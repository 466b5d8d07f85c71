"""Reports: what can be reported, what is kept of it, and what those who administer the server can do about it."""

from __future__ import annotations

from typing import Any

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from chatkit.rpc.caller import OPERATOR
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_accounts.core.reports import DAY_S
from tests.accounts import PASSWORD, Accounts

TEA = new_id()


class World(Accounts):
    """Anna and Bob, who have a conversation in which Bob has said something."""

    async def meet(self) -> World:
        self.anna, self.bob = await self.register("anna"), await self.register("bob")
        entries = [entry_pb2.Entry(seq=seq, sender_id=self.bob.user_id, body=entry_pb2.Body(text=f"no {seq}")) for seq in (1, 2, 3)]
        self.conversations.seen[UserId(self.anna.user_id), TEA] = entries
        return self

    async def report(self, token: str = "", **fields: Any) -> str:
        request = pb.CreateReportRequest(**{"category": pb.Report.SPAM} | fields)
        report_id: str = (await self.call("CreateReport", request, token or self.anna.access_token)).report_id
        return report_id

    async def refused(self, **fields: Any) -> Reason:
        with pytest.raises(ChatError) as refused:
            await self.report(**fields)
        return refused.value.reason

    async def listed(self, state: str = "OPEN", **fields: Any) -> list[pb.Report]:
        request = pb.ListReportsRequest(state=pb.Report.State.Value(state), **fields)
        return list((await self.call("ListReports", request, OPERATOR)).reports)

    async def resolve(self, report_id: str, action: str, **fields: Any) -> pb.Report:
        request = pb.ResolveReportRequest(report_id=report_id, action=pb.Report.Action.Value(action), **fields)
        report: pb.Report = (await self.call("ResolveReport", request, OPERATOR)).report
        return report


@pytest.fixture
async def world() -> World:
    return await World().meet()


async def test_of_a_message_is_kept_what_it_says_and_what_stands_around_it_whatever_becomes_of_it(world: World) -> None:
    report_id = await world.report(conversation_id=TEA, seq=2, category=pb.Report.OTHER, words=" He sells\ncarpets. ")
    world.conversations.seen.clear()
    world.restart()
    (report,) = await world.listed()
    assert (report.report_id, report.reporter_id, report.user_id) == (report_id, world.anna.user_id, world.bob.user_id)
    assert (report.conversation_id, report.seq, report.words) == (TEA, 2, "He sells\ncarpets.")
    assert [(entry.seq, entry.body.text) for entry in report.entries] == [(1, "no 1"), (2, "no 2"), (3, "no 3")]


async def test_only_what_one_can_see_and_who_is_there_is_reported_with_a_reason(world: World) -> None:
    bob = world.bob.user_id
    for fields, reason in (
        ({"conversation_id": new_id(), "seq": 1}, Reason.UNKNOWN_CONVERSATION),
        ({"conversation_id": "x"}, Reason.UNKNOWN_CONVERSATION),
        ({"conversation_id": TEA, "seq": 9}, Reason.NOT_FOUND),
        ({"conversation_id": TEA, "seq": 1, "token": world.bob.access_token}, Reason.UNKNOWN_CONVERSATION),
        ({"user_id": new_id()}, Reason.UNKNOWN_USER),
        ({"user_id": "x"}, Reason.UNKNOWN_USER),
        ({"user_id": world.anna.user_id}, Reason.INVALID_ARGUMENT),
        ({}, Reason.INVALID_ARGUMENT),
        ({"seq": 1}, Reason.INVALID_ARGUMENT),
        ({"conversation_id": TEA, "seq": -1}, Reason.INVALID_ARGUMENT),
        ({"conversation_id": TEA, "user_id": bob}, Reason.INVALID_ARGUMENT),
        ({"user_id": bob, "category": 0}, Reason.INVALID_ARGUMENT),
        ({"user_id": bob, "category": pb.Report.OTHER}, Reason.INVALID_ARGUMENT),
        ({"user_id": bob, "words": "x" * 2001}, Reason.INVALID_ARGUMENT),
    ):
        assert await world.refused(**fields) is reason, fields
    assert await world.listed() == []


async def test_the_same_is_reported_once_in_a_day_and_not_too_much_by_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svc_accounts.core.reports.MAX_REPORTS", 3)
    reports = [await world.report(**fields) for fields in ({"user_id": world.bob.user_id}, {"conversation_id": TEA}) for _ in range(2)]
    assert (len(reports), len(set(reports))) == (4, 2)
    await world.report(conversation_id=TEA, seq=1)
    with pytest.raises(ChatError) as refused:
        await world.report(conversation_id=TEA, seq=2)
    assert refused.value.reason is Reason.RATE_LIMITED
    assert refused.value.retry_after is not None
    assert refused.value.retry_after.total_seconds() <= 2 * DAY_S
    await world.report(token=world.bob.access_token, user_id=world.anna.user_id)
    assert len(await world.listed()) == 4


async def test_an_administrator_takes_a_report_and_resolves_it_and_what_is_resolved_stays_so(world: World) -> None:
    await world.call("SetRole", pb.SetRoleRequest(user_id=world.bob.user_id, role=pb.ROLE_ADMIN), OPERATOR)
    token = (await world.login("bob")).access_token
    report_id = await world.report(conversation_id=TEA, seq=2)
    take = pb.TakeReportRequest(report_id=report_id)
    for by, name in ((OPERATOR, OPERATOR), (token, world.bob.user_id)):
        taken = (await world.call("TakeReport", take, by)).report
        assert (taken.state, taken.handled_by) == (pb.Report.TAKEN, name)
    assert (await world.listed(), [one.report_id for one in await world.listed("TAKEN")]) == ([], [report_id])
    resolved = await world.resolve(report_id, "DISMISS", note="nothing to it")
    assert (resolved.state, resolved.action, resolved.note) == (pb.Report.RESOLVED, pb.Report.DISMISS, "nothing to it")
    assert await world.listed("RESOLVED") == [resolved]
    assert await world.reason("TakeReport", take, token) is Reason.REPORT_RESOLVED
    again = pb.ResolveReportRequest(report_id=report_id, action=pb.Report.DISMISS)
    assert await world.reason("ResolveReport", again, token) is Reason.REPORT_RESOLVED
    assert await world.reason("TakeReport", pb.TakeReportRequest(report_id=new_id()), token) is Reason.NOT_FOUND
    assert await world.reason("ListReports", pb.ListReportsRequest(), world.anna.access_token) is Reason.PERMISSION_DENIED


async def test_what_is_decided_is_done_and_if_it_cant_be_the_report_stays_open(world: World) -> None:
    bob = UserId(world.bob.user_id)
    one, two, three = [await world.report(conversation_id=TEA, seq=seq) for seq in (1, 2, 3)]
    await world.resolve(one, "DELETE_MESSAGE")
    await world.resolve(two, "REMOVE_FROM_CONVERSATION")
    assert world.conversations.done == [("delete", bob, TEA, 1), ("remove", bob, TEA, 0)]
    world.conversations.refusal = ChatError(Reason.LAST_OWNER)
    for action, reason in (("REMOVE_FROM_CONVERSATION", Reason.LAST_OWNER), ("SUSPEND_USER", Reason.INVALID_ARGUMENT)):
        with pytest.raises(ChatError) as refused:
            await world.resolve(three, action)
        assert refused.value.reason is reason
    assert [report.report_id for report in await world.listed()] == [three]
    suspension = pb.Suspension(reason="carpets")
    suspension.ends_at.FromMilliseconds(world.clock.now_ms() + 60_000)
    await world.resolve(three, "SUSPEND_USER", suspension=suspension)
    login = pb.LoginRequest(username="bob", password=PASSWORD)
    assert await world.reason("Login", login) is Reason.ACCOUNT_SUSPENDED
    of_room = await world.report(conversation_id=TEA)
    for action in ("DELETE_MESSAGE", "REMOVE_FROM_CONVERSATION", "SUSPEND_USER", "ACTION_UNSPECIFIED"):
        with pytest.raises(ChatError) as refused:
            await world.resolve(of_room, action)
        assert refused.value.reason is Reason.INVALID_ARGUMENT


async def test_reports_come_by_pages(world: World) -> None:
    made = [await world.report(**fields) for fields in ({"user_id": world.bob.user_id}, {"conversation_id": TEA})]
    request = pb.ListReportsRequest(page_size=1)
    seen = []
    for _ in made:
        page = await world.call("ListReports", request, OPERATOR)
        seen += [one.report_id for one in page.reports]
        request.page_token = page.next_page_token
    assert seen == made[::-1]
    assert await world.listed(page_token=request.page_token) == []
    for wrong in (pb.ListReportsRequest(page_token="x"), pb.ListReportsRequest(page_size=101)):
        assert await world.reason("ListReports", wrong, OPERATOR) is Reason.INVALID_ARGUMENT

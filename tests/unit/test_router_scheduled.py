"""Messages that are sent later: what may be scheduled and changed, and that each is sent once, as its user may at that time."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, SessionId, UserId, derived_message_id, new_id, notes_conversation_id
from chatkit.core.personal import CLOSED_MS, MAX_AHEAD_MS, MAX_SCHEDULED
from chatkit.rpc.admission import timestamp
from chatkit.rpc.caller import Caller
from chatkit.rpc.errors import status_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as accounts
from elastic_chat.history.v1 import history_service_pb2 as history
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1.entry_pb2 import Attachment, Body, Entry, ScheduledMessage
from svc_router.personal import Personal
from svc_router.scheduled import Scheduled
from tests.routing import Bench, OneBench, fresh_id

ANNA, BOB = UserId(new_id()), UserId(new_id())
NOTES = notes_conversation_id(ANNA)
CALLER = Caller(ANNA, SessionId(""))
HELLO = Body(text="hello")
AHEAD_MS = 3_600_000


@dataclass
class Mesh(OneBench):
    """The router of a bench, and a history of what its log has: Anna is in every conversation, and has `others` that wait besides."""

    others: int = 0
    inactive: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)

    async def GetConversation(self, *_: Any, **__: Any) -> Message:
        return history.GetConversationResponse()

    async def FindInactive(self, request: accounts.FindInactiveRequest, **_: Any) -> Message:
        self._check_there("FindInactive")
        return accounts.FindInactiveResponse(user_ids=[one for one in request.user_ids if one in self.inactive])

    async def ListScheduledMessages(self, *_: Any, **__: Any) -> Message:
        self._check_there("ListScheduledMessages")
        return history.ListScheduledMessagesResponse(
            messages=[
                *(
                    history.WaitingMessage(conversation_id=NOTES, scheduled=ScheduledMessage(message_id=new_id()))
                    for _ in range(self.others)
                ),
                *self.waiting.values(),
            ]
        )

    async def FindMessage(self, request: history.FindMessageRequest, **_: Any) -> Message:
        found = [one for one in self.bench.entries if one.message_id == request.message_id]
        return history.FindMessageResponse(entry=Entry.FromString(found[0].SerializeToString()) if found else None)

    def _check_there(self, method: str) -> None:
        if method in self.away:
            status = status_of(ChatError(Reason.UNAVAILABLE))
            trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
            raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), trailing, status.message)

    @property
    def waiting(self) -> dict[str, history.WaitingMessage]:
        """What waits, by what the log says."""
        found: dict[str, history.WaitingMessage] = {}
        for entry in self.bench.entries:
            if entry.personal.HasField("scheduled"):
                scheduled, conversation_id = entry.personal.scheduled, entry.personal.conversation_id
                found[scheduled.message_id] = history.WaitingMessage(conversation_id=conversation_id, scheduled=scheduled)
        return {key: one for key, one in found.items() if one.scheduled.state == ScheduledMessage.WAITING}

    @property
    def scheduled(self) -> Scheduled:
        mesh: Any = self
        return Scheduled(Personal(mesh, mesh), mesh, mesh)

    @property
    def now_ms(self) -> int:
        return self.bench.clock.now_ms()

    async def schedule(self, place: str, message_id: str = "", ahead_ms: int = AHEAD_MS, body: Body = HELLO) -> pb.Accepted:
        request = pb.ScheduleMessageRequest(conversation_id=place, message_id=message_id or fresh_id(), body=body)
        request.deliver_at.CopyFrom(timestamp(self.now_ms + ahead_ms))
        return await self.scheduled.schedule(CALLER, request, self.now_ms)

    async def update(self, scheduled_id: str, message_id: str = "", body: Body | None = None, ahead_ms: int = 0) -> pb.Accepted:
        request = pb.UpdateScheduledMessageRequest(scheduled_id=scheduled_id, body=body)
        if ahead_ms:
            request.deliver_at.CopyFrom(timestamp(self.now_ms + ahead_ms))
        return await self.scheduled.update(CALLER, MessageId(message_id or fresh_id()), request, self.now_ms)

    async def cancel(self, scheduled_id: str, message_id: str = "") -> pb.Accepted:
        return await self.scheduled.cancel(CALLER, MessageId(message_id or fresh_id()), scheduled_id, self.now_ms)

    async def send(self, scheduled_id: str, deliver_ms: int) -> None:
        request = pb.SendScheduledMessageRequest(user_id=ANNA, scheduled_id=scheduled_id, deliver_at=timestamp(deliver_ms))
        await self.scheduled.send(request, self.now_ms)

    def said(self, place: str) -> list[tuple[str, str, bytes]]:
        return [
            (one.sender_id, one.message_id, one.body)
            for one in self.bench.entries
            if one.conversation_id == place and one.kind == Entry.MESSAGE
        ]

    @property
    def noted(self) -> list[ScheduledMessage]:
        return [one.personal.scheduled for one in self.bench.entries if one.kind == Entry.PERSONAL]


@pytest.fixture
def mesh(bench: Bench) -> Mesh:
    return Mesh(bench)


async def refusal(call: Awaitable[object]) -> Reason:
    with pytest.raises(ChatError) as refused:
        await call
    return refused.value.reason


async def test_a_message_waits_in_the_notes_and_is_scheduled_once(mesh: Mesh) -> None:
    group, message_id = await mesh.bench.group(ANNA, BOB), fresh_id()
    first = await mesh.schedule(group, message_id)
    again = await mesh.schedule(group, message_id)
    assert first.seq == again.seq
    (entry,) = [one for one in mesh.bench.entries if one.kind == Entry.PERSONAL]
    assert (entry.conversation_id, entry.message_id) == (NOTES, derived_message_id(MessageId(message_id), "scheduled"))
    assert (entry.personal.conversation_id, entry.personal.scheduled.body) == (group, HELLO)
    assert mesh.said(group) == []


async def test_it_is_sent_as_its_user_with_its_message_id_and_once_however_often_that_is_asked_for(mesh: Mesh) -> None:
    group, message_id = await mesh.bench.group(ANNA, BOB), fresh_id()
    deliver_ms = mesh.now_ms + AHEAD_MS
    await mesh.schedule(group, message_id)
    for scheduled_id, at in ((message_id, deliver_ms + 1), (fresh_id(), deliver_ms), ("x", deliver_ms)):
        await mesh.send(scheduled_id, at)
        assert mesh.said(group) == []
    mesh.bench.clock.advance(AHEAD_MS / 1000)
    for _ in range(2):
        await mesh.send(message_id, deliver_ms)
        assert mesh.said(group) == [(ANNA, message_id, HELLO.SerializeToString())]
    settled = mesh.noted[-1]
    assert (len(mesh.noted), settled.state, settled.seq) == (2, ScheduledMessage.SENT, mesh.bench.entries[-2].seq)
    assert not settled.HasField("body")
    assert await refusal(mesh.cancel(message_id)) is Reason.NOT_FOUND


async def test_who_dies_between_the_message_and_the_note_of_it_is_gone_on_after(mesh: Mesh) -> None:
    group, message_id = await mesh.bench.group(ANNA, BOB), fresh_id()
    deliver_ms = mesh.now_ms + AHEAD_MS
    await mesh.schedule(group, message_id)
    command = pb.Command(correlation=1, user_id=ANNA, conversation_id=group)
    command.send.message_id, command.send.body = message_id, HELLO.SerializeToString()
    sent = await mesh.call(command)
    await mesh.send(message_id, deliver_ms)
    assert len(mesh.said(group)) == 1
    assert (mesh.noted[-1].state, mesh.noted[-1].seq) == (ScheduledMessage.SENT, sent.seq)


async def test_who_may_not_send_it_any_more_is_told_so_in_their_notes(mesh: Mesh) -> None:
    group, message_id = await mesh.bench.group(BOB, ANNA), fresh_id()
    deliver_ms = mesh.now_ms + AHEAD_MS
    await mesh.schedule(group, message_id)
    removal = pb.Command(correlation=1, user_id=BOB, conversation_id=group)
    removal.remove_member.message_id, removal.remove_member.user_id = fresh_id(), ANNA
    await mesh.bench.accepted(removal)
    await mesh.send(message_id, deliver_ms)
    assert mesh.said(group) == []
    wanted = ScheduledMessage(message_id=message_id, state=ScheduledMessage.REFUSED, body=HELLO, reason="UNKNOWN_CONVERSATION")
    wanted.deliver_at.CopyFrom(timestamp(deliver_ms))
    assert mesh.noted[-1] == wanted
    await mesh.send(message_id, deliver_ms)
    assert len(mesh.noted) == 2


async def test_nothing_is_sent_for_whom_may_not_log_in(mesh: Mesh) -> None:
    group, message_id = await mesh.bench.group(ANNA, BOB), fresh_id()
    deliver_ms = mesh.now_ms + AHEAD_MS
    await mesh.schedule(group, message_id)
    mesh.inactive.add(ANNA)
    await mesh.send(message_id, deliver_ms)
    assert (mesh.said(group), mesh.noted[-1].reason) == ([], "ACCOUNT_DISABLED")


@pytest.mark.parametrize("method", ["ListScheduledMessages", "FindInactive"])
async def test_what_may_pass_is_no_end_of_it(mesh: Mesh, method: str) -> None:
    group, message_id = await mesh.bench.group(ANNA, BOB), fresh_id()
    deliver_ms = mesh.now_ms + AHEAD_MS
    await mesh.schedule(group, message_id)
    mesh.away.add(method)
    assert await refusal(mesh.send(message_id, deliver_ms)) is Reason.UNAVAILABLE
    mesh.away.clear()
    assert len(mesh.noted) == 1
    await mesh.send(message_id, deliver_ms)
    assert len(mesh.said(group)) == 1


async def test_one_can_write_to_oneself_later(mesh: Mesh) -> None:
    message_id, deliver_ms = fresh_id(), mesh.now_ms + AHEAD_MS
    await mesh.schedule(NOTES, message_id)
    await mesh.send(message_id, deliver_ms)
    assert mesh.said(NOTES) == [(ANNA, message_id, HELLO.SerializeToString())]


async def test_what_waits_can_be_changed_and_taken_back_until_shortly_before_its_time(mesh: Mesh) -> None:
    group, message_id, other = await mesh.bench.group(ANNA, BOB), fresh_id(), fresh_id()
    first_ms = mesh.now_ms + AHEAD_MS
    await mesh.schedule(group, message_id)
    change_id = fresh_id()
    changed = await mesh.update(message_id, change_id, Body(text="hello all"))
    await mesh.update(message_id, ahead_ms=2 * AHEAD_MS)
    await mesh.send(message_id, first_ms)
    assert mesh.said(group) == []
    (waiting,) = mesh.waiting.values()
    assert (waiting.scheduled.body.text, waiting.scheduled.deliver_at.ToMilliseconds()) == ("hello all", mesh.now_ms + 2 * AHEAD_MS)
    assert (await mesh.update(message_id, change_id, Body(text="something else"))).seq == changed.seq
    mesh.bench.clock.advance((2 * AHEAD_MS - CLOSED_MS) / 1000)
    await mesh.update(message_id, body=Body(text="at last"))
    mesh.bench.clock.advance(0.001)
    for call in (mesh.update(message_id, body=HELLO), mesh.cancel(message_id)):
        assert await refusal(call) is Reason.NOT_FOUND
    await mesh.schedule(group, other)
    cancel_id = fresh_id()
    cancelled = await mesh.cancel(other, cancel_id)
    assert (await mesh.cancel(other, cancel_id)).seq == cancelled.seq
    assert await refusal(mesh.cancel(other)) is Reason.NOT_FOUND
    await mesh.send(other, mesh.now_ms + AHEAD_MS)
    assert mesh.said(group) == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"ahead_ms": 0}, Reason.INVALID_ARGUMENT),
        ({"ahead_ms": MAX_AHEAD_MS + 1}, Reason.INVALID_ARGUMENT),
        ({"body": Body()}, Reason.TEXT_EMPTY),
        ({"body": Body(text="x", attachments=[Attachment(file_id=new_id())])}, Reason.INVALID_ARGUMENT),
        ({"message_id": "x"}, Reason.INVALID_MESSAGE_ID),
        ({"place": "x"}, Reason.UNKNOWN_CONVERSATION),
    ],
)
async def test_what_breaks_a_rule_does_not_wait(mesh: Mesh, wrong: dict[str, Any], reason: Reason) -> None:
    group = await mesh.bench.group(ANNA, BOB)
    assert await refusal(mesh.schedule(**{"place": group, **wrong})) is reason
    assert mesh.noted == []


async def test_a_change_keeps_the_rules(mesh: Mesh) -> None:
    message_id = fresh_id()
    await mesh.schedule(NOTES, message_id)
    assert await refusal(mesh.update(message_id)) is Reason.INVALID_ARGUMENT
    assert await refusal(mesh.update(message_id, body=Body(text="x" * (16 * 1024 + 1)))) is Reason.TEXT_TOO_LONG
    assert await refusal(mesh.update(message_id, ahead_ms=-1)) is Reason.INVALID_ARGUMENT
    assert len(mesh.noted) == 1


async def test_no_more_wait_than_the_limit_and_a_repeat_is_none(mesh: Mesh) -> None:
    message_id = fresh_id()
    mesh.others = MAX_SCHEDULED - 1
    first = await mesh.schedule(NOTES, message_id)
    assert await refusal(mesh.schedule(NOTES)) is Reason.LIMIT_REACHED
    assert (await mesh.schedule(NOTES, message_id)).seq == first.seq
    await mesh.update(message_id, body=Body(text="x"))

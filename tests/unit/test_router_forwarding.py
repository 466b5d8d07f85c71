"""Forwarding: what a copy says, and that one which was sent is not refused later."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, SessionId, UserId, new_id
from chatkit.rpc.body import checked
from chatkit.rpc.caller import Caller, caller_metadata
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_router.service import RouterServicer
from tests.routing import FakeArchive, fresh_id

ANNA, BOB, CARL = UserId(new_id()), UserId(new_id()), UserId(new_id())
HERE, THERE = new_id(), new_id()
PLACED = pb.Accepted(seq=9)


def said(body: entry_pb2.Body, kind: entry_pb2.Entry.Kind.ValueType = entry_pb2.Entry.MESSAGE) -> log_pb2.LogEntry:
    entry = log_pb2.LogEntry(seq=5, kind=kind, sender_id=BOB, body=body.SerializeToString())
    entry.accepted_at.seconds = 77
    return entry


class World:
    """A router's door, with fakes of history and of the lanes behind it."""

    def __init__(self) -> None:
        self.archive = FakeArchive()
        self.archive.reachable.set()
        self.given: list[pb.Command] = []
        channel, lanes, nothing = SimpleNamespace(unary_unary=lambda *_, **__: None), cast("Any", self), cast("Any", None)
        self.door = RouterServicer(nothing, lanes, self.archive, nothing, cast("Any", channel), ManualClock())

    async def call(self, command: pb.Command) -> pb.Accepted:
        self.given.append(command)
        return PLACED

    async def forward(self, **other: Any) -> pb.ForwardMessageResponse:
        request: dict[str, Any] = {"conversation_id": THERE, "from_conversation_id": HERE, "seq": 5, "message_id": fresh_id()} | other
        metadata = caller_metadata(Caller(ANNA, SessionId("s")))
        return await self.door.ForwardMessage(pb.ForwardMessageRequest(**request), SimpleNamespace(invocation_metadata=lambda: metadata))

    async def refused(self, **other: Any) -> Reason:
        with pytest.raises(ChatError) as refused:
            await self.forward(**other)
        assert not self.given
        return refused.value.reason


async def test_a_copy_says_what_the_message_says_and_who_said_it_and_nothing_of_its_conversation() -> None:
    world, message_id = World(), fresh_id()
    world.archive.messages[5] = said(entry_pb2.Body(text="tea", reply_to=3, thread=2, mentions=[CARL], mention_all=True))
    answer = await world.forward(message_id=message_id)
    assert (answer.message_id, answer.conversation_id, answer.seq) == (message_id, THERE, PLACED.seq)
    (command,) = world.given
    assert (command.user_id, command.conversation_id, command.send.message_id) == (ANNA, THERE, message_id)
    origin = entry_pb2.Forwarded(sender_id=BOB, accepted_at=world.archive.messages[5].accepted_at)
    assert entry_pb2.Body.FromString(command.send.body) == entry_pb2.Body(text="tea", forwarded=origin)
    assert command.send.outline == log_pb2.Outline(forwarded=True)


async def test_a_copy_of_a_copy_names_who_said_it_first() -> None:
    world = World()
    origin = entry_pb2.Forwarded(sender_id=CARL)
    world.archive.messages[5] = said(entry_pb2.Body(text="tea", forwarded=origin))
    await world.forward()
    assert entry_pb2.Body.FromString(world.given[0].send.body).forwarded == origin


async def test_what_is_no_message_or_deleted_or_a_poll_is_not_forwarded() -> None:
    world = World()
    assert await world.refused() is Reason.NOT_FOUND
    world.archive.messages[5] = said(entry_pb2.Body(text="better"), entry_pb2.Entry.EDIT)
    assert await world.refused() is Reason.NOT_FOUND
    world.archive.messages[5] = said(entry_pb2.Body(text="Tea?", poll=entry_pb2.Poll(options=["yes", "no"])))
    assert await world.refused() is Reason.INVALID_ARGUMENT
    world.archive.messages[5] = said(entry_pb2.Body())
    world.archive.deleted.add(5)
    assert await world.refused() is Reason.NOT_FOUND
    assert await world.refused(conversation_id="no-uuid") is Reason.UNKNOWN_CONVERSATION
    assert await world.refused(from_conversation_id="no-uuid") is Reason.UNKNOWN_CONVERSATION
    assert await world.refused(message_id="no-uuid") is Reason.INVALID_MESSAGE_ID


async def test_a_copy_that_was_accepted_is_not_refused_though_its_message_is_deleted_since() -> None:
    world, message_id = World(), MessageId(fresh_id())
    world.archive.found[message_id] = log_pb2.LogEntry(seq=42, sender_id=ANNA)
    assert (await world.forward(message_id=message_id)).seq == 42
    world.archive.found[message_id].sender_id = BOB
    assert await world.refused(message_id=message_id) is Reason.NOT_FOUND


def test_no_client_says_itself_that_its_message_is_forwarded() -> None:
    with pytest.raises(ChatError) as refused:
        checked(entry_pb2.Body(text="tea", forwarded=entry_pb2.Forwarded(sender_id=BOB)))
    assert refused.value.reason is Reason.INVALID_ARGUMENT

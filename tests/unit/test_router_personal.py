"""What concerns only one user is an entry of their notes to themselves: there is no other place for it, and it counts as nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from chatkit.core.conversation import GROUP_OWNER
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, SessionId, UserId, new_id, notes_conversation_id
from chatkit.rpc.caller import Caller
from chatkit.rpc.errors import status_of
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.history.v1.history_service_pb2 import ConversationSummary, GetConversationResponse
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_router.personal import Personal
from svc_router.store import Membership
from tests.routing import Bench, fresh_id, send

ANNA, BOB = UserId(new_id()), UserId(new_id())
NOTES = notes_conversation_id(ANNA)
HIDDEN = conversation_pb2.ConversationPreferences(archived=True)
READ_SEQ = 41


def change(about: str, chosen: conversation_pb2.ConversationPreferences = HIDDEN) -> entry_pb2.PersonalChange:
    return entry_pb2.PersonalChange(conversation_id=about, preferences=chosen)


def command(conversation_id: str, user_id: str) -> pb.Command:
    made = pb.Command(correlation=1, user_id=user_id, conversation_id=conversation_id, request_id="r")
    made.personal.message_id = fresh_id()
    made.personal.change.CopyFrom(change(new_id()))
    return made


@dataclass
class Mesh:
    """What `Personal` speaks to: the router of a bench, and a history by which the caller is in some conversations."""

    bench: Bench
    theirs: set[str] = field(default_factory=set)
    kinds: list[str] = field(default_factory=list)

    async def call(self, command: pb.Command) -> pb.Accepted:
        self.kinds.append(command.WhichOneof("command") or "")
        result = await self.bench.submit(command)
        if result.HasField("refused"):
            raise ChatError(Reason(reason_pb2.Reason.Name(result.refused.reason)))
        return result.accepted

    def unary_unary(self, *_: Any, **__: Any) -> Callable[..., Awaitable[GetConversationResponse]]:
        async def get(request: Any, **_: Any) -> GetConversationResponse:
            if request.conversation_id not in self.theirs:
                status = status_of(ChatError(Reason.UNKNOWN_CONVERSATION))
                trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
                raise grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), trailing, status.message)
            return GetConversationResponse(conversation=ConversationSummary(read_seq=READ_SEQ))

        return get

    async def change(self, about: str, message_id: str = "", chosen: conversation_pb2.ConversationPreferences = HIDDEN) -> pb.Accepted:
        mesh: Any = self
        caller = Caller(ANNA, SessionId(new_id()))
        now_ms = self.bench.clock.now_ms()
        return await Personal(mesh, mesh).change(caller, MessageId(message_id or fresh_id()), change(about, chosen), now_ms)


@pytest.fixture
def mesh(bench: Bench) -> Mesh:
    return Mesh(bench)


async def test_notes_are_created_for_the_first_change_and_hold_all_of_them_and_none_is_counted(mesh: Mesh) -> None:
    tea = new_id()
    mesh.theirs.add(tea)
    first = await mesh.change(tea)
    second = await mesh.change(tea)
    assert mesh.kinds == ["personal", "create", "personal", "personal"]
    created, one, other = mesh.bench.entries
    assert (created.kind, created.created.conversation.kind) == (entry_pb2.Entry.CREATED, conversation_pb2.Conversation.SELF)
    assert [member.user_id for member in created.created.members] == [ANNA]
    assert {one.conversation_id for one in mesh.bench.entries} == {NOTES}
    assert [(one.seq, one.kind, one.personal) for one in (one, other)] == [
        (accepted.seq, entry_pb2.Entry.PERSONAL, change(tea)) for accepted in (first, second)
    ]
    said = await mesh.bench.accepted(send(NOTES, ANNA))
    assert [one.ordinal for one in mesh.bench.entries] == [0, 0, 0, 1]
    assert said.seq > second.seq


@pytest.mark.parametrize(("marked", "at"), [(True, READ_SEQ), (False, None)])
async def test_what_is_marked_as_unread_is_so_as_of_what_the_user_has_read(mesh: Mesh, marked: bool, at: int | None) -> None:
    tea = new_id()
    mesh.theirs.add(tea)
    await mesh.change(tea, chosen=conversation_pb2.ConversationPreferences(marked_unread=marked))
    assert mesh.bench.entries[-1].personal.preferences == conversation_pb2.ConversationPreferences(
        marked_unread=marked, marked_at_read_seq=at
    )


async def test_a_retry_makes_no_second_entry(mesh: Mesh) -> None:
    message_id = fresh_id()
    assert (await mesh.change(NOTES, message_id)).seq == (await mesh.change(NOTES, message_id)).seq
    assert [one.kind for one in mesh.bench.entries] == [entry_pb2.Entry.CREATED, entry_pb2.Entry.PERSONAL]


@pytest.mark.parametrize("about", [new_id(), "no uuid", "", notes_conversation_id(BOB)])
async def test_what_is_about_no_conversation_of_the_user_is_refused_and_makes_nothing(mesh: Mesh, about: str) -> None:
    with pytest.raises(ChatError) as refused:
        await mesh.change(about)
    assert refused.value.reason is Reason.UNKNOWN_CONVERSATION
    assert mesh.bench.entries == []


async def test_there_is_no_place_for_it_but_ones_own_notes(bench: Bench) -> None:
    group = await bench.group(ANNA, BOB)
    assert await bench.refused(command(group, ANNA)) == "PERMISSION_DENIED"
    await Mesh(bench).change(NOTES)
    assert await bench.refused(command(NOTES, BOB)) == "UNKNOWN_CONVERSATION"


async def test_it_goes_on_in_notes_that_the_live_view_has_lost(bench: Bench) -> None:
    bench.archive.known[ConversationId(NOTES)] = {ANNA: Membership(GROUP_OWNER, 1)}
    accepted = await bench.accepted(command(NOTES, ANNA))
    assert accepted.seq > bench.archive.head

"""What concerns only one user is an entry of their notes to themselves: there is no other place for it, and it counts as nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chatkit.core.conversation import GROUP_OWNER
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, SessionId, UserId, new_id, notes_conversation_id
from chatkit.core.personal import DRAFT_PAUSE_MS, MAX_DRAFTS, MAX_STARS
from chatkit.rpc.caller import Caller
from chatkit.rpc.errors import status_of
from elastic_chat.history.v1 import history_service_pb2 as history
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_router.personal import Personal
from svc_router.store import Membership
from tests.routing import Bench, OneBench, fresh_id, send

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
class Mesh(OneBench):
    """What `Personal` speaks to: the router of a bench, and a history by which the caller is in some conversations, which have a message at
    2 that is as it is told here.
    """

    theirs: set[str] = field(default_factory=set)
    kinds: list[str] = field(default_factory=list)
    message: entry_pb2.Entry = field(default_factory=lambda: entry_pb2.Entry(seq=2, ordinal=7))
    is_mention: bool = False
    stars: int = 0
    drafts: list[history.SavedDraft] = field(default_factory=list)

    async def call(self, command: pb.Command) -> pb.Accepted:
        self.kinds.append(command.WhichOneof("command") or "")
        return await super().call(command)

    async def GetConversation(self, request: history.GetConversationRequest, **_: Any) -> Message:
        self._check(request.conversation_id)
        return history.GetConversationResponse(conversation=history.ConversationSummary(read_seq=READ_SEQ))

    async def GetMessage(self, request: history.GetMessageRequest, **_: Any) -> Message:
        self._check(request.conversation_id)
        if request.seq != self.message.seq or (self.message.state.hidden and not request.include_hidden):
            raise failure(Reason.NOT_FOUND)
        return history.GetMessageResponse(entry=self.message, mentions_caller=self.is_mention)

    async def ListStars(self, *_: Any, **__: Any) -> Message:
        return history.ListStarsResponse(star_count=self.stars)

    async def ListDrafts(self, *_: Any, **__: Any) -> Message:
        return history.ListDraftsResponse(drafts=self.drafts)

    async def FindMessage(self, request: history.FindMessageRequest, **_: Any) -> Message:
        assert request.conversation_id == NOTES
        found = [one for one in self.bench.entries if (one.conversation_id, one.message_id) == (NOTES, request.message_id)]
        entry = entry_pb2.Entry.FromString(found[0].SerializeToString()) if found else None
        return history.FindMessageResponse(entry=entry)

    def _check(self, conversation_id: str) -> None:
        if conversation_id not in self.theirs:
            raise failure(Reason.UNKNOWN_CONVERSATION)

    async def change(self, about: str, message_id: str = "", chosen: conversation_pb2.ConversationPreferences = HIDDEN) -> pb.Accepted:
        return await self.make(change(about, chosen), message_id)

    async def make(self, made: entry_pb2.PersonalChange, message_id: str = "") -> pb.Accepted:
        mesh: Any = self
        caller = Caller(ANNA, SessionId(new_id()))
        return await Personal(mesh, mesh).change(caller, MessageId(message_id or fresh_id()), made, self.bench.clock.now_ms())


def failure(reason: Reason) -> grpc.aio.AioRpcError:
    status = status_of(ChatError(reason))
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), trailing, status.message)


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


async def refusal(call: Awaitable[object]) -> Reason:
    with pytest.raises(ChatError) as refused:
        await call
    return refused.value.reason


def hidden(about: str, seq: int = 2) -> entry_pb2.PersonalChange:
    return entry_pb2.PersonalChange(conversation_id=about, hidden=entry_pb2.HiddenMessage(seq=seq))


def star(about: str, seq: int = 2, *, removed: bool = False) -> entry_pb2.PersonalChange:
    return entry_pb2.PersonalChange(conversation_id=about, star=entry_pb2.Star(seq=seq, removed=removed))


def draft(about: str, text: str = "dear", thread: int = 0) -> entry_pb2.PersonalChange:
    return entry_pb2.PersonalChange(conversation_id=about, draft=entry_pb2.Draft(text=text, thread=thread))


@pytest.fixture
def tea(mesh: Mesh) -> str:
    made = new_id()
    mesh.theirs.add(made)
    return made


@pytest.mark.parametrize("mentioned", [True, False])
async def test_what_is_hidden_is_noted_with_what_it_counts_for(mesh: Mesh, tea: str, mentioned: bool) -> None:
    mesh.message.state.hidden = True  # once more
    mesh.is_mention = mentioned
    await mesh.make(hidden(tea))
    assert mesh.bench.entries[-1].personal.hidden == entry_pb2.HiddenMessage(seq=2, ordinal=7, mentioned=mentioned)


@pytest.mark.parametrize("made", [hidden, star])
async def test_what_is_no_message_that_the_user_can_see_is_not_noted(
    mesh: Mesh, tea: str, made: Callable[[str, int], entry_pb2.PersonalChange]
) -> None:
    assert await refusal(mesh.make(made(tea, 3))) is Reason.NOT_FOUND
    assert await refusal(mesh.make(made(new_id(), 2))) is Reason.UNKNOWN_CONVERSATION
    assert mesh.bench.entries == []


async def test_what_is_deleted_or_hidden_is_not_starred_and_a_star_comes_off_whatever_became_of_its_message(mesh: Mesh, tea: str) -> None:
    mesh.message.state.deleted = True
    assert await refusal(mesh.make(star(tea))) is Reason.NOT_FOUND
    mesh.message.state.CopyFrom(entry_pb2.MessageState(hidden=True))
    assert await refusal(mesh.make(star(tea))) is Reason.NOT_FOUND
    await mesh.make(star(new_id(), removed=True))
    assert mesh.bench.entries[-1].personal.star.removed
    assert await refusal(mesh.make(star(tea, 0, removed=True))) is Reason.NOT_FOUND


async def test_there_are_no_more_stars_than_the_limit_and_a_repeat_is_none(mesh: Mesh, tea: str) -> None:
    mesh.stars, message_id = MAX_STARS - 1, fresh_id()
    first = await mesh.make(star(tea), message_id)
    mesh.stars = MAX_STARS
    assert await refusal(mesh.make(star(tea))) is Reason.LIMIT_REACHED
    assert (await mesh.make(star(tea), message_id)).seq == first.seq
    await mesh.make(star(tea, removed=True))


async def test_a_draft_is_kept_every_few_seconds_and_a_repeat_is_the_first(mesh: Mesh, tea: str) -> None:
    message_id = fresh_id()
    first = await mesh.make(draft(tea), message_id)
    saved = history.SavedDraft(conversation_id=tea, draft=entry_pb2.Draft(text="dear"))
    saved.saved_at.FromMilliseconds(mesh.bench.clock.now_ms())
    mesh.drafts.append(saved)
    assert await refusal(mesh.make(draft(tea, "dear B"))) is Reason.SLOW_MODE
    assert (await mesh.make(draft(tea), message_id)).seq == first.seq
    await mesh.make(draft(tea, "in a thread", 5))
    await mesh.make(draft(tea, ""))  # that it is gone is said at once
    mesh.bench.clock.advance(DRAFT_PAUSE_MS / 1000)
    await mesh.make(draft(tea, "dear B"))
    assert [one.personal.draft.text for one in mesh.bench.entries[1:]] == ["dear", "in a thread", "", "dear B"]


async def test_there_are_no_more_drafts_than_the_limit_but_each_may_change(mesh: Mesh, tea: str) -> None:
    mesh.drafts += [history.SavedDraft(conversation_id=tea, draft=entry_pb2.Draft(text="x", thread=n)) for n in range(MAX_DRAFTS)]
    assert await refusal(mesh.make(draft(tea, thread=MAX_DRAFTS))) is Reason.LIMIT_REACHED
    await mesh.make(draft(tea, thread=3))
    await mesh.make(draft(tea, "", MAX_DRAFTS))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"text": "x" * (16 * 1024 + 1)}, Reason.TEXT_TOO_LONG),
        ({"text": "x", "reply_to": -1}, Reason.INVALID_ARGUMENT),
        ({"text": "x", "thread": -1}, Reason.INVALID_ARGUMENT),
    ],
)
async def test_a_draft_that_breaks_a_rule_is_not_kept(mesh: Mesh, tea: str, wrong: dict[str, Any], reason: Reason) -> None:
    made = entry_pb2.PersonalChange(conversation_id=tea, draft=entry_pb2.Draft(**wrong))
    assert await refusal(mesh.make(made)) is reason
    assert await refusal(mesh.make(draft(new_id()))) is Reason.UNKNOWN_CONVERSATION
    assert mesh.bench.entries == []

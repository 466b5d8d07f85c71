"""What callers of history are given of what its reader finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from chatkit.core.admission import Code, Invite
from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId, new_id
from chatkit.rpc.caller import USER_ID
from elastic_chat.events.v1 import log_pb2
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import Membership, Stored
from svc_history.receipts import Receipts
from svc_history.service import HistoryServicer
from svc_history.store.memory import MemoryConversation
from tests.reading import ANNA, World, reading


class Privacy:
    """Presence, which is asked by nobody here."""

    async def gives_receipts(self, users: Sequence[UserId]) -> list[bool]:
        return [False for _ in users]


NOBODY: Any = None
"""Who searches, and is asked nothing here."""


class AnnasCall:
    """The context of a call of hers."""

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return ((USER_ID, ANNA),)


def newest(world: World, kind: entry_pb2.Entry.Kind.ValueType) -> ConversationId:
    """Make a conversation whose newest entry is of a kind, and says something."""
    conversation_id = ConversationId(new_id())
    entry = log_pb2.LogEntry(conversation_id=conversation_id, seq=9, kind=kind, body=entry_pb2.Body(text="words").SerializeToString())
    made = MemoryConversation(b"", 1, {ANNA: Membership(3, 8)}, entries={9: Stored(9, entry.SerializeToString())})
    world.log[conversation_id] = world.live.known[conversation_id] = made
    return conversation_id


@pytest.mark.parametrize(("kind", "words"), [(entry_pb2.Entry.MESSAGE, "words"), (entry_pb2.Entry.EDIT, "")])
async def test_lists_of_conversations_show_what_a_message_says_and_not_what_an_edit_does(
    kind: entry_pb2.Entry.Kind.ValueType, words: str
) -> None:
    async with reading() as world:
        servicer = HistoryServicer(world.reader, world.kept, Receipts(world.live, Privacy()), NOBODY, ManualClock())
        asked = pb.GetConversationRequest(conversation_id=newest(world, kind))
        shown = (await servicer.GetConversation(asked, AnnasCall())).conversation
        assert (shown.last_entry.seq, shown.last_entry.kind, shown.last_entry.body.text) == (9, kind, words)
        listed = await servicer.Sync(pb.SyncRequest(list_conversations=True), AnnasCall())
        assert list(listed.conversations) == [shown]


@pytest.mark.parametrize("members", [1, 0])
async def test_an_invite_leads_nowhere_if_everyone_has_left(members: int) -> None:
    bob, clock, code = UserId(new_id()), ManualClock(), Code.new(ConversationId(new_id()))
    invites = {code.invite_id: Invite(clock.now_ms() + 1, 0, 0, bob, clock.now_ms())}
    entries = {9: Stored(9, log_pb2.LogEntry(seq=9).SerializeToString())}
    made = MemoryConversation(b"", 1, {bob: Membership(3, 1)} if members else {}, entries=entries, invites=invites)
    async with reading() as world:
        world.log[code.conversation_id] = world.live.known[code.conversation_id] = made
        servicer = HistoryServicer(world.reader, world.kept, Receipts(world.live, Privacy()), NOBODY, clock)
        asked = pb.GetInviteRequest(code=code.encode())
        if members:
            assert (await servicer.GetInvite(asked, AnnasCall())).member_count == 1
            return
        with pytest.raises(ChatError) as refused:
            await servicer.GetInvite(asked, AnnasCall())
        assert refused.value.reason is Reason.BAD_INVITE

"""What history has of a conversation, as it is put back into the live view."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from chatkit.core.admission import Invite, InviteId
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId, new_id
from chatkit.rpc.admission import invite_message
from elastic_chat.events.v1 import log_pb2
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_router.archive import QUESTIONS, HistoryArchive, restored_of

ANNA = UserId(new_id())
NOW = 1_800_000_000_000


def test_only_invites_that_let_somebody_in_are_put_back() -> None:
    good = Invite(NOW + 1, 2, 1, ANNA, NOW - 1000)
    over, used_up = Invite(NOW, 0, 0, ANNA, NOW - 1000), Invite(NOW + 1, 2, 2, ANNA, NOW - 1000)
    state = pb.GetConversationStateResponse(conversation=conversation_pb2.Conversation(kind=conversation_pb2.Conversation.GROUP))
    ids = [InviteId(new_id()) for _ in range(3)]
    state.invites.extend(map(invite_message, ids, (over, good, used_up)))
    assert restored_of(ConversationId(new_id()), state, NOW).invites == {ids[1]: good}


class History:
    """History at the other end of a channel: a message that says something else by now, unless it is only found by its id."""

    def __init__(self, edits: int, first: entry_pb2.Body, now: entry_pb2.Body) -> None:
        self.asked: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self._entry = entry_pb2.Entry(seq=5, message_id=new_id(), kind=entry_pb2.Entry.MESSAGE, body=now)
        self._entry.state.edit_count = edits
        self._first = entry_pb2.Entry(body=first)

    def unary_unary(self, path: str, **_: object) -> Any:
        return partial(self._call, path.rpartition("/")[2])

    async def _call(self, method: str, request: Any, **_: object) -> Any:
        self.asked.append(method)
        await self.answers.wait()
        if method == "GetMessage":
            return pb.GetMessageResponse(entry=self._entry)
        assert request.message_id == self._entry.message_id
        return pb.FindMessageResponse(entry=self._first)


async def test_only_so_much_is_asked_at_a_time() -> None:
    history: Any = History(0, entry_pb2.Body(), entry_pb2.Body())
    history.answers.clear()
    archive, conversation_id = HistoryArchive(history), ConversationId(new_id())
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(archive.message(ANNA, conversation_id, 5)) for _ in range(QUESTIONS)]
        await asyncio.sleep(0)
        with pytest.raises(ChatError) as refused:
            await archive.message(ANNA, conversation_id, 5)
        history.answers.set()
    assert refused.value.reason is Reason.OVERLOADED
    assert len({one.result().entry.message_id for one in asked}) == 1
    await archive.message(ANNA, conversation_id, 5)


@pytest.mark.parametrize("edits", [0, 2])
async def test_whom_a_message_mentions_is_whom_its_first_words_do(edits: int) -> None:
    bob, carl = new_id(), new_id()
    first = entry_pb2.Body(text="@bob", mentions=[bob], thread=3)
    now = entry_pb2.Body(text="@carl", mentions=[carl], thread=3) if edits else first
    history: Any = History(edits, first, now)
    found = await HistoryArchive(history).message(ANNA, ConversationId(new_id()), 5)
    assert (found.entry.outline, found.is_deleted) == (log_pb2.Outline(mentions=[bob], thread=3), False)
    assert history.asked == ["GetMessage", "FindMessage"][: 1 + bool(edits)]

"""A message is forwarded alike at every door that has calls, to whom may see it and write there."""

from __future__ import annotations

from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.types.v1.entry_pb2 import Body, Deletion, Forwarded
from tests.e2e.conformance.doors import ROUTER, CallDoor, Can, doors


@doors(Can.CALL)
async def test_a_copy_says_what_the_message_says_now_and_who_said_it(
    door: Any, calls: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str
) -> None:
    there = await api.group(bob, "tea", [])
    said = await calls.send(anna.token, conversation_id, new_id(), Body(text="At nein", mentions=[bob.user_id]))
    await calls.change(anna.token, conversation_id, new_id(), said.seq, Body(text="At nine"))
    copy = {"conversation_id": there, "from_conversation_id": conversation_id, "seq": said.seq, "message_id": new_id()}
    answer = await door.call(ROUTER["ForwardMessage"], bob.token, **copy)
    await calls.change(anna.token, conversation_id, new_id(), said.seq, Deletion())
    assert await door.call(ROUTER["ForwardMessage"], bob.token, **copy) == answer
    (entry,) = (await door.news(bob.token, {there: answer.seq - 1})).entries
    assert entry.body == Body(text="At nine", forwarded=Forwarded(sender_id=anna.user_id, accepted_at=said.accepted_at))
    assert (entry.seq, entry.message_id, entry.sender_id) == (answer.seq, copy["message_id"], bob.user_id)
    for token, other, reason in (
        (bob.token, {"message_id": new_id()}, Reason.NOT_FOUND),
        (bob.token, {"message_id": new_id(), "conversation_id": new_id()}, Reason.NOT_FOUND),
        (bob.token, {"message_id": new_id(), "from_conversation_id": new_id()}, Reason.UNKNOWN_CONVERSATION),
        (anna.token, {"message_id": new_id(), "from_conversation_id": there, "seq": answer.seq}, Reason.UNKNOWN_CONVERSATION),
    ):
        with pytest.raises(ChatError) as refused:
            await door.call(ROUTER["ForwardMessage"], token, **copy | other)
        assert refused.value.reason is reason

"""Parts of messages that are still being made: whom they are told, and that nothing of them is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from chatkit.core.conversation import MAX_DELTA_BYTES, MAX_TEXT_BYTES, Permission, check_delta
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId, new_id
from elastic_chat.events.v1 import node_pb2
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from svc_router.pipeline import NOTICE_LIMIT
from svc_router.store import Membership
from tests.routing import Bench, fresh_id, send

ANNA, BOB = UserId(new_id()), UserId(new_id())


def delta(conversation_id: str, user_id: str, text: str) -> pb.Command:
    command = pb.Command(user_id=user_id, conversation_id=conversation_id)
    command.delta.message_id, command.delta.offset, command.delta.text = fresh_id(), 7, text
    return command


async def test_a_part_of_a_message_is_told_for_who_may_write_and_makes_no_entry(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    told: asyncio.Queue[Mapping[str, bytes]] = asyncio.Queue()
    monkeypatch.setattr(bench.fanout, "publish", told.put)
    conversation_id = await bench.group(ANNA)
    live = bench.sequencer.view.live[ConversationId(conversation_id)]
    live.members[BOB] = Membership(Permission.READ, 1)
    bench.sequencer.view.nodes[ConversationId(conversation_id)] = {"node"}
    command = delta(conversation_id, ANNA, "tea")
    for one in (delta(conversation_id, BOB, "no"), delta(conversation_id, new_id(), "no"), command):
        bench.submit(one)
    while not (batch := await told.get()):
        pass
    (event,) = node_pb2.NodeBatch.FromString(batch["node"]).events
    notice = frames_pb2.ServerFrame.FromString(event.ephemeral.frame).delta
    assert notice == frames_pb2.DeltaNotice(
        conversation_id=conversation_id, user_id=ANNA, message_id=command.delta.message_id, offset=7, text="tea"
    )
    assert (event.ephemeral.user_id, event.ephemeral.to_own_sessions, event.ephemeral.is_part) == (ANNA, False, True)
    await bench.accepted(send(conversation_id, ANNA, command.delta.message_id))
    assert [entry.message_id for entry in bench.entries][1:] == [command.delta.message_id]


async def test_a_router_with_much_to_do_takes_what_is_kept_before_what_is_only_told() -> None:
    bench, conversation_id = Bench(), new_id()
    for _ in range(NOTICE_LIMIT):
        bench.submit(send(conversation_id, ANNA))
    typing = pb.Command(user_id=ANNA, conversation_id=conversation_id, typing=pb.TypingCommand())
    assert [await bench.refused(one) for one in (delta(conversation_id, ANNA, "tea"), typing)] == [Reason.OVERLOADED] * 2
    assert not bench.submit(send(conversation_id, ANNA)).done(), "it waits, and `run` will take it"


@pytest.mark.parametrize(
    ("offset", "text", "is_right"),
    [
        (0, "x", True),
        (MAX_TEXT_BYTES - 2, "ü", True),
        (0, "x" * MAX_DELTA_BYTES, True),
        (0, "", False),
        (-1, "x", False),
        (MAX_TEXT_BYTES - 1, "ü", False),
        (0, "x" * (MAX_DELTA_BYTES + 1), False),
    ],
)
def test_a_part_is_of_a_text_that_could_be_sent(offset: int, text: str, *, is_right: bool) -> None:
    if is_right:
        check_delta(offset, text)
        return
    with pytest.raises(ChatError) as refused:
        check_delta(offset, text)
    assert refused.value.reason is Reason.INVALID_ARGUMENT

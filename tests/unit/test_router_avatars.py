"""The picture of a conversation: files is asked before it is set, and says no for the router."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, new_id
from chatkit.rpc.caller import Caller, caller_metadata
from chatkit.rpc.errors import status_of
from elastic_chat.files.v1 import files_service_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1.conversation_pb2 import ConversationSettings
from svc_router.service import RouterServicer

ANNA = UserId(new_id())
GROUP, PICTURE = new_id(), new_id()


class Door:
    """A router's door, with fakes of files and of the lanes behind it, which note in which order they were called."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.refusal: Reason | None = None
        channel, nothing = SimpleNamespace(unary_unary=lambda path, **_: getattr(self, path.rpartition("/")[2], None)), cast("Any", None)
        self.door = RouterServicer(nothing, cast("Any", self), nothing, nothing, cast("Any", channel), ManualClock())

    async def AttachFiles(self, request: files_service_pb2.AttachFilesRequest) -> files_service_pb2.AttachFilesResponse:
        self.done.append(request)
        if self.refusal is not None:
            error = ChatError(self.refusal)
            status, code = status_of(error), grpc.StatusCode[error.row.status]
            details = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
            raise grpc.aio.AioRpcError(code, grpc.aio.Metadata(), details, status.message)
        return files_service_pb2.AttachFilesResponse()

    async def call(self, command: pb.Command) -> pb.Accepted:
        self.done.append(command)
        return pb.Accepted()

    async def update(self, **settings: Any) -> None:
        context = SimpleNamespace(invocation_metadata=lambda: caller_metadata(Caller(ANNA, SessionId("s"))))
        request = pb.UpdateConversationRequest(conversation_id=GROUP, settings=ConversationSettings(**settings))
        await self.door.UpdateConversation(request, cast("Any", context))


async def test_files_notes_a_picture_by_the_message_that_will_set_it_and_before_it_does() -> None:
    door = Door()
    await door.update(title="Tea", avatar_file_id=PICTURE)
    asked, command = door.done
    assert asked == files_service_pb2.AttachFilesRequest(
        user_id=ANNA, conversation_id=GROUP, message_id=command.settings.message_id, file_ids=[PICTURE], avatar=True
    )
    assert command.settings.settings.avatar_file_id == PICTURE


@pytest.mark.parametrize("settings", [{"title": "Tea"}, {"avatar_file_id": ""}])
async def test_what_sets_no_picture_asks_nobody(settings: dict[str, Any]) -> None:
    door = Door()
    await door.update(**settings)
    assert [type(one) for one in door.done] == [pb.Command]


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_FILE, Reason.INVALID_ARGUMENT, Reason.UNAVAILABLE])
async def test_a_picture_that_files_refuses_is_not_set(reason: Reason) -> None:
    door = Door()
    door.refusal = reason
    with pytest.raises(ChatError) as refused:
        await door.update(avatar_file_id=PICTURE)
    assert refused.value.reason is reason
    assert len(door.done) == 1

"""The files of a message, and the picture of a conversation: who takes in what names them asks the files service before it gets its place.
What names no file costs nothing.
"""

from __future__ import annotations

from typing import Any

import grpc

from chatkit.rpc.errors import error_of
from elastic_chat.files.v1 import files_service_pb2 as pb
from elastic_chat.files.v1 import files_service_pb2_grpc as rpc
from elastic_chat.types.v1 import entry_pb2


async def attached(channel: grpc.aio.Channel, user_id: str, conversation_id: str, message_id: str, body: entry_pb2.Body) -> bytes:
    """Return a body, which was checked, as bytes, with what is true of its files instead of what was said of them.

    Raises UNKNOWN_FILE if the user may not have one of them, and UNAVAILABLE if nobody can tell.
    """
    request = pb.AttachFilesRequest(user_id=user_id, conversation_id=conversation_id, message_id=message_id)
    request.file_ids.extend(one.file_id for one in body.attachments)
    answer = await _attach(channel, request)
    true = entry_pb2.Body()
    true.CopyFrom(body)
    for said, known in zip(true.attachments, answer.attachments, strict=True):
        name = said.name or known.name
        said.CopyFrom(known)
        said.name = name
    return true.SerializeToString()


async def attach_avatar(channel: grpc.aio.Channel, user_id: str, conversation_id: str, message_id: str, file_id: str) -> None:
    """Have it known that a change of settings will name a file as the picture of its conversation.

    Raises UNKNOWN_FILE if the user may not have it, INVALID_ARGUMENT if it is no image, and UNAVAILABLE if nobody can tell.
    """
    request = pb.AttachFilesRequest(user_id=user_id, conversation_id=conversation_id, message_id=message_id, avatar=True)
    request.file_ids.append(file_id)
    await _attach(channel, request)


async def _attach(channel: grpc.aio.Channel, request: pb.AttachFilesRequest) -> pb.AttachFilesResponse:
    stub: Any = rpc.FilesServiceStub(channel)
    try:
        answer: pb.AttachFilesResponse = await stub.AttachFiles(request)
    except grpc.aio.AioRpcError as failure:
        raise error_of(failure) from failure
    return answer

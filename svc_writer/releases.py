"""Tells the files service which messages have no files any more, because they are deleted, or from when on, because they disappear.

Until then those who were shown the message may still have them. What is to be told is a row that is written with the deletion, or with the
message that disappears, and taken out once it was told. So the log does not wait for files that are away, and nothing is forgotten by a
writer that dies. Several writers may tell the same: twice does no harm.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import grpc
import structlog

from chatkit.core.errors import ChatError
from chatkit.core.ids import MessageId
from chatkit.rpc.errors import error_of
from elastic_chat.files.v1 import files_service_pb2 as pb
from elastic_chat.files.v1 import files_service_pb2_grpc as rpc
from svc_writer.core import grouped
from svc_writer.store import Timeline

log = structlog.get_logger()

AGAIN_S = 2.0
DEADLINE_S = 5.0


class Files(Protocol):
    """Has the files of messages."""

    async def release(self, conversation_id: str, message_id: MessageId, due_s: int) -> None:
        """Let go of the files of a message, in a Unix second or at once; repeatable. Raises a ChatError if nobody takes that in now."""
        ...


class MeshFiles:
    """The files service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._files: Any = rpc.FilesServiceStub(channel)

    async def release(self, conversation_id: str, message_id: MessageId, due_s: int) -> None:
        request = pb.ReleaseFilesRequest(conversation_id=conversation_id, message_id=message_id)
        if due_s:
            request.due_at.seconds = due_s
        try:
            await self._files.ReleaseFiles(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure


class Releases:
    """Releases what is to be released."""

    def __init__(self, timeline: Timeline, files: Files) -> None:
        self._timeline = timeline
        self._files = files

    async def run(self) -> None:
        """Look for it every few seconds, for ever."""
        while True:
            try:
                await self.release()
            except ChatError as error:
                log.warning("files_not_released", reason=error.reason)
            await asyncio.sleep(AGAIN_S)

    async def release(self) -> None:
        """Release everything that is to be released. Raises a ChatError if that can't be done now; the rest stays."""
        while found := await self._timeline.releases():
            for one in found:
                await self._files.release(one.conversation_id, one.message_id, one.due_s)
                await self._timeline.put(grouped([one.write(done=True)]))

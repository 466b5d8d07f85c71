"""WriterService: proto/elastic_chat/writer/v1 tells what each method promises."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from chatkit.core.errors import ChatError, Reason
from elastic_chat.writer.v1 import writer_service_pb2 as pb
from elastic_chat.writer.v1 import writer_service_pb2_grpc as rpc
from svc_writer.dead_letters import DeadLetters
from svc_writer.source import Source

DEFAULT_S, LONGEST_S = 10.0, 60.0
LOOK_S = 0.02

Context = Any
"""gRPC's own class is generic over what no method needs."""


class WriterServicer(rpc.WriterServiceServicer):
    """The methods of the writer."""

    def __init__(self, source: Source, dead_letters: DeadLetters) -> None:
        self._source = source
        self._dead_letters = dead_letters

    async def GetLag(self, request: pb.GetLagRequest, context: Context) -> pb.GetLagResponse:  # noqa: ARG002, N802
        lags = await self._source.lag()
        return pb.GetLagResponse(
            partitions=[
                pb.PartitionLag(topic=one.topic, partition=one.partition, committed_offset=one.committed, end_offset=one.end)
                for one in lags
            ],
            total=sum(one.end - one.committed for one in lags),
        )

    async def AwaitWritten(self, request: pb.AwaitWrittenRequest, context: Context) -> pb.AwaitWrittenResponse:  # noqa: ARG002, N802
        timeout_s = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else DEFAULT_S
        ends = {(one.topic, one.partition): one.end for one in await self._source.lag()}
        try:
            async with asyncio.timeout(min(timeout_s, LONGEST_S)):
                while await self._is_behind(ends):  # noqa: ASYNC110 - only Kafka knows, and has to be asked
                    await asyncio.sleep(LOOK_S)
        except TimeoutError as error:
            raise ChatError(Reason.DEADLINE_EXCEEDED, "the database is still behind the log: see GetLag") from error
        return pb.AwaitWrittenResponse()

    async def ListDeadLetters(self, request: pb.ListDeadLettersRequest, context: Context) -> pb.ListDeadLettersResponse:  # noqa: ARG002, N802
        page = await self._dead_letters.page(request.from_offset, request.page_size)
        return pb.ListDeadLettersResponse(
            letters=[pb.KeptLetter(offset=kept.offset, letter=kept.letter, redriven=redriven) for kept, redriven in page.letters],
            next_offset=page.next_offset,
        )

    async def RedriveDeadLetter(self, request: pb.RedriveDeadLetterRequest, context: Context) -> pb.RedriveDeadLetterResponse:  # noqa: ARG002, N802
        await self._dead_letters.redrive(request.offset, force=request.force)
        return pb.RedriveDeadLetterResponse()

    async def _is_behind(self, ends: Mapping[tuple[str, int], int]) -> bool:
        return any(one.committed < ends[one.topic, one.partition] for one in await self._source.lag())

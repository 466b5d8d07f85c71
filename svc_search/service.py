"""SearchService: proto/elastic_chat/search/v1 tells what each method promises."""

from __future__ import annotations

from typing import Any

from elastic_chat.search.v1 import search_service_pb2 as pb
from elastic_chat.search.v1 import search_service_pb2_grpc as rpc
from svc_search.finder import Finder
from svc_search.parts import Parts
from svc_search.wire import hit_messages, question_of

Context = Any
"""gRPC's own class is generic over what no method needs."""


class SearchServicer(rpc.SearchServiceServicer):
    """The methods of search."""

    def __init__(self, finder: Finder, parts: Parts) -> None:
        self._finder = finder
        self._parts = parts

    async def Find(self, request: pb.FindRequest, context: Context) -> pb.FindResponse:  # noqa: ARG002, N802
        found, incomplete = await self._finder.find(question_of(request), request)
        return pb.FindResponse(hits=hit_messages(found.hits), has_more=found.has_more, incomplete=incomplete)

    async def FindHere(self, request: pb.FindHereRequest, context: Context) -> pb.FindHereResponse:  # noqa: ARG002, N802
        found, numbers = await self._parts.find(question_of(request.question), request.partitions)
        return pb.FindHereResponse(hits=hit_messages(found.hits), has_more=found.has_more, partitions=numbers)

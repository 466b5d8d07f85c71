"""Finds messages wherever their part of the log is held: what is held here, here, and everything else at the instances that hold it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import grpc
import structlog

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId
from chatkit.rpc.errors import error_of
from elastic_chat.search.v1 import search_service_pb2 as pb
from elastic_chat.search.v1 import search_service_pb2_grpc as rpc
from svc_search.core.criteria import Found, Question, together
from svc_search.feed import Feed, part_of
from svc_search.holders import Holders
from svc_search.parts import Parts
from svc_search.wire import hits_of

log = structlog.get_logger()

INSTANCE = "x-instance"
"""The header by which a sidecar knows which instance of search a call is for."""
DEADLINE_S = 2.0
"""How long another instance may take: what it has is missing then."""


class Answer(NamedTuple):
    """What was found, and in which parts of the log."""

    found: Found
    parts: Sequence[int]


class Peers(Protocol):
    """The other instances. Raises what they refuse with, and UNAVAILABLE if one can't be reached."""

    async def find(self, node_id: str, request: pb.FindRequest, numbers: Sequence[int]) -> Answer:
        """Return what an instance finds in parts that it holds."""
        ...


class MeshPeers:
    """The other instances, through the mesh."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._search: Any = rpc.SearchServiceStub(channel)

    async def find(self, node_id: str, request: pb.FindRequest, numbers: Sequence[int]) -> Answer:
        asked = pb.FindHereRequest(question=request, partitions=numbers)
        try:
            answer: pb.FindHereResponse = await self._search.FindHere(asked, timeout=DEADLINE_S, metadata=((INSTANCE, node_id),))
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return Answer(Found(hits_of(answer.hits), answer.has_more), list(answer.partitions))


class Finder:
    """Asks everyone who holds a part that matters, at the same time."""

    def __init__(self, feed: Feed, parts: Parts, holders: Holders, peers: Peers, node_id: str) -> None:
        self._feed = feed
        self._parts = parts
        self._holders = holders
        self._peers = peers
        self._node_id = node_id

    async def find(self, question: Question, request: pb.FindRequest) -> tuple[Found, bool]:
        """Return what is found, and whether something may be missing. Raises UNAVAILABLE if everything is."""
        everything = self._feed.parts
        if not everything:
            raise ChatError(Reason.UNAVAILABLE, "search does not know the log yet: try again")
        places: dict[int, list[ConversationId]] = {}
        for one in question.places:
            places.setdefault(part_of(one, everything), []).append(one)
        asked = await self._asked(sorted(places))
        answers = await asyncio.gather(*(self._ask(holder, numbers, places, question, request) for holder, numbers in asked.items()))
        answered = {number for one in answers for number in one.parts}
        if places and not answered:
            raise ChatError(Reason.UNAVAILABLE, "search is getting ready: try again")
        return together(question.count, [one.found for one in answers]), answered < places.keys()

    async def _asked(self, numbers: Sequence[int]) -> Mapping[str, list[int]]:
        """Return who is asked for which parts."""
        own = [number for number in numbers if number in self._parts.held]
        others = [number for number in numbers if number not in self._parts.held]
        asked: dict[str, list[int]] = {self._node_id: own} if own else {}
        for number, holder in (await self._holders.of(others) if others else {}).items():
            asked.setdefault(holder, []).append(number)
        return asked

    async def _ask(
        self,
        holder: str,
        numbers: Sequence[int],
        places: Mapping[int, Sequence[ConversationId]],
        question: Question,
        request: pb.FindRequest,
    ) -> Answer:
        if holder == self._node_id:
            return Answer(*await self._parts.find(question, numbers))
        part = pb.FindRequest(criteria=request.criteria, count=request.count, after=request.after if request.HasField("after") else None)
        for one in (one for number in numbers for one in places[number]):
            part.places.add(conversation_id=one, since_seq=question.places[one])
        try:
            return await self._peers.find(holder, part, numbers)
        except ChatError as error:
            if error.reason is Reason.OVERLOADED:
                raise
            log.warning("holder_away", holder=holder, parts=list(numbers), reason=error.reason)
            return Answer(Found((), has_more=False), ())

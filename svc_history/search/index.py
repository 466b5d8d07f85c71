"""The search service, as history asks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import grpc

from chatkit.core.finding import Has, Term
from chatkit.core.ids import ConversationId, UserId
from chatkit.rpc.errors import error_of
from elastic_chat.search.v1 import search_service_pb2 as pb
from elastic_chat.search.v1 import search_service_pb2_grpc as rpc
from svc_history.search.query import Query

DEADLINE_S = 5.0
_HAS = {
    Has.FILE: pb.Criteria.FILE,
    Has.IMAGE: pb.Criteria.IMAGE,
    Has.LINK: pb.Criteria.LINK,
    Has.POLL: pb.Criteria.POLL,
}


class Position(NamedTuple):
    """A place in the order of what is found."""

    rank: int
    partition: int


class Hit(NamedTuple):
    """A message that the index believes to be what is looked for."""

    conversation_id: ConversationId
    seq: int
    position: Position


@dataclass(frozen=True, slots=True)
class Question:
    """What to find: a query whose names are understood, in conversations, in each from a seq on; behind which place, and how much."""

    query: Query
    senders: frozenset[UserId]
    other_senders: frozenset[UserId]
    places: Mapping[ConversationId, int]
    after: Position | None
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """The newest first, whether there is more, and whether something may be missing."""

    hits: Sequence[Hit]
    has_more: bool
    incomplete: bool


class Index(Protocol):
    """Finds messages, and may be wrong about each. Raises UNAVAILABLE and OVERLOADED."""

    async def find(self, question: Question) -> Found:
        """Find some."""
        ...


class MeshIndex:
    """The search service, through the mesh."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._search: Any = rpc.SearchServiceStub(channel)

    async def find(self, question: Question) -> Found:
        try:
            answer: pb.FindResponse = await self._search.Find(_request(question), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        hits = [
            Hit(ConversationId(one.conversation_id), one.seq, Position(one.position.rank, one.position.partition)) for one in answer.hits
        ]
        return Found(hits, answer.has_more, answer.incomplete)


def _request(question: Question) -> pb.FindRequest:
    query = question.query
    criteria = pb.Criteria(
        terms=map(_term, query.terms),
        without=map(_term, query.without),
        sender_ids=sorted(question.senders),
        other_sender_ids=sorted(question.other_senders),
        has=sorted(_HAS[one] for one in query.has),
        has_not=sorted(_HAS[one] for one in query.has_not),
        from_ms=query.from_ms,
        until_ms=query.until_ms,
    )
    places = [pb.Place(conversation_id=one, since_seq=since) for one, since in question.places.items()]
    after = pb.Position(rank=question.after.rank, partition=question.after.partition) if question.after else None
    return pb.FindRequest(places=places, criteria=criteria, after=after, count=question.count)


def _term(term: Term) -> pb.Term:
    return pb.Term(words=term.words, prefix=term.prefix)

"""Questions and what is found, on the wire."""

from __future__ import annotations

from collections.abc import Iterable

from chatkit.core.errors import ChatError, Reason
from chatkit.core.finding import Has, Term
from chatkit.core.ids import ConversationId, UserId, is_uuid
from elastic_chat.search.v1 import search_service_pb2 as pb
from svc_search.core.criteria import FIRST, MAX_COUNT, MAX_PLACES, MAX_TERMS, Criteria, Hit, Position, Question

_HAS = {pb.Criteria.FILE: Has.FILE, pb.Criteria.IMAGE: Has.IMAGE, pb.Criteria.LINK: Has.LINK, pb.Criteria.POLL: Has.POLL}


def question_of(request: pb.FindRequest) -> Question:
    """Return a question. Raises INVALID_ARGUMENT."""
    if not 1 <= request.count <= MAX_COUNT:
        raise ChatError(Reason.INVALID_ARGUMENT, f"count is 1 to {MAX_COUNT}")
    if len(request.places) > MAX_PLACES or not all(is_uuid(one.conversation_id) for one in request.places):
        raise ChatError(Reason.INVALID_ARGUMENT, f"places are at most {MAX_PLACES} conversations, by their ids")
    places = {ConversationId(one.conversation_id): one.since_seq for one in request.places}
    after = Position(request.after.rank, request.after.partition) if request.HasField("after") else FIRST
    return Question(places, _criteria_of(request.criteria), request.count, after)


def _criteria_of(criteria: pb.Criteria) -> Criteria:
    terms = [*criteria.terms, *criteria.without]
    if len(terms) > MAX_TERMS or not all(one.words and all(map(str.isprintable, one.words)) for one in terms):
        raise ChatError(Reason.INVALID_ARGUMENT, f"terms and without are at most {MAX_TERMS}, each of at least one word")
    if not {*criteria.has, *criteria.has_not} <= _HAS.keys():
        raise ChatError(Reason.INVALID_ARGUMENT, "has and has_not are of what a message can have")
    return Criteria(
        tuple(Term(tuple(one.words), one.prefix) for one in criteria.terms),
        tuple(Term(tuple(one.words), one.prefix) for one in criteria.without),
        frozenset(map(UserId, criteria.sender_ids)),
        frozenset(map(UserId, criteria.other_sender_ids)),
        frozenset(_HAS[one] for one in criteria.has),
        frozenset(_HAS[one] for one in criteria.has_not),
        criteria.from_ms,
        criteria.until_ms,
    )


def hits_of(hits: Iterable[pb.Hit]) -> list[Hit]:
    """Return what another instance has found."""
    return [Hit(Position(one.position.rank, one.position.partition), ConversationId(one.conversation_id), one.seq) for one in hits]


def hit_messages(hits: Iterable[Hit]) -> list[pb.Hit]:
    """Return what is found as others read it."""
    return [
        pb.Hit(
            conversation_id=one.conversation_id,
            seq=one.seq,
            position=pb.Position(rank=one.position.rank, partition=one.position.partition),
        )
        for one in hits
    ]

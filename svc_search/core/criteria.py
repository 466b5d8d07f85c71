"""What is looked for, and in which order it is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chatkit.core.finding import Has, Term
from chatkit.core.ids import ConversationId, UserId

MAX_COUNT = 200
"""Messages in one answer."""
MAX_TERMS = 32
MAX_PLACES = 100_000
RANKS = 4096
"""Messages that one part of the log can have accepted in one millisecond and still tell apart by their seq."""
NEWEST = 2**62
"""Above every rank."""


class Position(NamedTuple):
    """A place in the order of what is found: by rank, and of those of one rank by their part of the log."""

    rank: int
    partition: int


FIRST = Position(NEWEST, 0)


class Hit(NamedTuple):
    """A message that was found."""

    position: Position
    conversation_id: ConversationId
    seq: int


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a message must be like, all of it: as elastic_chat.search.v1.Criteria says."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    senders: frozenset[UserId] = frozenset()
    other_senders: frozenset[UserId] = frozenset()
    has: frozenset[Has] = frozenset()
    has_not: frozenset[Has] = frozenset()
    from_ms: int = 0
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What to find: in which conversations, and there from which seq on; behind which place, and how much at most."""

    places: Mapping[ConversationId, int]
    criteria: Criteria
    count: int
    after: Position = FIRST

    def below(self, partition: int) -> int:
        """Return below which rank a part of the log has what is asked for."""
        rank = self.after.rank + (partition < self.after.partition)
        until_ms = self.criteria.until_ms
        return min(rank, rank_of(until_ms, 0)) if until_ms else rank

    @property
    def least(self) -> int:
        """The rank of the oldest message that counts."""
        return rank_of(self.criteria.from_ms, 0)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, the newest first, and whether there is more."""

    hits: Sequence[Hit]
    has_more: bool


def rank_of(accepted_ms: int, seq: int) -> int:
    """Return what messages are ordered by: when they were accepted, and then their seq."""
    return accepted_ms * RANKS + seq % RANKS


def together(count: int, some: Iterable[Found]) -> Found:
    """Return what was found in several parts of the log as one: as much as was asked for."""
    found = list(some)
    hits = sorted((hit for one in found for hit in one.hits), reverse=True)
    # Behind the last hit of a part that has more there may be some that it did not tell: nothing older counts yet.
    floor = max((one.hits[-1].position for one in found if one.has_more and one.hits), default=None)
    certain = [hit for hit in hits if floor is None or hit.position >= floor]
    return Found(certain[:count], len(hits) > count or floor is not None)

"""The index in memory, for tests: it looks through everything, by the rule itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatkit.core.finding import Has
from chatkit.core.ids import ConversationId
from chatkit.core.words import words
from svc_search.core.criteria import Criteria, Found, Hit, Position, Question, rank_of
from svc_search.core.documents import Change, Document, Erasure, Rewording

Key = tuple[ConversationId, int]


class MemoryIndex:
    """Keeps documents as they are."""

    def __init__(self, partition: int = 0) -> None:
        self._partition = partition
        self._documents: dict[Key, Document] = {}
        self._ranks: dict[Key, int] = {}
        self._ahead: dict[Key, Change] = {}
        self.next_offset: int | None = None

    def apply(self, changes: Sequence[Change], next_offset: int | None) -> None:
        for change in changes:
            self._take(change)
        self.next_offset = next_offset

    def _take(self, change: Change) -> None:
        key = (change.conversation_id, change.seq)
        known, ahead = self._documents.get(key), self._ahead.get(key)
        match change:
            case Document() if known is None and not isinstance(ahead, Erasure):
                self._ranks[key] = self._rank(change)
                self._documents[key] = _reworded(change, ahead) if isinstance(ahead, Rewording) else change
                self._ahead.pop(key, None)
            case Rewording() if known is not None:
                self._documents[key] = _reworded(known, change) if known.worded < change.worded else known
            case Rewording() if ahead is None or (isinstance(ahead, Rewording) and ahead.worded < change.worded):
                self._ahead[key] = change
            case Erasure():
                self._documents.pop(key, None)
                self._ranks.pop(key, None)
                self._ahead[key] = change
            case _:
                """It is known already."""

    def _rank(self, document: Document) -> int:
        rank, taken = rank_of(document.accepted_ms, document.seq), set(self._ranks.values())
        while rank in taken:
            rank += 1
        return rank

    def find(self, question: Question) -> Found:
        hits = sorted(
            (
                Hit(Position(self._ranks[key], self._partition), *key)
                for key, one in self._documents.items()
                if one.seq >= question.places.get(one.conversation_id, one.seq + 1)
                and question.least <= self._ranks[key] < question.below(self._partition)
                and _is_meant(one, question.criteria)
            ),
            reverse=True,
        )
        return Found(hits[: question.count], len(hits) > question.count)

    def let_go(self, now_s: int) -> int:
        gone = [key for key, one in self._documents.items() if 0 < one.expires_s <= now_s]
        for key in gone:
            del self._documents[key], self._ranks[key]
        fading = [key for key, one in self._ahead.items() if isinstance(one, Rewording) and 0 < one.expires_s <= now_s]
        for key in fading:
            del self._ahead[key]
        return len(gone)

    def settle(self) -> None:
        """Nothing is anywhere else."""

    def compact(self) -> None:
        """It is as it is."""

    def count(self) -> int:
        return len(self._documents)

    def close(self) -> None:
        """Nothing is open."""


class MemoryShelf:
    """Indexes in memory; they stay when they are closed."""

    def __init__(self) -> None:
        self.indexes: dict[int, MemoryIndex] = {}

    def open(self, partition: int) -> MemoryIndex:
        return self.indexes.setdefault(partition, MemoryIndex(partition))

    def anew(self, partition: int) -> MemoryIndex:
        self.indexes.pop(partition, None)
        return self.open(partition)

    def keep_only(self, partitions: frozenset[int]) -> None:
        self.indexes = {number: one for number, one in self.indexes.items() if number in partitions}


def _reworded(document: Document, rewording: Rewording) -> Document:
    has = document.has | {Has.LINK} if rewording.has_link else document.has - {Has.LINK}
    return replace(document, said=rewording.said, worded=rewording.worded, has=has)


def _is_meant(document: Document, criteria: Criteria) -> bool:
    parts = [words(part) for part in (document.said, *document.beside)]
    return (
        all(any(term.is_in(part) for part in parts) for term in criteria.terms)
        and not any(term.is_in(part) for part in parts for term in criteria.without)
        and (not criteria.senders or document.sender_id in criteria.senders)
        and document.sender_id not in criteria.other_senders
        and criteria.has <= document.has
        and not criteria.has_not & document.has
    )

"""Messages to find, for the tests of search."""

from __future__ import annotations

from chatkit.core.finding import Term, kinds, term_of
from chatkit.core.ids import ConversationId, UserId, new_id
from svc_search.core.criteria import Criteria, Found, Question
from svc_search.core.documents import Document, Rewording
from svc_search.index import Index

NOON_MS = 1_790_000_000_000
ANNA, BOB = UserId(new_id()), UserId(new_id())
HALL, KITCHEN = ConversationId(new_id()), ConversationId(new_id())


def said(
    seq: int, text: str, place: ConversationId = HALL, *, by: UserId = ANNA, files: tuple[str, ...] = (), expires_s: int = 0
) -> Document:
    """Return a message that was accepted so many seconds after noon as its seq says."""
    has = kinds(text, ["image/png" if one.endswith(".png") else "text/plain" for one in files], poll=False)
    return Document(place, seq, by, NOON_MS + seq * 1000, text, files, has, seq, expires_s)


def reworded(seq: int, text: str, worded: int, place: ConversationId = HALL, *, expires_s: int = 0) -> Rewording:
    return Rewording(place, seq, worded, text, kinds(text, [], poll=False) != frozenset(), expires_s)


def term(text: str) -> Term:
    """Return what a word or a phrase asks for; one with a star, only its beginning."""
    found = term_of(text.rstrip("*"), prefix=text.endswith("*"))
    assert found
    return found


def asked(*texts: str, count: int = 50, **criteria: object) -> Question:
    """Return a question for texts, everywhere."""
    wanted = Criteria(tuple(map(term, texts)), **criteria)  # type: ignore[arg-type]
    return Question({HALL: 1, KITCHEN: 1}, wanted, count)


def seqs(found: Found) -> list[int]:
    return [hit.seq for hit in found.hits]


def find(index: Index, *texts: str, count: int = 50, **criteria: object) -> list[int]:
    return seqs(index.find(asked(*texts, count=count, **criteria)))

"""A question in the language of FTS5."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from chatkit.core.finding import Has, Term
from chatkit.core.words import words
from svc_search.core.criteria import Criteria

GAP = "\N{BROKEN BAR}"
"""Between things that do not stand together: no word has it."""
ANY = "m"
"""What every message is marked with."""


def sayings(text: str) -> str:
    """Return the words of a text as a column has them."""
    return " ".join(one.word for one in words(text))


def besides(texts: Sequence[str]) -> str:
    """Return the words of several texts as a column has them."""
    return f" {GAP} ".join(map(sayings, texts))


def marks(conversation: int, sender: int, has: Iterable[Has]) -> str:
    """Return what a message is marked with, as a column has it."""
    return " ".join((ANY, in_conversation(conversation), by_sender(sender), *(f"h{one}" for one in sorted(has))))


def in_conversation(number: int) -> str:
    """Return what messages of a conversation are marked with."""
    return f"c{number}"


def by_sender(number: int) -> str:
    """Return what messages of a user are marked with."""
    return f"u{number}"


def expression(criteria: Criteria, senders: Collection[int], other_senders: Collection[int], conversations: Collection[int] = ()) -> str:
    """Return what finds the messages that are meant, of these senders if there are any, in these conversations if any are named."""
    wanted = [_said(term) for term in criteria.terms]
    wanted += [_marked([f"h{one}"]) for one in sorted(criteria.has)]
    if senders:
        wanted.append(_marked(map(by_sender, sorted(senders))))
    if conversations:
        wanted.append(_marked(map(in_conversation, sorted(conversations))))
    unwanted = [_said(term) for term in criteria.without]
    unwanted += [_marked([f"h{one}"]) for one in sorted(criteria.has_not)]
    if other_senders:
        unwanted.append(_marked(map(by_sender, sorted(other_senders))))
    found = " AND ".join(wanted or [_marked([ANY])])
    return f"({found}) NOT ({' OR '.join(unwanted)})" if unwanted else found


def _said(term: Term) -> str:
    return f'({{said beside}} : "{" ".join(term.words)}"{" *" if term.prefix else ""})'


def _marked(tokens: Iterable[str]) -> str:
    return f"(marks : ({' OR '.join(tokens)}))"

"""The language of search.

    query  = item { space item }
    item   = [ "-" ] ( filter | text )
    filter = ( "from" | "in" | "has" | "before" | "after" ) ":" text
    text   = word [ "*" ] | '"' anything '"' [ "*" ]

What a text has in it besides letters, digits and emoji only parts words. A word with a colon that is no filter is a text. Refusals say what
is wrong, and where.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import regex

from chatkit.core.errors import ChatError, Reason
from chatkit.core.finding import Has, Term, term_of
from chatkit.core.words import words

MAX_QUERY, MAX_ITEMS = 500, 20
MAX_WORDS = 60
"""Words in a query, those in phrases too."""
MIN_PREFIX = 2
"""Letters that are needed before a star, in scripts with spaces."""
MAX_OFFSET_MINUTES = 14 * 60
DAY_MS = 24 * 3_600_000

_ITEM = regex.compile(
    r"""\s*(?P<not>-)?(?:(?P<key>from|in|has|before|after):(?P<here>\s*))?(?:"(?P<phrase>[^"]*)(?P<closed>"?)(?P<star>\*)?|(?P<word>[^\s"]+))?""",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something that is named: whether by `@`, and whether it is what is not looked for."""

    name: str
    is_user: bool
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; names are still to be understood. Times are Unix milliseconds, `until_ms` 0 if it does not matter."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    senders: tuple[Named, ...] = ()
    places: tuple[Named, ...] = ()
    has: frozenset[Has] = field(default_factory=frozenset)
    has_not: frozenset[Has] = field(default_factory=frozenset)
    from_ms: int = 0
    until_ms: int = 0


class _Item(NamedTuple):
    key: str
    text: str
    negated: bool
    quoted: bool
    star: bool
    at: int


def parse(text: str, utc_offset_minutes: int = 0) -> Query:
    """Return what a text asks for. Raises INVALID_ARGUMENT with what is wrong with it, for its author."""
    if len(text) > MAX_QUERY:
        raise _refusal(f"it has more than {MAX_QUERY} characters")
    if abs(utc_offset_minutes) > MAX_OFFSET_MINUTES:
        raise ChatError(Reason.INVALID_ARGUMENT, f"utc_offset_minutes is -{MAX_OFFSET_MINUTES} to {MAX_OFFSET_MINUTES}")
    query, items = Query(), list(_items(text))
    if len(items) > MAX_ITEMS:
        raise _refusal(f"it asks for more than {MAX_ITEMS} things")
    for item in items:
        query = _FILTERS[item.key](query, item, utc_offset_minutes)
    if sum(len(term.words) for term in (*query.terms, *query.without)) > MAX_WORDS:
        raise _refusal(f"it has more than {MAX_WORDS} words")
    if query == Query():
        raise _refusal("it has no word, and nothing else to look for")
    if _only_excludes(query):
        raise _refusal("it only says what not to find: say also what to find")
    return query


def _only_excludes(query: Query) -> bool:
    names = (*query.senders, *query.places)
    return all(one.negated for one in names) and not (query.terms or query.has or query.from_ms or query.until_ms)


def _items(text: str) -> Iterator[_Item]:
    at = 0
    while found := _ITEM.match(text, at):
        begin, at = at, found.end()
        if at == begin:
            break
        phrase, word, key = found["phrase"], found["word"], (found["key"] or "").lower()
        where = begin + len(found[0]) - len(found[0].lstrip()) + 1
        if phrase is not None and not found["closed"]:
            raise _refusal(f"the quotation mark at {found.start('phrase')} is not closed")
        if key and (found["here"] or not (phrase or word)):
            raise _refusal(f"{key}: at {where} needs something behind it, such as {_EXAMPLES[key]} (no space after the colon)")
        if phrase is None and word is None:
            continue
        star = bool(found["star"]) or (phrase is None and word.endswith("*") and not key)
        yield _Item(key, phrase if phrase is not None else word, bool(found["not"]), phrase is not None, star, where)


def _with_text(query: Query, item: _Item, _: int) -> Query:
    term = term_of(item.text, prefix=item.star)
    if term is None:
        return query  # a dash or a smiley of signs: nothing that messages are found by
    if item.star and len(term.words[-1]) < MIN_PREFIX and not words(item.text)[-1].is_pair:
        raise _refusal(f"{item.text} at {item.at} begins with too little: a star needs {MIN_PREFIX} letters before it")
    return replace(query, without=(*query.without, term)) if item.negated else replace(query, terms=(*query.terms, term))


def _with_sender(query: Query, item: _Item, _: int) -> Query:
    return replace(query, senders=(*query.senders, Named(item.text.removeprefix("@"), is_user=True, negated=item.negated)))


def _with_place(query: Query, item: _Item, _: int) -> Query:
    is_user = item.text.startswith("@") and not item.quoted
    return replace(query, places=(*query.places, Named(item.text.removeprefix("@") if is_user else item.text, is_user, item.negated)))


def _with_has(query: Query, item: _Item, _: int) -> Query:
    try:
        has = frozenset({Has(item.text.lower())})
    except ValueError:
        raise _refusal(f"has:{item.text} at {item.at} is none of {', '.join(f'has:{one}' for one in Has)}") from None
    return replace(query, has_not=query.has_not | has) if item.negated else replace(query, has=query.has | has)


def _with_before(query: Query, item: _Item, utc_offset_minutes: int) -> Query:
    until_ms = _day_ms(item, utc_offset_minutes)
    return replace(query, until_ms=min(until_ms, query.until_ms or until_ms))


def _with_after(query: Query, item: _Item, utc_offset_minutes: int) -> Query:
    return replace(query, from_ms=max(query.from_ms, _day_ms(item, utc_offset_minutes) + DAY_MS))


def _day_ms(item: _Item, utc_offset_minutes: int) -> int:
    """Return when a day begins for whoever asks."""
    if item.negated:
        raise _refusal(f"-{item.key}: at {item.at} can't be turned round: use {'after' if item.key == 'before' else 'before'}:")
    try:
        day = datetime.strptime(item.text if len(item.text) == len("2026-01-31") else "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise _refusal(f"{item.key}:{item.text} at {item.at} is no day: write it as {_EXAMPLES[item.key]}") from None
    begins = day - datetime(1970, 1, 1, tzinfo=UTC)
    if begins < timedelta(days=1):
        raise _refusal(f"{item.key}:{item.text} at {item.at} is before there were messages")
    return begins // timedelta(milliseconds=1) - utc_offset_minutes * 60_000


def _refusal(what: str) -> ChatError:
    return ChatError(Reason.INVALID_ARGUMENT, f"the query can't be understood: {what}")


_EXAMPLES = {
    "from": "from:@maya",
    "in": 'in:"Summer party"',
    "has": "has:file",
    "before": "before:2026-01-31",
    "after": "after:2026-01-01",
}
_FILTERS = {"": _with_text, "from": _with_sender, "in": _with_place, "has": _with_has, "before": _with_before, "after": _with_after}

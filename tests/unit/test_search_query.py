"""The language of search: what is asked, and what is said when that can't be understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import ChatError, Reason
from chatkit.core.finding import Has, Term
from svc_history.search.query import MAX_ITEMS, MAX_QUERY, Named, Query, parse


def ms(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Hello  world", Query((Term(("hello",)), Term(("world",))))),
        ('"good morning"', Query((Term(("good", "morning")),))),
        ("tom* -tomorrow", Query((Term(("tom",), prefix=True),), (Term(("tomorrow",)),))),
        ('"see you tom"*', Query((Term(("see", "you", "tom"), prefix=True),))),
        ('hi -"good bye"', Query((Term(("hi",)),), (Term(("good", "bye")),))),
        ("猫", Query((Term(("猫",), prefix=True),))),
        ("猫*", Query((Term(("猫",), prefix=True),))),
        ("http://example.org note:this", Query((Term(("http", "example", "org")), Term(("note", "this"))))),
        ('x"y z"', Query((Term(("x",)), Term(("y", "z"))))),
        ("lunch - ;-) tea", Query((Term(("lunch",)), Term(("tea",))))),
        ("from:@Maya", Query(senders=(Named("Maya", is_user=True),))),
        ("FROM:me -from:bob x", Query((Term(("x",)),), senders=(Named("me", True), Named("bob", True, True)))),
        ('in:"Summer party" in:@bob', Query(places=(Named("Summer party", False), Named("bob", True)))),
        ("has:FILE has:image -has:link", Query(has=frozenset({Has.FILE, Has.IMAGE}), has_not=frozenset({Has.LINK}))),
        ("before:2026-03-01", Query(until_ms=ms(2026, 3, 1))),
        ("after:2026-02-28", Query(from_ms=ms(2026, 3, 1))),
        ("after:2024-02-28 after:2024-02-29 before:2025-01-01 before:2024-06-01", Query(from_ms=ms(2024, 3, 1), until_ms=ms(2024, 6, 1))),
    ],
)
def test_what_is_asked(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no word"),
        ("--- !", "no word"),
        ("x" * (MAX_QUERY + 1), "more than 500 characters"),
        ("x " * (MAX_ITEMS + 1), "more than 20 things"),
        ('"' + "x " * 61 + '"', "more than 60 words"),
        ('hello "good', "the quotation mark at 7 is not closed"),
        ("-bye", "only says what not to find"),
        ("-from:@bob -has:file", "only says what not to find"),
        ("hello from:", "from: at 7 needs something behind it, such as from:@maya"),
        ("from: maya", "no space after the colon"),
        ('in:""', "in: at 1 needs something behind it"),
        ("has:video", "has:video at 1 is none of has:file, has:image, has:link, has:poll"),
        ("before:2026-02-30", "before:2026-02-30 at 1 is no day: write it as before:2026-01-31"),
        ("after:yesterday", "after:yesterday at 1 is no day"),
        ("after:2026-1-1", "is no day"),
        ("before:1969-12-31", "before there were messages"),
        ("x -before:2026-01-01", "-before: at 3 can't be turned round: use after:"),
        ("w*", "w* at 1 begins with too little"),
        ("я*", "begins with too little"),
    ],
)
def test_what_can_t_be_understood_is_said(text: str, says: str) -> None:
    with pytest.raises(ChatError) as refused:
        parse(text)
    assert refused.value.reason is Reason.INVALID_ARGUMENT
    assert says in refused.value.message


def test_days_are_those_of_whoever_asks() -> None:
    assert parse("before:2026-03-01", 120).until_ms == ms(2026, 3, 1) - 2 * 3_600_000
    assert parse("after:2026-02-28", -300).from_ms == ms(2026, 3, 1) + 5 * 3_600_000
    with pytest.raises(ChatError):
        parse("x", 841)


@given(
    st.text(max_size=80) | st.text(alphabet='ab東 "*-:@', max_size=40) | st.text(alphabet="from:in:has:before:2026-01 \"'x*-", max_size=60)
)
def test_whatever_is_written_is_understood_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except ChatError as refused:
        assert refused.reason is Reason.INVALID_ARGUMENT
    else:
        assert query.terms or query.senders or query.places or query.has or query.from_ms or query.until_ms


WORD = st.text(alphabet="abcxyz", min_size=2, max_size=6)


@given(st.lists(st.tuples(st.booleans(), st.lists(WORD, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=6))
def test_what_is_written_down_is_read_as_it_was_meant(meant: list[tuple[bool, list[str], bool]]) -> None:
    terms = [(negated, Term(tuple(some), prefix)) for negated, some, prefix in [(False, ["anchor"], False), *meant]]
    text = " ".join(f'{"-" * negated}"{" ".join(term.words)}"{"*" * term.prefix}' for negated, term in terms)
    assert parse(text) == Query(tuple(term for negated, term in terms if not negated), tuple(term for negated, term in terms if negated))

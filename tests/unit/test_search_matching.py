"""Where in a message that stands which was looked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.finding import Term, term_of
from svc_history.search.matching import SNIPPET, Field, Spot, Texts, snippet, spots, utf16


def terms(*texts: str) -> list[Term]:
    return [term for text in texts if (term := term_of(text.rstrip("*"), prefix=text.endswith("*")))]


def test_everything_that_was_looked_for_must_be_there_and_nothing_that_was_not() -> None:
    said = Texts("Tea at noon", ["plan.pdf"], ["green tea", "none"])
    assert spots(said, terms("tea", "plan"), []) == [
        Spot(Field.TEXT, 0, 0, 3),
        Spot(Field.ATTACHMENT_NAME, 0, 0, 4),
        Spot(Field.POLL_OPTION, 0, 6, 9),
    ]
    assert spots(said, terms("tea", "coffee"), []) is None
    assert spots(said, terms("tea"), terms("pdf")) is None
    assert spots(said, [], terms("coffee")) == []


def test_words_of_different_parts_do_not_stand_together() -> None:
    assert spots(Texts("at noon", ["green", "tea.txt"]), terms("green tea"), []) is None


def test_places_that_touch_are_one() -> None:
    assert spots(Texts("東京都庁"), terms("東京", "京都", "庁"), []) == [Spot(Field.TEXT, 0, 0, 4)]
    assert spots(Texts("to to"), terms("to", "t*"), []) == [Spot(Field.TEXT, 0, 0, 2), Spot(Field.TEXT, 0, 3, 5)]


@pytest.mark.parametrize("before", ["", "a few words ", "many words " * 30, "x" * 500 + " "])
@pytest.mark.parametrize("behind", ["", " and more", " and many more" * 30, "x" * 500])
def test_a_snippet_has_what_was_looked_for(before: str, behind: str) -> None:
    text = f"{before}needle{behind}"
    found = [Spot(Field.TEXT, 0, len(before), len(before) + 6)]
    start, end = snippet(text, found)
    assert "needle" in text[start:end]
    assert end - start <= SNIPPET
    assert end - start >= min(len(text), SNIPPET // 2)


@given(st.text(max_size=300), st.integers(0, 300))
def test_a_snippet_is_a_part_of_its_text(text: str, place: int) -> None:
    start, end = snippet(text, [Spot(Field.TEXT, 0, min(place, len(text)), len(text))])
    assert 0 <= start <= end <= len(text)


def test_places_are_counted_as_browsers_count() -> None:
    assert [utf16("a😀é", place) for place in range(4)] == [0, 1, 3, 4]

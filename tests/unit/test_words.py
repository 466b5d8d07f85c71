"""How texts are taken apart for search, in the scripts that people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.finding import Has, Term, has_link, kinds, term_of
from chatkit.core.words import MAX_WORD, words

ALIKE = [
    ("HELLO", "hello"),
    ("Straße", "STRASSE"),
    ("naïve Café", "NAIVE CAFE"),
    ("cafe\u0301", "café"),
    ("Łódź", "lodz"),
    ("İstanbul \N{LATIN SMALL LETTER DOTLESS I}ş\N{LATIN SMALL LETTER DOTLESS I}k", "istanbul isik"),
    ("ΟΔΟΣ", "οδός"),
    ("ёлка Й", "елка и"),
    ("ﬁle", "FILE"),
    ("\uff26\uff55\uff4c\uff4c", "full"),
    ("ｶﾞﾗｽ", "ガラス"),
    ("مُحَمَّدٌ", "محمد"),
    ("أحمد إبراهيم آمنة", "احمد ابراهيم امنه"),
    ("كتـــاب", "كتاب"),
    ("می‌خواهم", "ميخواهم"),
    ("שָׁלוֹם", "שלום"),
    ("٣٤٥ १२", "345 12"),
    ("👍🏽", "👍"),
    ("❤️", "❤"),
    ("x" * (MAX_WORD + 9), "x" * MAX_WORD),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_people_write_for_the_same_is_the_same(one: str, other: str) -> None:
    assert [word.word for word in words(one)] == [word.word for word in words(other)]


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("ไม่", "ไม้"), ("कि", "की"), ("👍", "👎"), ("🇩🇪", "🇫🇷"), ("на", "нет")])
def test_what_is_not_the_same_is_not(one: str, other: str) -> None:
    assert [word.word for word in words(one)] != [word.word for word in words(other)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("don't stop-it 3.14", ["don", "t", "stop", "it", "3", "14"]),
        ("日本語 です", ["日本", "本語", "語", "です", "す"]),
        ("東京tower", ["東京", "京", "tower"]),
        ("กินข้าว", ["กิน", "นข้", "ข้า", "าว", "ว"]),
        ("학교에서", ["학교", "교에", "에서", "서"]),
        ("السلام عليكم", ["السلام", "عليكم"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("ok👍🏽👨‍👩‍👧🇩🇪", ["ok", "👍", "👨\u200d👩\u200d👧", "🇩🇪"]),
        ("... — !?\u200b\ufe0f", []),
        ("", []),
    ],
)
def test_texts_are_taken_apart(text: str, found: list[str]) -> None:
    assert [word.word for word in words(text)] == found


@given(st.text(max_size=60))
def test_every_word_stands_where_it_says_and_is_what_stands_there(text: str) -> None:
    begin = 0
    for word in words(text):
        assert begin <= word.start < word.end <= len(text)
        begin = word.start
        assert word.word
        assert '"' not in word.word
        assert not any(one.isspace() for one in word.word)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_what_is_found_in_a_text_is_found_by_it(text: str) -> None:
    term = term_of(text)
    assert (term is None) == (not words(text))
    if term:
        assert term.is_in(words(text))
        assert term.is_in(words(f"before {text} behind"))


@pytest.mark.parametrize(
    ("asked", "text", "is_found"),
    [
        ("東京", "東京都に行く", True),
        ("京都", "東京都に行く", True),
        ("東都", "東京都に行く", False),
        ("東京都", "東京と京都", False),
        ("都", "京都", True),
        ("都", "都会", True),
        ("京", "東京", True),
        ("ข้าว", "ไปกินข้าวกัน", True),
        ("ข้อ", "ไปกินข้าวกัน", False),
        ("학교", "학교에서", True),
        ("good", "goodness", False),
        ("don't", "I DON\u2019T know", True),
    ],
)
def test_words_find_what_stands_together(asked: str, text: str, is_found: bool) -> None:
    term = term_of(asked)
    assert term
    assert term.is_in(words(text)) is is_found


def test_a_term_stands_in_all_of_its_places() -> None:
    assert list(Term(("to",), prefix=True).places(words("to the tower, today"))) == [(0, 2), (7, 12), (14, 19)]
    assert list(Term(("the", "to"), prefix=True).places(words("to the tower, today"))) == [(3, 12)]


def test_what_a_message_has() -> None:
    assert kinds("see HTTPS://Example.org/x", ["image/png", "text/plain"], poll=True) == set(Has)
    assert kinds("nothing", ["audio/ogg"], poll=False) == {Has.FILE}
    assert not kinds("http:// is no link, example.org neither", [], poll=False)
    assert has_link("(http://example.org)")

"""What a text says, word by word, as search compares it: the same for what is looked through and for what is looked for.

Scripts that put spaces between words give words: runs of letters and digits. Those that do not, and Hangul, whose words carry their
endings, give pairs: each letter with the one behind it, and the last of a run alone; so that whatever stands together is found, without a
dictionary that would have to know every name. Letters are compared without case, width, and marks that many leave out: accents of Latin,
Greek and Cyrillic, vowel signs of Arabic and Hebrew. An emoji is a word, whatever its colour.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import regex

MAX_WORD = 64
"""Characters of a word that count: what is longer is no word that anybody types whole."""

_PLAIN = regex.compile(r"[A-Za-z0-9]+")
_PIECES = regex.compile(r"\X")
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}|[0-9#*]\N{VARIATION SELECTOR-16}?\N{COMBINING ENCLOSING KEYCAP}")
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
    r"\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Yi}\N{KATAKANA-HIRAGANA PROLONGED SOUND MARK}]"
)
_LEFT_OUT = regex.compile(
    r"[\p{Mn}&&[\p{Inherited}\p{Arabic}\p{Hebrew}]--[\u3099\u309a\u20e3]]|[\p{Cf}--\u200d]|\p{Emoji_Modifier}|\N{ARABIC TATWEEL}",
    regex.VERSION1,
)
_TATWEEL = "\N{ARABIC TATWEEL}"
_ALIKE = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
        "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
        "\N{LATIN SMALL LETTER D WITH STROKE}": "d",
        "\N{LATIN SMALL LETTER AE}": "ae",
        "\N{LATIN SMALL LIGATURE OE}": "oe",
        "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
        "\N{ARABIC LETTER TEH MARBUTA}": "\N{ARABIC LETTER HEH}",
    }
)
"""Letters that people write for each other, and Unicode has apart."""


class Word(NamedTuple):
    """A word as it is compared, and where it stands in its text, in characters.

    `is_pair` says that it is of a script without spaces, and `is_last` that it is the last letter of a run of those, alone.
    """

    word: str
    start: int
    end: int
    is_pair: bool = False
    is_last: bool = False


def words(text: str) -> list[Word]:
    """Return the words of a text, in their order."""
    if text.isascii():
        return [Word(one.group()[:MAX_WORD].lower(), one.start(), one.end()) for one in _PLAIN.finditer(text)]
    found: list[Word] = []
    for run in _runs(text):
        found += _pairs(run) if run[0].is_pair else [_joined(run)]
    return found


def _runs(text: str) -> Iterator[list[Word]]:
    """Yield the letters of a text that stand together and are of one sort; an emoji stands alone."""
    run: list[Word] = []
    for piece in _PIECES.finditer(text):
        if piece.group() == _TATWEEL:
            continue  # it only makes a word longer to look at
        letter = _letter(piece.group(), piece.start(), piece.end())
        is_emoji = letter is not None and _is_emoji(piece.group())
        if run and (letter is None or is_emoji or letter.is_pair != run[0].is_pair):
            yield run
            run = []
        if is_emoji and letter is not None:
            yield [letter]
        elif letter is not None:
            run.append(letter)
    if run:
        yield run


def _letter(piece: str, start: int, end: int) -> Word | None:
    folded = _folded(piece)
    return Word(folded, start, end, bool(_UNSPACED.match(folded))) if folded else None


def _is_emoji(piece: str) -> bool:
    return bool(_EMOJI.match(piece))


@lru_cache(maxsize=10_000)
def _folded(piece: str) -> str:
    """Return what a person sees as one letter, as it is compared; nothing if it is no letter, digit or emoji."""
    if not _is_emoji(piece) and not _LETTER.match(piece):
        return ""
    bare = _LEFT_OUT.sub("", unicodedata.normalize("NFKD", piece.casefold()))
    folded = unicodedata.normalize("NFC", bare).casefold().translate(_ALIKE)
    # What a sign stands for may hold others, such as the brackets of a number in brackets: they are no letters.
    kept = folded if _is_emoji(piece) else "".join(one for one in folded if _LETTER.match(one) or unicodedata.category(one)[0] == "M")
    return "".join(str(unicodedata.decimal(one, one)) for one in kept)


def _joined(run: list[Word]) -> Word:
    return Word("".join(one.word for one in run)[:MAX_WORD], run[0].start, run[-1].end)


def _pairs(run: list[Word]) -> list[Word]:
    pairs = [Word(one.word + behind.word, one.start, behind.end, is_pair=True) for one, behind in pairwise(run)]
    return [*pairs, run[-1]._replace(is_last=True)]

"""Whether a message is what is looked for, as it is now, and where in it that stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from chatkit.core.finding import Term
from chatkit.core.words import words

SNIPPET = 200
"""Characters of a text that are shown, about."""
SOON = 30
BEFORE = 60
"""Characters of them before the first highlight, about."""


class Field(Enum):
    """What has texts in a message."""

    TEXT = auto()
    ATTACHMENT_NAME = auto()
    POLL_OPTION = auto()


class Spot(NamedTuple):
    """A part of a text of a message, in characters."""

    field: Field
    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Texts:
    """What a message says."""

    text: str
    attachment_names: Sequence[str] = ()
    poll_options: Sequence[str] = ()

    def all(self) -> list[tuple[Field, int, str]]:
        """Return every text, with which one it is."""
        names = [(Field.ATTACHMENT_NAME, n, one) for n, one in enumerate(self.attachment_names)]
        options = [(Field.POLL_OPTION, n, one) for n, one in enumerate(self.poll_options)]
        return [(Field.TEXT, 0, self.text), *names, *options]


def spots(texts: Texts, terms: Sequence[Term], without: Sequence[Term]) -> list[Spot] | None:
    """Return where a message has what is looked for, in its order and none over another; None if it does not have all of that, or something
    that it must not have.
    """
    parts = [(field, index, words(text)) for field, index, text in texts.all()]
    if any(term.is_in(part) for _, _, part in parts for term in without):
        return None
    found = [[Spot(field, index, *place) for field, index, part in parts for place in term.places(part)] for term in terms]
    return _apart([one for some in found for one in some], parts) if all(found) else None


def _apart(found: Sequence[Spot], parts: Sequence[tuple[Field, int, object]]) -> list[Spot]:
    order = {(field, index): n for n, (field, index, _) in enumerate(parts)}
    apart: list[Spot] = []
    for one in sorted(found, key=lambda spot: (order[spot.field, spot.number], spot.start, spot.end)):
        last = apart[-1] if apart else None
        if last and last[:2] == one[:2] and one.start <= last.end:
            apart[-1] = last._replace(end=max(last.end, one.end))
        else:
            apart.append(one)
    return apart


def snippet(text: str, found: Sequence[Spot]) -> tuple[int, int]:
    """Return which part of a text to show: around the first place that was looked for, or its beginning, from word to word."""
    first = next((one.start for one in found if one.field is Field.TEXT), 0)
    start = 0 if first <= BEFORE else _behind_space(text, first - BEFORE, first)
    if len(text) <= start + SNIPPET:
        return _behind_space(text, max(0, len(text) - SNIPPET), start) if start else 0, len(text)
    end = text.rfind(" ", start + SNIPPET // 2, start + SNIPPET)
    return start, start + SNIPPET if end < 0 else end


def _behind_space(text: str, least: int, most: int) -> int:
    """Return where a word begins, soon behind one place and not behind another; the first if there is none."""
    if not least:
        return 0
    space = text.find(" ", least, min(most, least + SOON))
    return least if space < 0 else space + 1


def utf16(text: str, place: int) -> int:
    """Return how many UTF-16 code units a text has before a character."""
    return place if text.isascii() else len(text[:place].encode("utf-16-le", "surrogatepass")) // 2

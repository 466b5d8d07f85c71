"""When a message is found: by what words of it stand together.

The index of search and whoever checks what it has found go by the same rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import regex

from chatkit.core.words import Word, words


class Has(StrEnum):
    """What a message can have beside its text."""

    FILE = "file"
    IMAGE = "image"
    LINK = "link"
    POLL = "poll"


_LINK = regex.compile(r"(?i)\bhttps?://[^\s/]")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one behind the other in a part of a message: of the last one only the beginning, if it is a `prefix`."""

    words: tuple[str, ...]
    prefix: bool = False

    def places(self, part: Sequence[Word]) -> Iterator[tuple[int, int]]:
        """Yield where a part of a message has it: the first character, and that after the last."""
        last = len(self.words) - 1
        for begin in range(len(part) - last):
            if all(self._is_at(n, part[begin + n].word) for n in range(last + 1)):
                yield part[begin].start, part[begin + last].end

    def is_in(self, part: Sequence[Word]) -> bool:
        """Tell whether a part of a message has it."""
        return next(self.places(part), None) is not None

    def _is_at(self, n: int, word: str) -> bool:
        return word.startswith(self.words[n]) if self.prefix and n == len(self.words) - 1 else word == self.words[n]


def term_of(text: str, *, prefix: bool = False) -> Term | None:
    """Return what is looked for by a text; None if it has no word.

    Of a script without spaces, what is looked for may go on behind the text: so its last letter is not looked for alone.
    """
    found = words(text)
    if not found:
        return None
    if found[-1].is_last:
        goes_on = len(found) > 1 and found[-2].is_pair and not found[-2].is_last
        return Term(tuple(one.word for one in found[:-1])) if goes_on else Term(tuple(one.word for one in found), prefix=True)
    return Term(tuple(one.word for one in found), prefix)


def has_link(text: str) -> bool:
    """Tell whether a text has a link in it, as clients show one."""
    return bool(_LINK.search(text))


def kinds(text: str, media_types: Sequence[str], *, poll: bool) -> frozenset[Has]:
    """Return what a message has beside its text."""
    found = {
        Has.FILE: bool(media_types),
        Has.IMAGE: any(one.startswith("image/") for one in media_types),
        Has.LINK: has_link(text),
        Has.POLL: poll,
    }
    return frozenset(has for has, there in found.items() if there)

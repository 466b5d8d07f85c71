"""Ranges: what part of a file is asked for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes from `start` up to, and without, `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """How many they are."""
        return self.end - self.start


class NotSatisfiable(Exception):  # noqa: N818 - as HTTP calls it
    """The file has nothing of what was asked for."""


def range_of(header: str | None, size: int) -> Range | None:
    """Return what a Range header asks for of so many bytes; None if that is all of them, because it asks for nothing else, for several
    parts or for something that is no range: then all are sent, as the RFC allows. Raises NotSatisfiable.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or found.group() == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise NotSatisfiable
    return Range(start, end)

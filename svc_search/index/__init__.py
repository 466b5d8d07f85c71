"""The index of one part of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from svc_search.core.criteria import Found, Question
from svc_search.core.documents import Change


class BrokenIndexError(Exception):
    """What is kept of an index can't be read any more: it has to be made anew."""


class Index(Protocol):
    """What is found in one part of the log. Its methods block: call them in a thread. One thread changes it at a time, any number finds.

    Those that change it or look through it raise BrokenIndexError if what is kept can't be read.
    """

    @property
    def next_offset(self) -> int | None:
        """The offset of the record in the log that comes next; None if it is not known what the index has: then it has to be built."""
        ...

    def apply(self, changes: Sequence[Change], next_offset: int | None) -> None:
        """Take up changes, in their order, and from where to go on: both or neither. The same again is harmless."""
        ...

    def find(self, question: Question) -> Found:
        """Find messages, the newest first. Those that have expired may be among them."""
        ...

    def let_go(self, now_s: int) -> int:
        """Take out what has expired by a Unix second, for good, and return how many messages those were."""
        ...

    def settle(self) -> None:
        """Bring everything to the disk, and leave nothing there of what was taken out."""
        ...

    def compact(self) -> None:
        """Bring what it has into an order that is fast to read: worth it after much was put in at once."""
        ...

    def count(self) -> int:
        """Return how many messages it has."""
        ...

    def close(self) -> None:
        """Let go of its files. They stay."""
        ...


class Shelf(Protocol):
    """Where the indexes of this instance are."""

    def open(self, partition: int) -> Index:
        """Return the index of a part of the log, as it was left, or an empty one if there is none, or none that is whole."""
        ...

    def anew(self, partition: int) -> Index:
        """Return an empty index of a part of the log in place of the one that there is, which must be closed."""
        ...

    def keep_only(self, partitions: frozenset[int]) -> None:
        """Delete the indexes of all other parts of the log."""
        ...

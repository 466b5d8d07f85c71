"""Where rows go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from svc_writer.core import Write


class UnfitError(Exception):
    """The database will never take a row of this, however often it is tried."""


class Timeline(Protocol):
    """The readable view, as the writer sees it."""

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        """Write groups, each of one partition; repeatable.

        Raises UNAVAILABLE if any of it may not be written, and UnfitError if any of it never will be.
        """
        ...


class Progress(Protocol):
    """The live view, as the writer sees it."""

    async def note(self, written: Mapping[str, int]) -> None:
        """Take note that the database has everything of conversations up to a seq each. Raises UNAVAILABLE."""
        ...

"""Where rows go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatkit.core.conversation_settings import Value
from svc_writer.core import Due, Release, Write

AT_ONCE = 100
"""Messages whose files are released, or that are sent because their time has come, at once."""


class UnfitError(Exception):
    """The database will never take a row of this, however often it is tried."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What decides over whether and how a conversation stands in the directory: the serialised types.v1.Conversation as it was created,
    those settings that were set, under which title it stands there now, and the seq of the newest of those settings.
    """

    conversation: bytes
    settings: Mapping[str, Value]
    listed_as: str
    changed_seq: int


class Timeline(Protocol):
    """The readable view, as the writer sees it."""

    async def listing(self, conversation_id: str) -> Listing | None:
        """Return what the directory needs to know of a conversation, None if it is not there. Raises UNAVAILABLE."""
        ...

    async def releases(self) -> Sequence[Release]:
        """Return whose files are still to be released, of very many AT_ONCE. Raises UNAVAILABLE."""
        ...

    async def due(self, hour: int, after: tuple[int, str, str], upto_ms: int) -> Sequence[Due]:
        """Return what was to be sent in an hour, behind a place and up to a time, of very much the first AT_ONCE. Raises UNAVAILABLE."""
        ...

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

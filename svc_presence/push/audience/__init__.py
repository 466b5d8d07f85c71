"""Whom a message may concern."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Protocol

from chatkit.core.ids import ConversationId, UserId


class Audience(Protocol):
    """The members of conversations. Every method raises UNAVAILABLE if they can't be read."""

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        """Return how many members each has, as far as that is known; else 0."""
        ...

    async def everyone_in(self, conversations: Sequence[ConversationId]) -> list[list[UserId]]:
        """Return all members of each conversation; none of them is large."""
        ...

    def concerned(self, conversation_id: ConversationId, named: Collection[UserId], *, everyone: bool) -> AsyncIterator[Collection[UserId]]:
        """Yield, some at a time, those members of a large conversation who are named, or all of them if everyone is meant.

        Some may come twice.
        """
        ...

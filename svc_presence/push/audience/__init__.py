"""Whom a message may concern."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Protocol

from chatkit.core.ids import ConversationId, UserId


class Audience(Protocol):
    """The members of conversations."""

    def concerned(
        self, conversation_id: ConversationId, size: int, named: Collection[UserId], *, everyone: bool
    ) -> AsyncIterator[Collection[UserId]]:
        """Yield, some at a time, all members of a conversation of that size; but of a large one those who are named, unless everyone
        is meant.

        Some may come twice. Raises UNAVAILABLE.
        """
        ...

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        """Return how many members each has, as far as that is known; else 0. Raises UNAVAILABLE."""
        ...

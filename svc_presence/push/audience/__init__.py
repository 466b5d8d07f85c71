"""Whom a message may concern."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatkit.core.ids import ConversationId, UserId


@dataclass(frozen=True, slots=True)
class Some:
    """Some of the members of a conversation, and how many it has altogether."""

    users: Collection[UserId]
    size: int


class Audience(Protocol):
    """The members of conversations."""

    def concerned(self, conversation_id: ConversationId, named: Collection[UserId], *, everyone: bool) -> AsyncIterator[Some]:
        """Yield, some at a time, all members; but of a large conversation those of them who are named, unless everyone is meant.

        Some may come twice. Raises UNAVAILABLE.
        """
        ...

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        """Return how many members each has, as far as that is known; else 0. Raises UNAVAILABLE."""
        ...

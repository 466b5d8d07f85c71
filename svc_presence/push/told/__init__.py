"""Of what users were told on their devices, and may be shown there still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chatkit.core.ids import ConversationId, UserId


@dataclass(frozen=True, slots=True)
class Reading:
    """A user has read a conversation up to a seq."""

    user_id: UserId
    conversation_id: ConversationId
    seq: int


@dataclass(frozen=True, slots=True)
class Before:
    """How it was before a user was told of a message: up to which seq they had read the conversation, and whether they had been told of it
    and had not read that.
    """

    read_seq: int
    was_told: bool


class Told(Protocol):
    """Every method raises UNAVAILABLE if it can't be reached."""

    async def note(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Before:
        """Note that a user is about to be told of a message.

        A reading that this does not know of yet is told by a `take` that comes later: one of the two knows of the other.
        """
        ...

    async def take(self, readings: Sequence[Reading]) -> list[bool]:
        """Tell, of each, whether the user was told of the conversation, and of nothing in it that is newer; and forget that they were."""
        ...

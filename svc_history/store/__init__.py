"""The two views of the log that history reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_history.core import Mark, Membership, Range, Stored


@dataclass(frozen=True, slots=True)
class State:
    """A conversation: the serialised types.v1.Conversation, its head, the member who asks, how far they have got, and the newest entry."""

    conversation: bytes
    head_seq: int
    head_ordinal: int
    member: Membership | None
    mark: Mark | None
    newest: Stored | None


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest entries of a conversation by rising seq. `start` is the seq from which on it has them all."""

    entries: Sequence[Stored]
    start: int


@dataclass(frozen=True, slots=True)
class Roll:
    """Everyone in a conversation, and how far each has got."""

    members: Mapping[UserId, Membership] = field(default_factory=dict)
    marks: Mapping[UserId, Mark] = field(default_factory=dict)


class LiveLog(Protocol):
    """The live view. What it does not know is None. Raises UNAVAILABLE if it can't be reached."""

    async def conversations(self, user_id: UserId) -> frozenset[ConversationId]:
        """Return the conversations that a user is in."""
        ...

    async def states(self, user_id: UserId, conversations: Sequence[ConversationId]) -> list[State | None]:
        """Return how conversations are, for a user."""
        ...

    async def tails(self, conversations: Sequence[ConversationId]) -> list[Tail]:
        """Return the newest entries of conversations; an empty tail starts above every seq."""
        ...

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        """Return who is in a conversation."""
        ...


class Timeline(Protocol):
    """The database. Raises UNAVAILABLE if it can't be reached."""

    async def conversations(self, user_id: UserId) -> frozenset[ConversationId]:
        """Return the conversations that a user is in."""
        ...

    async def state(self, user_id: UserId, conversation_id: ConversationId) -> State | None:
        """Return how a conversation is, for a user."""
        ...

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        """Return the entries of a page and one more, if there are as many, by rising seq."""
        ...

    async def roll(self, conversation_id: ConversationId) -> Roll:
        """Return who is in a conversation."""
        ...

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        """Return the entry that a message_id has made."""
        ...

"""The two views of the log that history reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_history.core import Mark, Membership, Range, Stored, Tail


@dataclass(frozen=True, slots=True)
class State:
    """A conversation: the serialised types.v1.Conversation, its head, the member who asks, how far they have got, and the newest entry."""

    conversation: bytes
    head_seq: int
    head_ordinal: int
    member: Membership | None
    mark: Mark | None
    newest: Stored | None

    @property
    def last(self) -> Stored | None:
        """The newest entry, if the member may see it: one who is just being added may not, for as long as that is not shown."""
        return self.newest if self.newest and self.member and self.newest.seq >= self.member.joined_seq else None


@dataclass(frozen=True, slots=True)
class Look:
    """How a conversation is for a user and, if it was asked, what the tail has since an entry, and how far everyone is."""

    state: State
    tail: Tail | None = None
    marks: Mapping[UserId, Mark] = field(default_factory=dict)


Question = tuple[UserId, ConversationId, int | None]
"""Who asks about which conversation, and the seq up to which they have everything."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Everyone in a conversation, and how far each has got."""

    members: Mapping[UserId, Membership] = field(default_factory=dict)
    marks: Mapping[UserId, Mark] = field(default_factory=dict)


class LiveLog(Protocol):
    """The live view. What it does not know, or knows from an older copy of itself, is None. Raises UNAVAILABLE if it can't be reached."""

    @property
    def epoch(self) -> str:
        """Which memory the last answer came from: another name whenever something can have been lost."""
        ...

    async def conversations(self, users: Sequence[UserId]) -> list[Mapping[ConversationId, int] | None]:
        """Return the conversations that each user is in, and the seq at which they joined each."""
        ...

    async def remember(self, epoch: str, user_id: UserId, joined: Mapping[ConversationId, int]) -> Mapping[ConversationId, int]:
        """Take note of all conversations that a user is in, and when they joined each, as the database had it in an epoch.

        Returns those, but for what they have left since, and with what they have come into. A later epoch is told nothing of it.
        """
        ...

    async def gives_receipts(self, users: Sequence[UserId]) -> list[bool | None]:
        """Return whether each user lets others know what they have read; None if it is not known."""
        ...

    async def look(self, questions: Sequence[Question]) -> list[Look | None]:
        """Return how conversations are and, where there is a seq, what has come since.

        That is at most SYNC_ENTRIES entries and one more, and about LOOK_BYTES of them, up to the `head` of the tail; and watermarks, if
        there are at most LIVELY_MEMBERS.
        """
        ...

    async def tails(self, pages: Sequence[tuple[ConversationId, Range]]) -> list[Tail | None]:
        """Return what the tails of conversations have of a page each, and one entry more."""
        ...

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        """Return who is in a conversation."""
        ...


class Timeline(Protocol):
    """The database. Raises UNAVAILABLE if it can't be reached."""

    async def conversations(self, user_id: UserId) -> Mapping[ConversationId, int]:
        """Return the conversations that a user is in, and the seq at which they joined each."""
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

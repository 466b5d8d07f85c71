"""The live view of conversations, as the router needs it: who may do what, what was done before, which seq comes next, who listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatkit.core.conversation import Permission
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, MessageId, UserId

NOTHING = Permission(0)


@dataclass(frozen=True, slots=True)
class Membership:
    """What a member may do, and from which seq on they are one."""

    permissions: Permission
    joined_seq: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A command that wants a place in the log of a conversation that exists.

    `needs` is what its user must be permitted. With `adds` or `removes` it changes who is in the conversation, otherwise it is a message.
    """

    conversation_id: ConversationId
    user_id: UserId
    message_id: MessageId
    needs: Permission
    now_ms: int
    adds: UserId | None = None
    grants: Permission = NOTHING
    removes: UserId | None = None


@dataclass(frozen=True, slots=True)
class Birth:
    """A conversation that is to be there: `conversation` is the serialised types.v1.Conversation, opaque here."""

    conversation_id: ConversationId
    user_id: UserId
    message_id: MessageId
    kind: str
    conversation: bytes
    members: Mapping[UserId, Permission]
    now_ms: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the log.

    `durable` tells that the command is a repeat whose entry is in the log already. `conversation` and `members` are given for a Birth:
    of the conversation that is there now.
    """

    seq: int
    ordinal: int
    accepted_ms: int
    durable: bool = False
    conversation: bytes = b""
    members: Mapping[UserId, Membership] | None = None


@dataclass(frozen=True, slots=True)
class Needless:
    """The command changes nothing and makes no entry; `member` is the membership that an added user has already."""

    member: Membership | None = None


@dataclass(frozen=True, slots=True)
class NotLive:
    """The live view does not know the conversation: it may have lost it, or there is none."""


Answer = Place | Needless | NotLive | ChatError


@dataclass(frozen=True, slots=True)
class Durable:
    """An entry that is in the log: `entry` is the serialised events.v1.LogEntry. `joining` and `leaving` are the users that it moves."""

    conversation_id: ConversationId
    sender_id: UserId
    message_id: MessageId
    seq: int
    ordinal: int
    accepted_ms: int
    entry: bytes
    joining: Sequence[UserId] = ()
    leaving: Sequence[UserId] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A user's devices have got or read something; `read_ordinal` is given when the live view could not tell it."""

    conversation_id: ConversationId
    user_id: UserId
    delivered_seq: int
    read_seq: int
    read_ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """Where the user is now, and which nodes listen. `changed` is False if the user was as far already, or is no member."""

    delivered_seq: int
    read_seq: int
    read_ordinal: int
    nodes: frozenset[str]
    changed: bool


@dataclass(frozen=True, slots=True)
class OrdinalNeeded:
    """read_seq is older than what the live view keeps: ask history for its ordinal, then mark again with it."""


class Sequencer(Protocol):
    """Every method takes a whole batch and makes one round trip. All raise UNAVAILABLE if the live view can't be reached."""

    async def sequence(self, commands: Sequence[Claim | Birth]) -> list[Answer]:
        """Give each command its place, or say why not, in order. A repeat gets the place of its first time."""
        ...

    async def commit(self, entries: Sequence[Durable]) -> list[frozenset[str]]:
        """Show durable entries to readers, in order, and return for each the incarnations of the nodes that must hear of it.

        A node that begins to listen either is in the answer or finds the entry in the tail: the two are one step.
        """
        ...

    async def restore(
        self,
        birth: Birth,
        members: Mapping[UserId, Membership],
        *,
        head: int,
        head_ordinal: int,
        floor: int,
    ) -> None:
        """Put back a conversation that the live view had lost, its seq going on above `floor`. Does nothing if it is there."""
        ...

    async def mark(self, marks: Sequence[Mark]) -> list[Marked | OrdinalNeeded]:
        """Move watermarks forward, never back, and never past the head."""
        ...

    async def listeners(self, pairs: Sequence[tuple[ConversationId, UserId]]) -> list[frozenset[str]]:
        """Return which nodes listen to each conversation; none if the user is no member of it."""
        ...

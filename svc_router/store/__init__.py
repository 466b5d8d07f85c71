"""The live view of conversations, as the router needs it: who may do what, what was done before, which seq comes next, who listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.conversation import Permission
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_router.store.terms import Term

NEVER = Permission(1 << 30)
"""What no member has."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What a member may do, from which seq on they are one, and how many messages there were before."""

    permissions: Permission
    joined_seq: int
    joined_ordinal: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """A command that wants a place in the log of a conversation that exists.

    `draft` is the entry without its place: whoever finds it under way can finish it. `needs` is what its user must be permitted; None if
    they need not even be a member. `counts` says that it is a message, and `terms` what else it is about. `made_ms` is the earliest Unix
    millisecond at which the command can have been given before; `looked_up` says that history was asked for it, and has no entry of it.
    """

    conversation_id: ConversationId
    user_id: UserId
    message_id: MessageId
    draft: bytes
    needs: Permission | None
    now_ms: int
    made_ms: int
    looked_up: bool = False
    counts: bool = True
    terms: Sequence[Term] = ()


@dataclass(frozen=True, slots=True)
class Birth:
    """A conversation that is to be there: `conversation` is the serialised types.v1.Conversation, opaque here.

    `looked_up` says that history was asked for it, and does not know it.
    """

    conversation_id: ConversationId
    user_id: UserId
    message_id: MessageId
    draft: bytes
    kind: str
    conversation: bytes
    members: Mapping[UserId, Permission]
    now_ms: int
    looked_up: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the log, and the seq of the entry before it.

    `durable` tells that the command is a repeat whose entry is in the log already. `conversation` is given for a Birth: that which is
    there now. `draft` is given for a command with terms: what they have made of its draft, or the entry that it has made before.
    """

    seq: int
    ordinal: int
    accepted_ms: int
    previous: int = 0
    durable: bool = False
    conversation: bytes = b""
    draft: bytes = b""


@dataclass(frozen=True, slots=True)
class Needless:
    """The command changes nothing and makes no entry; `member` is the membership that a user who is to join has already."""

    member: Membership | None = None


@dataclass(frozen=True, slots=True)
class NotLive:
    """The live view does not know the conversation: it may have lost it, or there is none."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The live view can't tell whether the command was given before: ask history, then claim again, `looked_up`."""


@dataclass(frozen=True, slots=True)
class BlocksUnknown:
    """The live view can't tell whether one of the two members of a direct conversation has blocked the other: have it noted, then claim
    again.
    """

    members: Sequence[UserId]


Outcome = Place | Needless | NotLive | Forgotten | BlocksUnknown | ChatError


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An entry that has its place and is not known to be in the log: whoever gave it the place did not finish, or does not know."""

    message_id: MessageId
    place: Place
    draft: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a claim, and what is to be finished before it, by rising seq."""

    outcome: Outcome
    unfinished: Sequence[Unfinished] = ()


@dataclass(frozen=True, slots=True)
class Durable:
    """An entry that is in the log.

    `entry` is the serialised events.v1.LogEntry, `event` the events.v1.NodeBatch that tells nodes of it. `joining` and `leaving` are the
    users that it moves. `doubted` says that it was appended more than once, and may be in the log after what follows it. `target` is the
    message that it changes, if it changes one, and `change` says how: the number of its kind. `mentions` are the users whom it mentions,
    joined by commas, or "*".
    """

    message_id: MessageId
    sender_id: UserId
    seq: int
    ordinal: int
    accepted_ms: int
    entry: bytes
    event: bytes
    joining: Sequence[UserId] = ()
    leaving: Sequence[UserId] = ()
    doubted: bool = False
    target: int = 0
    change: int = 0
    mentions: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the live view can tell of an entry to a user, who is a member since `joined_seq`, or is none.

    `entry` is the serialised events.v1.LogEntry, if it is in the tail; then `is_deleted` and `is_closed` say whether the tail
    has a deletion of it, or the closing of the poll that it is, and `reacted` how often the user has reacted to it or taken that back.
    Nothing above `head` has been shown to anyone.
    """

    joined_seq: int | None
    head: int
    entry: bytes | None = None
    is_deleted: bool = False
    is_closed: bool = False
    reacted: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A user's devices have got or read something; `read_ordinal` is given when the live view could not tell it. Of what is `withheld`,
    others see nothing: they go on seeing where the user was when they last told.
    """

    conversation_id: ConversationId
    user_id: UserId
    delivered_seq: int
    read_seq: int
    read_ordinal: int | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Listening:
    """Which nodes listen to a conversation, and how many members it has. None listens if the user who asks is no member."""

    nodes: frozenset[str] = frozenset()
    members: int = 0


@dataclass(frozen=True, slots=True)
class Marked:
    """Where the user is now, and where others see them, delivered and read; and who listens. `changed` is False if the user was as far
    already, or is no member.
    """

    delivered_seq: int
    read_seq: int
    read_ordinal: int
    shown: tuple[int, int]
    listening: Listening = Listening()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class OrdinalNeeded:
    """read_seq is older than what the live view keeps: ask history for its ordinal, then mark again with it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A conversation as history has it, to be put back: `marks` are delivered_seq, read_seq and read_ordinal, and then the first two as
    others see them, if that is less.

    It goes on above `floor`, a seq higher than any that can have been issued. `recent` are its newest entries without a hole; commands that
    were given before `known_since_ms` may be known to history alone. `settings` are texts.
    """

    conversation_id: ConversationId
    kind: str
    conversation: bytes
    members: Mapping[UserId, Membership]
    marks: Mapping[UserId, tuple[int, ...]]
    head: int
    head_ordinal: int
    floor: int
    known_since_ms: int
    recent: Sequence[Durable] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    bans: Mapping[UserId, Ban] = field(default_factory=dict)
    invites: Mapping[InviteId, Invite] = field(default_factory=dict)


class Sequencer(Protocol):
    """Every method takes a whole batch and makes one round trip. All raise UNAVAILABLE if the live view can't be reached.

    One router at a time has a conversation, the one that claimed last. Who claims and did not have it is told what is unfinished, and must
    put that into the log before its own: so whoever shows an entry has shown everything before it.
    """

    async def sequence(self, commands: Sequence[Claim | Birth]) -> list[Answer]:
        """Give each command its place, or say why not, in order. A repeat gets the place of its first time."""
        ...

    async def commit(self, runs: Mapping[ConversationId, Sequence[Durable]]) -> dict[ConversationId, frozenset[str] | NotLive]:
        """Show durable entries to readers and tell the nodes that listen, in one step for each conversation; return who was told.

        Entries come by rising seq, without a hole. A node that begins to listen either is told or finds the entry in the tail.
        """
        ...

    @property
    def epoch(self) -> str:
        """The name of the memory that was last spoken to."""
        ...

    async def unfinished(self, conversation_id: ConversationId) -> list[Unfinished]:
        """Return what is under way of a conversation by the live view, which may be an older copy of it, by rising seq. Raises INTERNAL if
        that can't be read.
        """
        ...

    async def restore(self, restored: Restored, epoch: str) -> None:
        """Put back a conversation that the live view had lost, or had an older copy of. Does nothing if it is there. What is under way
        above its head stays so, and must have been taken into account.

        Raises UNAVAILABLE if the memory is another than `epoch` by now: in the new one the conversation may have gone on since history was
        asked.
        """
        ...

    async def sight(self, conversation_id: ConversationId, user_id: UserId, seq: int) -> Sight | NotLive:
        """Return what can be told of an entry."""
        ...

    async def mark(self, marks: Sequence[Mark]) -> list[Marked | OrdinalNeeded | NotLive]:
        """Move watermarks forward, never back, and never past the head."""
        ...

    async def listeners(self, pairs: Sequence[tuple[ConversationId, UserId]]) -> list[Listening]:
        """Return who listens to each conversation, if the user may write in it: who may not is not writing."""
        ...

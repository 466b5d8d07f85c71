"""What a command demands of its conversation, and what it changes there, beside taking a place in the log.

A command declares its terms, in their order; whoever gives it its place carries them out in the same step, or refuses the command and does
nothing. What changes nothing makes no entry: a term that would leave everything as it is adds nothing to the entry either, and a command
whose terms all do is needless.

`part` is what a term adds to the draft of the entry if it changes something: a serialised events.v1.LogEntry with nothing but that. What
stands one behind the other is read as one message: repeated fields go on, others replace.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chatkit.core.admission import InviteId
from chatkit.core.conversation import Permission
from chatkit.core.ids import UserId


@dataclass(frozen=True, slots=True)
class Join:
    """A user becomes a member, from the entry on; one who is a member stays as they are, and one who is banned can't.

    If there is a `reading_part` and the conversation is a channel, they become a reader, and that is the part.
    """

    user_id: UserId
    permissions: Permission
    part: bytes = b""
    reading_part: bytes = b""


@dataclass(frozen=True, slots=True)
class Leave:
    """A user is no member any more.

    Who administers is removed by the owner alone, or leaves by themselves. The owner stays while others are there, and everyone stays in a
    conversation that has its members by its nature.
    """

    user_id: UserId
    part: bytes = b""


@dataclass(frozen=True, slots=True)
class Grant:
    """A member is permitted something else. Who administers is touched by the owner alone, or by themselves; the owner by nobody."""

    user_id: UserId
    permissions: Permission
    part: bytes = b""


@dataclass(frozen=True, slots=True)
class HandOver:
    """A member becomes the owner, and who gives the command an administrator."""

    user_id: UserId
    part: bytes = b""


@dataclass(frozen=True, slots=True)
class Set:
    """A setting has another value, as text. What `is_rule` holds for every command from here on."""

    name: str
    value: str
    part: bytes = b""
    is_rule: bool = False


class Kept(StrEnum):
    """What a conversation has of its own, each by itself a hash."""

    MEMBERS = "members"
    BANS = "bans"
    INVITES = "invites"


@dataclass(frozen=True, slots=True)
class Put:
    """Something is kept under a name, unless there is something already."""

    kept: Kept
    name: str
    value: str
    part: bytes = b""


@dataclass(frozen=True, slots=True)
class Drop:
    """What is kept under a name is there no more."""

    kept: Kept
    name: str
    part: bytes = b""


@dataclass(frozen=True, slots=True)
class UseInvite:
    """Whoever gives the command may come in by an invite, which counts it; it need not be good if they are in already.

    Nobody may into a conversation that everyone has left.
    """

    invite_id: InviteId


@dataclass(frozen=True, slots=True)
class IsPublic:
    """Everyone may come in, unless everyone has left; it need not be so for who is in already."""


@dataclass(frozen=True, slots=True)
class Administers:
    """Whoever gives the command administers the conversation; where nobody does by its nature, every member may."""


@dataclass(frozen=True, slots=True)
class Room:
    """There is room for what the terms before would add: afterwards there are no more than `limit`.

    Invites that let nobody in any more go first.
    """

    kept: Kept
    limit: int


Term = Join | Leave | Grant | HandOver | Set | Put | Drop | UseInvite | IsPublic | Administers | Room

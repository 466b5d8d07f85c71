"""The connection map: which users are on which nodes, which conversations and users a node listens to, and which nodes live."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatkit.core.ids import ConversationId, SessionId, UserId
from chatkit.core.presence import Audience
from svc_presence.core import Connection


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a user is on a node, when others last saw them go, in Unix milliseconds, if that is known, whether all their devices are
    idle, and the login sessions of those that are not.
    """

    online: bool
    last_seen_ms: int | None = None
    idle: bool = False
    in_use: frozenset[SessionId] = frozenset()


@dataclass(frozen=True, slots=True)
class Noted:
    """What a user has decided, serialised; the higher version counts. `ends_ms` is when their status ends by itself."""

    version: int
    value: bytes
    ends_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Whether a user has blocked another, as they had decided at a version."""

    user_id: UserId
    other_id: UserId
    version: int
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Attached:
    """What attaching did: the conversations of each user who came, the users who came online or whose last connection went, which of the
    login sessions that came have ended, and who was there before and after and whose devices are all idle now, or are no more.
    """

    conversations: Sequence[frozenset[ConversationId]]
    came_online: frozenset[UserId]
    went_offline: frozenset[UserId]
    ended: frozenset[SessionId] = frozenset()
    stirred: frozenset[UserId] = frozenset()


class Directory(Protocol):
    """A node is named by its incarnation; it lives until it is removed. Every method raises UNAVAILABLE if the map can't be reached."""

    async def attach(
        self, node: str, came: Sequence[Connection], went: Sequence[Connection], changed: Sequence[Connection] = ()
    ) -> Attached:
        """Enter and remove connections of a node, and let it listen to every conversation of those who came. Idempotent.

        Connections that `changed` are there, and begin or cease to be idle.
        """
        ...

    async def seen(self, users: Collection[UserId], now_ms: int) -> None:
        """Note that users were seen for the last time now, in Unix milliseconds."""
        ...

    async def homes(self, user_id: UserId) -> frozenset[str]:
        """Return the nodes that a user is on."""
        ...

    async def preferences(self, users: Sequence[UserId]) -> list[bytes | None]:
        """Return what users have decided; None if it is not known."""
        ...

    async def note_preferences(self, preferences: Mapping[UserId, Noted]) -> frozenset[UserId]:
        """Note what users have decided, and return those of whom that was news."""
        ...

    async def note_blocks(self, blocks: Sequence[Block]) -> None:
        """Note of users whether they have blocked others, for direct conversations, unless something newer is known of a pair.

        It is noted in the memory that was read last: in another one it may be older than what that knows.
        """
        ...

    async def ended(self, now_ms: int) -> list[UserId]:
        """Take out some users whose status has ended by itself: each is given to one who asks."""
        ...

    async def listen(self, node: str, conversations: Collection[ConversationId], no_more: Collection[ConversationId]) -> None:
        """Let a node listen to conversations, and no more to others."""
        ...

    async def watch(self, node: str, users: Collection[UserId], no_more: Collection[UserId]) -> None:
        """Let a node hear of the coming and going of users, and no more of others."""
        ...

    async def watchers(self, users: Sequence[UserId]) -> list[frozenset[str]]:
        """Return which nodes want to hear of each user."""
        ...

    async def presence(self, users: Sequence[UserId]) -> list[Presence]:
        """Return whether each user is there."""
        ...

    async def acquaintances(self, user_id: UserId, others: Sequence[UserId]) -> Mapping[UserId, Audience]:
        """Return those of `others` who share a conversation with a user: DIRECT if it is between the two, as the user themselves, or else
        SHARED.
        """
        ...

    async def end_session(self, user_id: UserId, session_id: SessionId, remember_s: int) -> frozenset[str]:
        """Note for so many seconds that a login session has ended, and return the nodes on which it has connections.

        Whichever comes first, this or an `attach`: the other one tells of it.
        """
        ...

    async def has_ended(self, user_id: UserId, session_id: SessionId) -> bool:
        """Tell whether it is noted that a login session has ended."""
        ...

    async def incarnations(self) -> Mapping[str, int]:
        """Return how often each known incarnation has renewed its lease: who counts on, lives. No clock is compared with another."""
        ...

    async def renew(self, node: str, known: int) -> tuple[int, bool]:
        """Renew a node's lease, which knows of `known` renewals; return how many there are, and whether it must attach everything.

        It must if it had none, or the live view may have lost some of what the node had told it.
        """
        ...

    async def remove(self, node: str) -> frozenset[UserId]:
        """Remove a node and all that it left; return the users whose last connection that was. Idempotent."""
        ...

"""The rules of presence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConnectionId, SessionId, UserId
from chatkit.core.presence import Availability, Wishes

MAX_ASKED = 200


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection of a user, in one of their login sessions."""

    connection_id: ConnectionId
    user_id: UserId
    session_id: SessionId
    is_idle: bool = False


def check_asked(user_ids: Iterable[str]) -> tuple[UserId, ...]:
    """Return the users that are asked for, each once; refuse more than 200."""
    asked = tuple(UserId(user_id) for user_id in dict.fromkeys(user_ids))
    if len(asked) > MAX_ASKED:
        raise ChatError(Reason.INVALID_ARGUMENT, f"user_ids holds at most {MAX_ASKED} users")
    return asked


def is_superseded(node_id: str, epoch: int, incarnations: Iterable[str]) -> bool:
    """Tell whether a later life of the same node is known: then this one is a ghost, and must not touch the map."""
    return any(name == node_id and later > epoch for name, later in map(_parts, incarnations))


def has_lapsed(renewals: int, known: int, entered: int | None) -> bool:
    """Tell whether a node must attach everything: the map does not know it, or has not told it so yet, or is older than the node knows.

    It was renewed `renewals` times, of which the node knows `known`, and was entered into the map at the renewal `entered`.
    """
    return entered is None or known < entered or renewals <= known


def _parts(incarnation: str) -> tuple[str, int]:
    node_id, _, epoch = incarnation.rpartition("@")
    return node_id, int(epoch)


@dataclass(frozen=True, slots=True)
class Seen:
    """How a user is seen by who may."""

    availability: Availability
    last_seen_ms: int | None = None
    text: str = ""
    emoji: str = ""
    expires_ms: int | None = None


def seen(wishes: Wishes, now_ms: int, *, online: bool, idle: bool, last_seen_ms: int | None) -> Seen:
    """Return how others see a user. Nothing tells one who is invisible from one who is not there."""
    wishes = wishes.at(now_ms)
    status = (wishes.text, wishes.emoji, wishes.expires_ms if wishes.text or wishes.emoji else None)
    if not online or wishes.availability is Availability.INVISIBLE:
        return Seen(Availability.OFFLINE, last_seen_ms, *status)
    if wishes.availability in {Availability.AWAY, Availability.BUSY}:
        return Seen(wishes.availability, None, *status)
    return Seen(Availability.AWAY if idle else Availability.ONLINE, None, *status)


class News:
    """Users of whom others are to be told, each once, however often they came and went: what counts is how things are when it is told."""

    def __init__(self) -> None:
        self._users: dict[UserId, None] = {}

    def add(self, users: Iterable[UserId]) -> int:
        """Something is new of `users`; return of how many something was already."""
        new = dict.fromkeys(users)
        merged = len(new.keys() & self._users.keys())
        self._users |= new
        return merged

    def take(self) -> list[UserId]:
        """Take out all, those who have waited longest first."""
        users, self._users = list(self._users), {}
        return users


def within_budget(notices: Sequence[bytes], budget: int) -> tuple[Sequence[bytes], int]:
    """Return those notices that a node is given in a second, and how many it is not given."""
    return notices[:budget], max(0, len(notices) - budget)


class Farewells:
    """Users whose last connection has gone, until it is certain that they did not just change networks. Seconds of a monotonic clock."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._due: dict[UserId, float] = {}

    def left(self, user_id: UserId, now: float) -> None:
        """A user's last connection has gone."""
        self._due[user_id] = now + self._grace_s

    def came_back(self, user_id: UserId) -> bool:
        """A user is here; True if nobody was told that they had gone."""
        return self._due.pop(user_id, None) is not None

    def due(self, now: float) -> list[UserId]:
        """Take out the users who have stayed away for long enough."""
        gone = [user_id for user_id, due in self._due.items() if due <= now]
        for user_id in gone:
            del self._due[user_id]
        return gone

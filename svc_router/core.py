"""The rules of commands: what they need, and what may be created."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatkit.core.conversation import MAX_ADDED, Permission, Role
from chatkit.core.conversation_settings import checked_title
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import FUTURE_TOLERANCE_MS, REMEMBERED_MS, MessageId, UserId, is_uuid, message_id_ms


def permission_to_remove(caller: UserId, subject: UserId) -> Permission:
    """Return what removing `subject` takes: anyone may leave."""
    return Permission(0) if caller == subject else Permission.REMOVE


def permission_to_give(role: Role) -> Permission:
    """Return what giving a role takes, but for that of the owner: whoever makes administrators owns the conversation."""
    return Permission.OWN if role is Role.ADMIN else Permission.ADMINISTER


def earliest_ms(message_id: MessageId) -> int:
    """Return the earliest Unix milliseconds at which a command can have been given, by its message_id: the client's clock may be ahead."""
    return message_id_ms(message_id) - FUTURE_TOLERANCE_MS


def is_remembered(message_id: MessageId, now_ms: int) -> bool:
    """Tell whether the live view alone can say that a message_id is new.

    An id whose own time is longer ago than the live view remembers, or ahead of us, must be looked up in history before it is given a
    place.
    """
    return now_ms - REMEMBERED_MS < earliest_ms(message_id) <= now_ms


def check_group(title: str, others: Sequence[str], creator: UserId) -> tuple[str, tuple[UserId, ...]]:
    """Return the title and the other members of a new group, cleaned; refuse a title or members that break their rules."""
    title = checked_title(title)
    if len(others) > MAX_ADDED:
        raise ChatError(Reason.INVALID_ARGUMENT, f"member_ids holds at most {MAX_ADDED} users; add others afterwards")
    _check_ids("member_ids", others)
    return title, tuple(UserId(other) for other in dict.fromkeys(others) if other != creator)


def check_direct(title: str, others: Sequence[str], creator: UserId) -> UserId:
    """Return the other member of a direct conversation; refuse anything but exactly one, who is not the creator."""
    if title:
        raise ChatError(Reason.INVALID_ARGUMENT, "title must be empty for a direct conversation")
    _check_ids("member_ids", others)
    if len(others) != 1 or others[0] == creator:
        raise ChatError(Reason.INVALID_ARGUMENT, "member_ids of a direct conversation names exactly one other user")
    return UserId(others[0])


def check_self(title: str, others: Sequence[str]) -> None:
    """Refuse a title or other members of notes to oneself."""
    if title or others:
        raise ChatError(Reason.INVALID_ARGUMENT, "title and member_ids must be empty for notes to oneself")


def check_added(user_ids: Sequence[str]) -> tuple[UserId, ...]:
    """Return the users to add, each once."""
    if not 1 <= len(user_ids) <= MAX_ADDED:
        raise ChatError(Reason.INVALID_ARGUMENT, f"user_ids holds 1 to {MAX_ADDED} users")
    _check_ids("user_ids", user_ids)
    return tuple(map(UserId, dict.fromkeys(user_ids)))


def _check_ids(field: str, ids: Sequence[str]) -> None:
    if not all(is_uuid(user_id) for user_id in ids):
        raise ChatError(Reason.INVALID_ARGUMENT, f"{field} holds user ids, UUIDs in lower case")


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may be done: so often a second in the long run, and so often at once. With no rate there is no limit."""

    per_s: int
    burst: int

    @property
    def interval_ms(self) -> float:
        """The milliseconds that one costs."""
        return 1000 / self.per_s if self.per_s else 0.0

    @property
    def most_ms(self) -> float:
        """How far one may be ahead of the clock: what one has done is paid off as time passes (the generic cell rate algorithm)."""
        return self.burst * self.interval_ms


@dataclass(frozen=True, slots=True)
class Rates:
    """How often what takes a permission is done in a conversation: by one user, and by all together."""

    user: Rate = Rate(100, 1000)
    conversation: Rate = Rate(1000, 5000)


RATES = Rates()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one conversation can have."""

    members: int = 10_000
    bans: int = 1000
    invites: int = 100


LIMITS = Limits()

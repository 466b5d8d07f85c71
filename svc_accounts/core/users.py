"""Users: what they are called, and what is kept of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.core.text import check_shown

MAX_DISPLAY_NAME = 64
MAX_USER_IDS = 500
MAX_REASON = 500
MAX_SUSPENSION_MS = 10 * 366 * 24 * 3600 * 1000

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")


class Role(StrEnum):
    """What a user may do."""

    USER = "user"
    ADMIN = "admin"


class State(StrEnum):
    """Whether a user may come in."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"
    """Nothing is left but the id, for what the user wrote."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """That a user may not come in before a Unix millisecond, and why, as they are told."""

    ends_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class User:
    """A user, but for what a login is checked against."""

    user_id: UserId
    username: str
    display_name: str
    created_at_ms: int
    role: Role = Role.USER
    state: State = State.ACTIVE
    is_bot: bool = False
    suspension: Suspension | None = None
    avatar_file_id: str = ""
    """The file that is their picture; empty if they have none."""

    def suspended(self, now_ms: int) -> Suspension | None:
        """Return the suspension of a user who is suspended now: it ends by itself."""
        return self.suspension if self.suspension is not None and now_ms < self.suspension.ends_ms else None

    def may_come_in(self, now_ms: int) -> bool:
        """Tell whether a user may do anything."""
        return self.state is State.ACTIVE and self.suspended(now_ms) is None


def check_suspension(ends_ms: int, reason: str, now_ms: int) -> Suspension:
    """Return a suspension, or raise INVALID_ARGUMENT: it ends within ten years, and says why."""
    if not now_ms < ends_ms <= now_ms + MAX_SUSPENSION_MS:
        raise ChatError(
            Reason.INVALID_ARGUMENT, "ends_at must be in the future, within ten years: to shut somebody out for good, disable them"
        )
    reason = check_shown(reason, "reason", MAX_REASON)
    if not reason:
        raise ChatError(Reason.INVALID_ARGUMENT, "reason must say why: the user is told")
    return Suspension(ends_ms, reason)


def kept_out(user: User | None, now_ms: int) -> ChatError:
    """Return why a user may not come in who has proved who they are."""
    suspension = user.suspended(now_ms) if user is not None and user.state is State.ACTIVE else None
    if suspension is None:
        return ChatError(Reason.ACCOUNT_DISABLED)
    ends = datetime.fromtimestamp(suspension.ends_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    left = timedelta(milliseconds=suspension.ends_ms - now_ms)
    return ChatError(Reason.ACCOUNT_SUSPENDED, f"your account is suspended until {ends} UTC: {suspension.reason}", retry_after=left)


def tombstone(user_id: UserId) -> User:
    """Return what is left of a user who was deleted."""
    return User(user_id, "", "", 0, Role.USER, State.DELETED)


def name_hash(username: str) -> bytes:
    """Return what is kept of a user name that is not given away again."""
    return hashlib.sha256(username.encode()).digest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is checked against. Who has no password can't log in by one."""

    user_id: UserId
    password_hash: str | None


def folded(username: str) -> str:
    """Return a user name as it is kept and looked up: in lower case."""
    return username.lower() if username.isascii() else username


def is_username(text: str) -> bool:
    """Tell whether somebody can be called so."""
    return _USERNAME.fullmatch(text) is not None


def check_username(text: str) -> str:
    """Return `text` as a user name in lower case, or raise INVALID_ARGUMENT."""
    username = folded(text)
    if not is_username(username):
        raise ChatError(
            Reason.INVALID_ARGUMENT,
            'username must be 3 to 32 of a-z, 0-9, ".", "_" and "-", and start with a letter or digit',
        )
    return username


def check_display_name(text: str, username: str) -> str:
    """Return the name to show: `text` without space around it, or the user name if that is empty. Raises INVALID_ARGUMENT."""
    return check_shown(text, "display_name", MAX_DISPLAY_NAME) or username


def check_device(text: str) -> str:
    """Return what a device is called, without space around it; it may be empty. Raises INVALID_ARGUMENT."""
    return check_shown(text, "device", MAX_DISPLAY_NAME)


def check_token_name(text: str) -> str:
    """Return what a service token is for, without space around it; it may be empty. Raises INVALID_ARGUMENT."""
    return check_shown(text, "name", MAX_DISPLAY_NAME)


def check_user_ids(user_ids: list[str]) -> list[UserId]:
    """Return the ids without repetition, in their order, or raise INVALID_ARGUMENT for more than 500."""
    if len(user_ids) > MAX_USER_IDS:
        raise ChatError(Reason.INVALID_ARGUMENT, "user_ids must have at most 500 ids: ask in several calls")
    return [UserId(user_id) for user_id in dict.fromkeys(user_ids)]

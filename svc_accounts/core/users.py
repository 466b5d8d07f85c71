"""Users: what they are called, and what is kept of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.core.text import check_shown

MAX_DISPLAY_NAME = 64
MAX_USER_IDS = 500

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
class User:
    """A user, but for what a login is checked against."""

    user_id: UserId
    username: str
    display_name: str
    created_at_ms: int
    role: Role = Role.USER
    state: State = State.ACTIVE
    is_bot: bool = False


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

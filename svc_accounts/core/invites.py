"""Who may register, and invites, each of which lets one person do so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chatkit.core.errors import ChatError, Reason

KIND = "eci"
"""What the code of an invite begins with."""
MAX_INVITES = 1000
DEFAULT_S = 7 * 24 * 3600
LONGEST_S = 30 * 24 * 3600


class Registration(StrEnum):
    """Who may register."""

    OPEN = "open"
    INVITE = "invite"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite, without its code. `created_by` is a user's id, or empty for the operator; times are Unix milliseconds."""

    invite_id: str
    code_hash: bytes
    created_by: str
    created_at_ms: int
    expires_at_ms: int


def check_lifetime(seconds: int) -> int:
    """Return for how many seconds an invite is good, a week if `seconds` is 0, or raise INVALID_ARGUMENT for more than 30 days."""
    if not 0 <= seconds <= LONGEST_S:
        raise ChatError(Reason.INVALID_ARGUMENT, f"lifetime_s must be at most {LONGEST_S}, which is 30 days")
    return seconds or DEFAULT_S

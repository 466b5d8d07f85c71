"""Service tokens: what a bot has in place of a password, for as long as nobody withdraws it."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId

KIND = "ecs"
"""What a service token begins with."""
MAX_TOKENS = 20
"""Service tokens that a bot may have: one for each place where it runs, and one to change over to."""


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """What is kept of a service token. Connections that were opened with it are known by `session_id`; times are Unix milliseconds."""

    user_id: UserId
    token_id: str
    secret_hash: bytes
    session_id: SessionId
    name: str
    created_by: str
    created_at_ms: int
    used_at_ms: int | None = None


def refused() -> ChatError:
    """Return what every refused service token is told."""
    return ChatError(Reason.UNAUTHENTICATED, "the service token is not valid, or was withdrawn: ask an administrator for another one")

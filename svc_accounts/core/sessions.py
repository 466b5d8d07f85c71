"""Login sessions, and what a refresh token is worth.

A login session has one refresh token at a time. Each token holds three things: whose session it is, the session's family secret, which all
of its tokens share, and a secret of its own. The session keeps only hashes. So a token whose family is right and whose own secret is not
is a token of this session that was used before, which only a thief or their victim would do; a token whose family is wrong is a guess, and
ends nothing.

The next token's secret is derived from this one's with a key that only the service has. So an answer that was lost, or two refreshes at the
same time, yield the same next token, though nobody keeps it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId

GRACE_MS = 10_000
"""How long the last used refresh token still gives the answer that it gave: the first one may have been lost."""

MAX_SESSIONS = 100
"""Login sessions that a user may have: another login ends the one that was used least recently."""

ID_BYTES = 16
FAMILY_BYTES = 32
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A login session: the hashes of its family, of its refresh token and of the one before, its times in Unix milliseconds, and what the
    device is called.
    """

    user_id: UserId
    session_id: SessionId
    family_hash: bytes
    token_hash: bytes
    previous_hash: bytes
    created_at_ms: int
    rotated_at_ms: int
    expires_at_ms: int
    device: str = ""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token, taken apart."""

    user_id: UserId
    session_id: SessionId
    family: bytes
    secret: bytes

    @classmethod
    def decode(cls, text: str) -> RefreshToken:
        """Return the token that `text` is, or raise UNAUTHENTICATED if it is none."""
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        # Base64 has several spellings of the same bytes, and a token only one.
        if len(raw) != 2 * ID_BYTES + FAMILY_BYTES + SECRET_BYTES or base64.urlsafe_b64encode(raw).decode() != text:
            raise refused()
        return cls(
            UserId(str(uuid.UUID(bytes=raw[:ID_BYTES]))),
            SessionId(str(uuid.UUID(bytes=raw[ID_BYTES : 2 * ID_BYTES]))),
            raw[2 * ID_BYTES : 2 * ID_BYTES + FAMILY_BYTES],
            raw[2 * ID_BYTES + FAMILY_BYTES :],
        )

    def encode(self) -> str:
        """Return the text that clients keep."""
        ids = uuid.UUID(self.user_id).bytes + uuid.UUID(self.session_id).bytes
        return base64.urlsafe_b64encode(ids + self.family + self.secret).decode()

    def successor(self, key: bytes) -> RefreshToken:
        """Return the token that comes after this one."""
        return replace(self, secret=hmac.digest(key, self.family + self.secret, "sha256"))

    @property
    def hash(self) -> bytes:
        """What is kept of the token."""
        return hashlib.sha256(self.family + self.secret).digest()

    @property
    def family_hash(self) -> bytes:
        """What is kept of what all tokens of the session share."""
        return hashlib.sha256(self.family).digest()


class Use(Enum):
    """What presenting a refresh token amounts to."""

    FIRST = auto()
    """It is the session's token: it is to be replaced."""
    REPEAT = auto()
    """It was replaced a moment ago: the answer was lost, or somebody else asked at the same time."""
    STRAY = auto()
    """It is no token of a living session."""
    REUSE = auto()
    """It was replaced long ago: two people have it, and the session must end."""


def judge(token: RefreshToken, successor: RefreshToken, session: Session, now_ms: int) -> Use:
    """Tell what presenting `token`, whose next one would be `successor`, amounts to, given the session that it names."""
    if session.expires_at_ms <= now_ms or not hmac.compare_digest(session.family_hash, token.family_hash):
        return Use.STRAY
    if hmac.compare_digest(session.token_hash, token.hash):
        return Use.FIRST
    repeated = hmac.compare_digest(session.previous_hash, token.hash) and hmac.compare_digest(session.token_hash, successor.hash)
    return Use.REPEAT if repeated and now_ms - session.rotated_at_ms <= GRACE_MS else Use.REUSE


def opened(token: RefreshToken, device: str, now_ms: int, lifetime_ms: int) -> Session:
    """Return the session that begins with `token` and ends when no refresh has come for `lifetime_ms`."""
    return Session(token.user_id, token.session_id, token.family_hash, token.hash, b"", now_ms, now_ms, now_ms + lifetime_ms, device)


def rotated(session: Session, successor: RefreshToken, now_ms: int, lifetime_ms: int) -> Session:
    """Return the session after its token has been replaced by `successor`."""
    return replace(
        session,
        token_hash=successor.hash,
        previous_hash=session.token_hash,
        rotated_at_ms=now_ms,
        expires_at_ms=now_ms + lifetime_ms,
    )


def by_use(sessions: Iterable[Session]) -> list[Session]:
    """Return sessions, the one that was used last before the others."""
    return sorted(sessions, key=lambda session: (session.rotated_at_ms, session.session_id), reverse=True)


def surplus(sessions: Iterable[Session]) -> list[Session]:
    """Return the sessions that are too many for one user: those that were used least recently."""
    return by_use(sessions)[MAX_SESSIONS:]


def refused() -> ChatError:
    """Return what every refused refresh says: no more than that, whatever the cause."""
    return ChatError(Reason.UNAUTHENTICATED, "the refresh token is not valid, or its session has ended: log in again")

"""The rules of accounts: names, passwords, and what a refresh token is worth.

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
import re
import unicodedata
import uuid
from dataclasses import dataclass, replace
from enum import Enum, auto

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId

MIN_PASSWORD = 8
MAX_PASSWORD = 128
MAX_DISPLAY_NAME = 64
MAX_USER_IDS = 500

GRACE_MS = 10_000
"""How long the last used refresh token still gives the answer that it gave: the first one may have been lost."""

ID_BYTES = 16
FAMILY_BYTES = 32
SECRET_BYTES = 32

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")
_UNSHOWABLE = {"Cc", "Cs", "Zl", "Zp"}
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows, and so make one name look like another."""


@dataclass(frozen=True, slots=True)
class User:
    """A user as others see them."""

    user_id: UserId
    username: str
    display_name: str
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is checked against."""

    user_id: UserId
    password_hash: str


@dataclass(frozen=True, slots=True)
class Session:
    """A login session: the hashes of its family, of its refresh token and of the one before, and its times in Unix milliseconds."""

    user_id: UserId
    session_id: SessionId
    family_hash: bytes
    token_hash: bytes
    previous_hash: bytes
    created_at_ms: int
    rotated_at_ms: int
    expires_at_ms: int


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


def opened(token: RefreshToken, now_ms: int, lifetime_ms: int) -> Session:
    """Return the session that begins with `token` and ends when no refresh has come for `lifetime_ms`."""
    return Session(token.user_id, token.session_id, token.family_hash, token.hash, b"", now_ms, now_ms, now_ms + lifetime_ms)


def rotated(session: Session, successor: RefreshToken, now_ms: int, lifetime_ms: int) -> Session:
    """Return the session after its token has been replaced by `successor`."""
    return replace(
        session,
        token_hash=successor.hash,
        previous_hash=session.token_hash,
        rotated_at_ms=now_ms,
        expires_at_ms=now_ms + lifetime_ms,
    )


def refused() -> ChatError:
    """Return what every refused refresh says: no more than that, whatever the cause."""
    return ChatError(Reason.UNAUTHENTICATED, "the refresh token is not valid, or its session has ended: log in again")


def wrong_credentials() -> ChatError:
    """Return what every refused login says, whether the user exists or not."""
    return ChatError(Reason.BAD_CREDENTIALS, "user name or password is wrong")


def folded(username: str) -> str:
    """Return a user name as it is kept and looked up: in lower case."""
    return username.lower() if username.isascii() else username


def check_username(text: str) -> str:
    """Return `text` as a user name in lower case, or raise INVALID_ARGUMENT."""
    username = folded(text)
    if not _USERNAME.fullmatch(username):
        raise ChatError(
            Reason.INVALID_ARGUMENT,
            'username must be 3 to 32 of a-z, 0-9, ".", "_" and "-", and start with a letter or digit',
        )
    return username


def normal_password(text: str) -> str:
    """Return a password in the one form in which it is hashed, so that every keyboard spells it alike (NFKC, as NIST SP 800-63B asks)."""
    return unicodedata.normalize("NFKC", text)


def check_new_password(text: str) -> str:
    """Return `text` in the form in which it is hashed, or raise INVALID_ARGUMENT unless it has 8 to 128 characters in both forms."""
    if not _may_be_password(text):
        raise ChatError(Reason.INVALID_ARGUMENT, "password must have 8 to 128 characters")
    return normal_password(text)


def check_password(text: str) -> str:
    """Return `text` in the form in which it was hashed, or raise BAD_CREDENTIALS if nobody can have it: it costs no hash then."""
    if not _may_be_password(text):
        raise wrong_credentials()
    return normal_password(text)


def _may_be_password(text: str) -> bool:
    return len(text) <= MAX_PASSWORD and MIN_PASSWORD <= len(normal_password(text)) <= MAX_PASSWORD


def check_display_name(text: str, username: str) -> str:
    """Return the name to show: `text` without space around it, or the user name if that is empty. Raises INVALID_ARGUMENT."""
    name = text.strip()
    if len(name) > MAX_DISPLAY_NAME:
        raise ChatError(Reason.INVALID_ARGUMENT, "display_name must have 1 to 64 characters")
    if any(unicodedata.category(char) in _UNSHOWABLE or char in _OVERRIDES for char in name):
        raise ChatError(Reason.INVALID_ARGUMENT, "display_name must not have control characters or marks that turn the direction of text")
    return name or username


def check_user_ids(user_ids: list[str]) -> list[UserId]:
    """Return the ids without repetition, in their order, or raise INVALID_ARGUMENT for more than 500."""
    if len(user_ids) > MAX_USER_IDS:
        raise ChatError(Reason.INVALID_ARGUMENT, "user_ids must have at most 500 ids: ask in several calls")
    return [UserId(user_id) for user_id in dict.fromkeys(user_ids)]

"""Who may come into a conversation without being added: invites and their codes; and who may not: bans."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from typing import NewType, Self

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId

InviteId = NewType("InviteId", str)
"""What is known of an invite to those who do not have its code: a hash of the code's secret, in the form of a UUID."""

SECRET_BYTES = 16
DEFAULT_S, LONGEST_S = 7 * 24 * 3600, 365 * 24 * 3600
MOST_USES = 1_000_000


@dataclass(frozen=True, slots=True)
class Code:
    """What lets a user in: it names the conversation, so that it finds its way, and has a secret that is kept nowhere."""

    conversation_id: ConversationId
    secret: bytes

    @classmethod
    def new(cls, conversation_id: ConversationId) -> Self:
        """Make a code that nobody can guess."""
        return cls(conversation_id, secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def decode(cls, text: str) -> Self | None:
        """Return the code that a text is, or None."""
        try:
            data = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            return None
        if len(data) != SECRET_BYTES + 16:
            return None
        code = cls(ConversationId(str(uuid.UUID(bytes=data[:16]))), data[16:])
        return code if code.encode() == text else None

    def encode(self) -> str:
        """Return the code as people pass it on: 43 characters, which can stand in an address."""
        return base64.urlsafe_b64encode(uuid.UUID(self.conversation_id).bytes + self.secret).decode().rstrip("=")

    @property
    def invite_id(self) -> InviteId:
        """The invite that it is the code of."""
        return InviteId(str(uuid.UUID(bytes=hashlib.sha256(self.secret).digest()[:16])))


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite, without its code. Times are Unix milliseconds; `max_uses` is 0 if it may be used as often as one likes."""

    expires_ms: int
    max_uses: int
    uses: int
    created_by: UserId
    created_ms: int

    def is_good(self, now_ms: int) -> bool:
        """Tell whether it lets anyone in."""
        return now_ms < self.expires_ms and (not self.max_uses or self.uses < self.max_uses)

    @property
    def text(self) -> str:
        """It as Redis keeps it."""
        return f"{self.expires_ms}:{self.max_uses}:{self.uses}:{self.created_by}:{self.created_ms}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return it from what Redis keeps."""
        expires_ms, max_uses, uses, created_by, created_ms = text.split(":")
        return cls(int(expires_ms), int(max_uses), int(uses), UserId(created_by), int(created_ms))


@dataclass(frozen=True, slots=True)
class Ban:
    """By whom a user was banned, and when."""

    banned_by: UserId
    banned_ms: int

    @property
    def text(self) -> str:
        """It as Redis keeps it."""
        return f"{self.banned_by}:{self.banned_ms}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return it from what Redis keeps."""
        banned_by, banned_ms = text.split(":")
        return cls(UserId(banned_by), int(banned_ms))


def checked_offer(lifetime_s: int, max_uses: int) -> int:
    """Return for how many seconds an invite is good, a week if that is not said; refuse what breaks a rule."""
    if not 0 <= lifetime_s <= LONGEST_S:
        raise ChatError(Reason.INVALID_ARGUMENT, f"lifetime_s is at most {LONGEST_S}, a year; 0 means {DEFAULT_S}, a week")
    if not 0 <= max_uses <= MOST_USES:
        raise ChatError(Reason.INVALID_ARGUMENT, f"max_uses is at most {MOST_USES}; 0 means as often as one likes")
    return lifetime_s or DEFAULT_S

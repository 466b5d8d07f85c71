"""Login by another provider: what is kept of one that has begun, and what its user is called here."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from chatkit.core.errors import ChatError, Reason
from svc_accounts.core.users import is_username

ATTEMPT_S = 600
"""How long a login may take at the provider."""
MAX_SUBJECT = 255
"""Characters of a subject, as OpenID Connect has it."""

_NAME_LENGTH = 25
"""Leaves room for what makes a name one that nobody has."""
_SUFFIXES = 4


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login that has begun. `state` and `secret` are kept as hashes; `expires_at_ms` is in Unix milliseconds."""

    state_hash: bytes
    secret_hash: bytes
    nonce: str
    code_verifier: str
    redirect_uri: str
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider has named. A subject is a person for ever; the names are what they may be called here."""

    issuer: str
    subject: str
    username: str = ""
    display_name: str = ""


def hash_of(text: str) -> bytes:
    """Return what is kept of a state or a secret."""
    return hashlib.sha256(text.encode()).digest()


def check_secret(attempt: Attempt | None, secret: str, now_ms: int) -> Attempt:
    """Return the login, or raise UNAUTHENTICATED unless who finishes it has begun it, and in time."""
    if attempt is None or attempt.expires_at_ms <= now_ms or not hmac.compare_digest(attempt.secret_hash, hash_of(secret)):
        raise refused("this login was not begun here, was finished before, or took too long: begin anew")
    return attempt


def refused(why: str) -> ChatError:
    """Return what a refused login says."""
    return ChatError(Reason.UNAUTHENTICATED, why)


def usernames(wished: str) -> Iterator[str]:
    """Yield what somebody may be called who wishes to be called `wished`: as near to that as can be, and then what nobody has."""
    name = re.sub(r"[^a-z0-9._-]+", "-", wished.partition("@")[0].lower()).strip("._-")[:_NAME_LENGTH]
    if is_username(name):
        yield name
    for _ in range(_SUFFIXES):
        yield f"{name or 'user'}-{secrets.token_hex(3)}"

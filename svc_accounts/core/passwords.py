"""Passwords: which ones may be had, and what a refused login says."""

from __future__ import annotations

import unicodedata

from chatkit.core.errors import ChatError, Reason

MIN_PASSWORD = 8
MAX_PASSWORD = 128


def wrong_credentials() -> ChatError:
    """Return what every refused login says, whether the user exists or not."""
    return ChatError(Reason.BAD_CREDENTIALS, "user name or password is wrong")


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

"""What people write to be shown in a line: their names, what stands beside them, and titles."""

from __future__ import annotations

import unicodedata

from chatkit.core.errors import ChatError, Reason

_UNSHOWABLE = {"Cc", "Cs", "Zl", "Zp"}
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows, and so make one name look like another."""


def check_shown(text: str, field: str, limit: int) -> str:
    """Return `text` without space around it, or raise INVALID_ARGUMENT if it is too long, or plays tricks with what is around it."""
    shown = text.strip()
    if len(shown) > limit:
        raise ChatError(Reason.INVALID_ARGUMENT, f"{field} must have at most {limit} characters")
    if any(unicodedata.category(char) in _UNSHOWABLE or char in _OVERRIDES for char in shown):
        raise ChatError(Reason.INVALID_ARGUMENT, f"{field} must not have control characters or marks that turn the direction of text")
    return shown

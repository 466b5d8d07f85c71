"""What one may react with, or stand beside one's name."""

from __future__ import annotations

import regex

from chatkit.core.errors import ChatError, Reason

MAX_BYTES = 64
"""The longest emoji that people use, families and flags of regions among them, have half of it."""
ONE = regex.compile(r"(?=.*(\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3))\X", regex.DOTALL)
"""One grapheme cluster with a picture, the flag of a country, or a key in it."""
NAME = regex.compile(":[a-z0-9_+-]{1,30}:")
"""A name, which clients may show as a picture of their own."""


def is_emoji(text: str) -> bool:
    """Tell whether a text is one emoji."""
    return len(text.encode()) <= MAX_BYTES and ONE.fullmatch(text) is not None


def check_emoji(text: str) -> str:
    """Return `text` if one may react with it: one emoji, or a name between colons of at most 32 characters. Raises INVALID_ARGUMENT."""
    if not (is_emoji(text) or NAME.fullmatch(text)):
        raise ChatError(Reason.INVALID_ARGUMENT, "emoji is one emoji, or a name such as :shipit:, of at most 32 characters with its colons")
    return text

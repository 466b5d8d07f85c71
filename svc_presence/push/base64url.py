"""Bytes as the web writes them in headers and in the keys of devices: base64 for URLs, without padding."""

from __future__ import annotations

import base64
import binascii


def encoded(raw: bytes) -> str:
    """Return bytes as text."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes of a text. Raises ValueError if it is none of ours."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
    except binascii.Error as error:
        raise ValueError("this is not base64url without padding") from error

"""Secrets that are given out once, and kept as hashes: ids, which say where the hash is, and chance."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import uuid
from dataclasses import dataclass

ID_BYTES = 16
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Opaque:
    """A secret. Its text begins with what it is for, so that people and scanners know one that got lost."""

    kind: str
    ids: tuple[str, ...]
    secret: bytes

    @classmethod
    def new(cls, kind: str, *ids: str) -> Opaque:
        """Return a secret that nobody can guess."""
        return cls(kind, ids, secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def decode(cls, kind: str, count: int, text: str) -> Opaque | None:
        """Return the secret with `count` ids that `text` is, or None if it is none of this kind."""
        try:
            raw = base64.b64decode(text.removeprefix(f"{kind}_"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != count * ID_BYTES + SECRET_BYTES:
            return None
        ids = tuple(str(uuid.UUID(bytes=raw[place * ID_BYTES : (place + 1) * ID_BYTES])) for place in range(count))
        found = cls(kind, ids, raw[count * ID_BYTES :])
        return found if found.encode() == text else None

    def encode(self) -> str:
        """Return the text that is given out."""
        raw = b"".join(uuid.UUID(one).bytes for one in self.ids) + self.secret
        return f"{self.kind}_{base64.urlsafe_b64encode(raw).decode()}"

    @property
    def hash(self) -> bytes:
        """What is kept."""
        return hashlib.sha256(self.secret).digest()

"""The key by which push services know us, and devices whom they have let send to them: RFC 8292."""

from __future__ import annotations

from functools import lru_cache

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from chatkit.core.clock import Clock
from svc_presence.push.base64url import encoded

GOOD_FOR_S = 12 * 3600
"""How long a token is good for: push services take none that is good for more than a day."""
RENEWED_EVERY_S = 6 * 3600
ORIGINS = 256
"""Push services whose tokens are kept, rather than made anew for each push."""


class Vapid:
    """Makes what a push service wants to see. `public_key` is what browsers are given when they subscribe."""

    def __init__(self, pem: str, contact: str, clock: Clock) -> None:
        """Take the key from PEM text (PKCS8). Raises ValueError if there is no private key on P-256 in it."""
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (TypeError, UnsupportedAlgorithm) as error:
            raise ValueError("the key is encrypted, or of a kind that is not known") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("the key is not a key on P-256")  # noqa: TRY004 - the text is wrong, not its type
        self._key = key
        self._contact = contact
        self._clock = clock
        self.public_key = encoded(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
        self._token = lru_cache(ORIGINS)(self._made)

    def authorization(self, origin: str) -> str:
        """Return the header for a push service, named by its origin."""
        term = self._clock.now_ms() // 1000 // RENEWED_EVERY_S
        return f"vapid t={self._token(origin, term)}, k={self.public_key}"

    def _made(self, origin: str, term: int) -> str:
        claims = {"aud": origin, "exp": term * RENEWED_EVERY_S + GOOD_FOR_S, "sub": self._contact}
        return jwt.encode(claims, self._key, "ES256")

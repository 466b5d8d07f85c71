"""The signing key: it makes access tokens, and tells the world how to check them."""

from __future__ import annotations

import base64
import hashlib
import hmac

import jwt
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chatkit.core.ids import SessionId, UserId
from chatkit.rpc.tokens import ALGORITHM, AUDIENCE, ISSUER, TYPE


class Signer:
    """Signs with one Ed25519 key; `jwk` is its public half as RFC 8037 writes it, named by its RFC 7638 thumbprint."""

    def __init__(self, pem: str) -> None:
        """Take the key from PEM text (PKCS8). Raises ValueError if there is no Ed25519 private key in it."""
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (TypeError, UnsupportedAlgorithm) as error:
            raise ValueError("the key is encrypted, or of a kind that is not known") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the key is not an Ed25519 key")  # noqa: TRY004 - the text is wrong, not its type
        self._key = key
        self.jwk = _jwk(key)

    def access_token(self, user_id: UserId, session_id: SessionId, role: str, token_id: str, now_s: int, lifetime_s: int) -> str:
        """Return a JWT for a user's session that ends `lifetime_s` seconds after `now_s`, in Unix seconds."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": session_id,
            "role": role,
            "iat": now_s,
            "exp": now_s + lifetime_s,
            "jti": token_id,
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"typ": TYPE, "kid": self.jwk["kid"]})

    def derive(self, purpose: bytes) -> bytes:
        """Return a secret of 32 bytes for another purpose: the same in every instance that has the key, and telling nothing of it."""
        return hmac.digest(self._key.private_bytes_raw(), purpose, "sha256")


def _jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    required = {"crv": "Ed25519", "kty": "OKP", "x": _base64(key.public_key().public_bytes_raw())}
    thumbprint = hashlib.sha256(orjson.dumps(required, option=orjson.OPT_SORT_KEYS)).digest()
    return {**required, "kid": _base64(thumbprint), "alg": ALGORITHM, "use": "sig"}


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

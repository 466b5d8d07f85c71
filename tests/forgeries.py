"""Access tokens that nobody should take, though most are signed with the right key: every way in which checkers have been fooled."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chatkit.core.ids import new_id


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes tokens for a user with the key of accounts, as they should be but for what is asked."""

    key: Ed25519PrivateKey
    kid: str
    user_id: str
    session_id: str
    now_s: int

    def token(
        self,
        claims: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
        without: str = "",
        sign: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """Return a token with other claims, another header, without a claim or a field of the header, or signed in another way."""
        facts: dict[str, Any] = {
            "iss": "elastic-chat",
            "aud": "elastic-chat",
            "sub": self.user_id,
            "sid": self.session_id,
            "role": "user",
            "iat": self.now_s,
            "exp": self.now_s + 600,
            "jti": new_id(),
            **(claims or {}),
        }
        head: dict[str, Any] = {"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid, **(header or {})}
        parts = [{name: value for name, value in part.items() if name != without} for part in (head, facts)]
        text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        return f"{text}.{encoded((sign or self.key.sign)(text.encode()))}"

    def with_mac(self, secret: bytes) -> str:
        """Return a token whose signature is a MAC with something that everyone knows."""
        return self.token(header={"alg": "HS256"}, sign=lambda text: hmac.digest(secret, text, "sha256"))


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def cut(token: str) -> str:
    return token.rpartition(".")[0] + "."


def with_another_user(mint: Mint) -> str:
    """Put the claims of somebody else under the signature of a good token."""
    head, _, signature = mint.token().split(".")
    return f"{head}.{mint.token({'sub': new_id()}).split('.')[1]}.{signature}"


OTHER = Ed25519PrivateKey.generate()
"""A key that is not ours."""

FORGERIES: dict[str, Callable[[Mint], str]] = {
    "alg none": lambda mint: mint.token(header={"alg": "none"}, sign=lambda _: b""),
    "alg None": lambda mint: mint.token(header={"alg": "None"}, sign=lambda _: b""),
    "alg none, and a signature": lambda mint: mint.token(header={"alg": "none"}),
    "alg missing": lambda mint: mint.token(without="alg"),
    "no signature": lambda mint: cut(mint.token()),
    "HS256 with the public key as PEM": lambda mint: mint.with_mac(
        mint.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ),
    "HS256 with the public key as bytes": lambda mint: mint.with_mac(mint.key.public_key().public_bytes_raw()),
    "HS256 with nothing": lambda mint: mint.with_mac(b""),
    "signed by another key": lambda mint: mint.token(sign=OTHER.sign),
    "signed by a key that it brings along": lambda mint: mint.token(
        header={"jwk": {"kty": "OKP", "crv": "Ed25519", "x": encoded(OTHER.public_key().public_bytes_raw())}}, sign=OTHER.sign
    ),
    "signed by a key at an address": lambda mint: mint.token(header={"jku": "https://evil.example/jwks.json"}, sign=OTHER.sign),
    "the claims of another user": with_another_user,
    "unknown kid": lambda mint: mint.token(header={"kid": "unknown"}),
    "kid like a path": lambda mint: mint.token(header={"kid": "../../../dev/null"}),
    "kid like a query": lambda mint: mint.token(header={"kid": "' OR 1=1 --"}),
    "kid is a number": lambda mint: mint.token(header={"kid": 7}),
    "kid is empty": lambda mint: mint.token(header={"kid": ""}),
    "no kid": lambda mint: mint.token(without="kid"),
    "typ of any JWT": lambda mint: mint.token(header={"typ": "JWT"}),
    "typ of an ID token's logout": lambda mint: mint.token(header={"typ": "logout+jwt"}),
    "no typ": lambda mint: mint.token(without="typ"),
    "wrong aud": lambda mint: mint.token({"aud": "another"}),
    "aud of others": lambda mint: mint.token({"aud": ["another", "and another"]}),
    "no aud": lambda mint: mint.token(without="aud"),
    "wrong iss": lambda mint: mint.token({"iss": "https://evil.example"}),
    "no iss": lambda mint: mint.token(without="iss"),
    "no exp": lambda mint: mint.token(without="exp"),
    "not yet valid": lambda mint: mint.token({"nbf": mint.now_s + 300}),
    "no sub": lambda mint: mint.token(without="sub"),
    "sub is no user": lambda mint: mint.token({"sub": "root"}),
}
"""What each is called, and how it is made. All are to be refused as UNAUTHENTICATED."""


def expired(mint: Mint) -> str:
    """Return a token that was good, and is to be refused as TOKEN_EXPIRED."""
    return mint.token({"iat": mint.now_s - 900, "exp": mint.now_s - 300})

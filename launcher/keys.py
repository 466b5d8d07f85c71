"""The keys of a stack: made once, readable by their owner only."""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from launcher.home import PRIVATE, write_atomically


def ensure_signing_key(path: Path) -> None:
    """Make the key that access tokens are signed with, if there is none yet: Ed25519, PKCS 8, PEM."""
    if path.exists():
        return
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_atomically(path, pem.decode(), PRIVATE)


def ensure_push_key(path: Path) -> None:
    """Make the key by which push services know us, if there is none yet: P-256, PKCS 8, PEM."""
    if path.exists():
        return
    pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_atomically(path, pem.decode(), PRIVATE)


def ensure_link_key(path: Path) -> None:
    """Make the key that links to files are signed with, if there is none yet."""
    if not path.exists():
        write_atomically(path, secrets.token_hex(32), PRIVATE)

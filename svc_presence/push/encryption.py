"""What a push says, encrypted so that only the device reads it: RFC 8291, in one record of the content coding of RFC 8188."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from svc_presence.push.port import Target

CURVE = ec.SECP256R1()
RECORD_SIZE = 4096
"""Bytes: every push service takes as many."""
MAX_BYTES = RECORD_SIZE - 86 - 16 - 1
"""What fits in beside the header, the tag and the delimiter."""
STEP_BYTES = 256
"""The length of what is sent is a multiple of this, so that it tells little of what was said."""
SALT_BYTES, SECRET_BYTES, POINT_BYTES = 16, 16, 65
LAST_RECORD = b"\x02"


def check_keys(public_key: bytes, secret: bytes) -> None:
    """Raise ValueError for what no device can have as its keys."""
    if len(secret) != SECRET_BYTES:
        raise ValueError("the secret must have 16 bytes")
    if len(public_key) != POINT_BYTES:
        raise ValueError("the public key must be an uncompressed point of 65 bytes")
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, public_key)


def encrypt(plain: bytes, target: Target) -> bytes:
    """Return what to send. Raises ValueError if `plain` has more than MAX_BYTES, or the target has no keys."""
    return sealed(padded(plain), target, ec.generate_private_key(CURVE), os.urandom(SALT_BYTES))


def padded(plain: bytes) -> bytes:
    """Return a text with its delimiter and so many zeros that its length tells little."""
    if len(plain) > MAX_BYTES:
        raise ValueError(f"a push says at most {MAX_BYTES} bytes")
    room = min(-(-(len(plain) + 1) // STEP_BYTES) * STEP_BYTES, MAX_BYTES + 1)
    return (plain + LAST_RECORD).ljust(room, b"\0")


def sealed(record: bytes, target: Target, ours: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return a padded text as the one record of a message, encrypted with a key that is made for it alone."""
    check_keys(target.public_key, target.secret)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, target.public_key)
    our_point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = _derived(
        ours.exchange(ec.ECDH(), theirs),
        target.secret,
        b"WebPush: info\0" + target.public_key + our_point,
        32,
    )
    key = _derived(shared, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(shared, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(our_point)]) + our_point
    return header + AESGCM(key).encrypt(nonce, record, None)


def _derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)

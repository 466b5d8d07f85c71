"""The tus protocol, 1.0.0: what its headers say."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from svc_files.core.files import FileId, clean_name

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
ALGORITHMS = ("sha1", "sha256")
BODY_TYPE = "application/offset+octet-stream"

PIECE_BYTES = 4 * 1024 * 1024
"""How much of an upload is kept at once: what a process that is killed forgets at most."""
MAX_PIECES = 2_000
"""Of one upload. A client that sends a few bytes at a time gets no further."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that is not finished."""

    upload_id: FileId
    owner_id: UserId
    length: int
    name: str
    created_at_ms: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an upload that is kept: from which offset on, how much, and where."""

    offset: int
    size: int
    key: str


def offset_of(pieces: list[Piece]) -> int:
    """Return how much of an upload is there. Pieces follow each other without a hole."""
    return pieces[-1].offset + pieces[-1].size if pieces else 0


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of a request must hash to."""

    algorithm: str
    digest: bytes

    def check(self, computed: bytes) -> None:
        """Raise CHECKSUM_MISMATCH unless that is what was computed."""
        if not hmac.compare_digest(computed, self.digest):
            raise ChatError(Reason.CHECKSUM_MISMATCH)


def length_of(header: str | None, limit: int) -> int:
    """Return what Upload-Length says, or raise INVALID_ARGUMENT or FILE_TOO_LARGE."""
    length = _number("Upload-Length", header)
    if length == 0:
        raise ChatError(Reason.INVALID_ARGUMENT, "a file has at least one byte")
    if length > limit:
        raise ChatError(Reason.FILE_TOO_LARGE, f"a file has at most {limit} bytes here")
    return length


def offset_header(header: str | None) -> int:
    """Return what Upload-Offset says, or raise INVALID_ARGUMENT."""
    return _number("Upload-Offset", header)


def name_of(header: str | None) -> str:
    """Return the file name that Upload-Metadata gives, or raise INVALID_ARGUMENT. What it says of the type is not believed, nor read."""
    for pair in (header or "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            return clean_name(_decoded("Upload-Metadata", value).decode(errors="replace"))
    return clean_name("")


def checksum_of(header: str | None) -> Checksum | None:
    """Return what Upload-Checksum says, or raise INVALID_ARGUMENT."""
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise ChatError(Reason.INVALID_ARGUMENT, f"Upload-Checksum takes the algorithms {', '.join(ALGORITHMS)}")
    decoded = _decoded("Upload-Checksum", digest)
    if len(decoded) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise ChatError(Reason.INVALID_ARGUMENT, "Upload-Checksum has a digest of another length than its algorithm's")
    return Checksum(algorithm, decoded)


def _number(name: str, header: str | None) -> int:
    if header is None or not header.isascii() or not header.isdecimal() or len(header) > len(str(2**63)):
        raise ChatError(Reason.INVALID_ARGUMENT, f"{name} must be a number of bytes")
    return int(header)


def _decoded(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ChatError(Reason.INVALID_ARGUMENT, f"{name} holds values in base64") from error

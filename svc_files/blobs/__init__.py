"""Where bytes are kept: a folder, or S3. A key is a path with slashes; under it lies an object, which is there as a whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

STEP_BYTES = 1024 * 1024
"""How much of an object is in memory at once while it is sent."""


class BlobStore(Protocol):
    """Keeps objects. Every method raises UNAVAILABLE if the store can't serve it."""

    async def put(self, key: str, source: bytes | Path) -> None:
        """Keep bytes, or those of a file; when it returns they are durable. What was under the key is replaced."""
        ...

    async def read(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, which the object has. Raises NOT_FOUND if there is no such object."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects. Idempotent."""
        ...

    async def keys(self, prefix: str) -> list[str]:
        """Return the keys below a folder, which ends in a slash."""
        ...


async def stream(blobs: BlobStore, key: str, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield the bytes of an object from `start` up to `end`, a step at a time."""
    for at in range(start, end, STEP_BYTES):
        yield await blobs.read(key, at, min(at + STEP_BYTES, end))

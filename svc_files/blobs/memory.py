"""Objects in memory, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chatkit.core.errors import ChatError, Reason


class MemoryBlobStore:
    """A BlobStore."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    async def put(self, key: str, source: bytes | Path) -> None:
        self.objects[key] = source if isinstance(source, bytes) else source.read_bytes()  # noqa: ASYNC240 - it is for tests

    async def read(self, key: str, start: int, end: int) -> bytes:
        if key not in self.objects:
            raise ChatError(Reason.NOT_FOUND)
        return self.objects[key][start:end]

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)

    async def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

"""What links were found to lead to, for a while; and how often a user has had one looked up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from chatkit.core.ids import UserId
from chatkit.edges import redis as keys
from chatkit.edges.redis import RedisClient

MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Tries:
    """How many links a user has had looked up within a minute, and when they begin to be counted anew."""

    count: int
    left: timedelta


class PreviewCache(Protocol):
    """Every method raises UNAVAILABLE if it can't be reached."""

    async def find(self, link: str) -> bytes | None:
        """Return what is known of a link: a serialised files.v1.LinkPreview, empty if there is nothing to show; None if it is not known."""
        ...

    async def keep(self, link: str, preview: bytes, lifetime: timedelta) -> None:
        """Keep what is known of a link for so long."""
        ...

    async def count(self, user_id: UserId) -> Tries:
        """Count one more link that a user has looked up."""
        ...


class RedisPreviewCache:
    """Strings that end by themselves, as docs/data.md lists them."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client

    async def find(self, link: str) -> bytes | None:
        (found,) = await self._client.repeatable([("GET", _key(link))])
        return bytes(found) if found is not None else None

    async def keep(self, link: str, preview: bytes, lifetime: timedelta) -> None:
        await self._client.repeatable([("SET", _key(link), preview, "EX", round(lifetime.total_seconds()))])

    async def count(self, user_id: UserId) -> Tries:
        # Counted twice by a connection that broke is no harm.
        name = keys.looked_up(user_id)
        _, count, left_ms = await self._client.repeatable(
            [("SET", name, 0, "EX", MINUTE_S, "NX"), ("INCR", name), ("PTTL", name)],
        )
        return Tries(int(count), timedelta(milliseconds=max(0, int(left_ms))))


def _key(link: str) -> str:
    """Return where a link is kept: nobody need read there what people talk about."""
    return keys.preview(hashlib.sha256(link.encode()).hexdigest())

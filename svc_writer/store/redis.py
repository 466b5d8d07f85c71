"""How far the database is, told to the live view: it need not keep what the database has."""

from __future__ import annotations

from collections.abc import Mapping

from chatkit.edges import redis as keys
from chatkit.edges.redis import RedisClient


class RedisProgress:
    """Writes one field of the conversations' meta, as docs/data.md lists it."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client

    async def note(self, written: Mapping[str, int]) -> None:
        await self._client.repeatable([("HSET", keys.meta(conversation_id), "written", seq) for conversation_id, seq in written.items()])

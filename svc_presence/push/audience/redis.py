"""The members of conversations, by the live view."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from functools import partial

from redis.asyncio.client import Pipeline

from chatkit.core.ids import ConversationId, UserId, is_uuid
from chatkit.edges import redis as keys
from chatkit.edges.live_view import LiveView
from chatkit.edges.redis import RedisClient
from svc_presence.push.audience import Some
from svc_presence.push.core import SMALL

STEP = 500
"""Members that are looked at at once."""


class RedisAudience:
    """An Audience."""

    def __init__(self, client: RedisClient) -> None:
        self._view = LiveView(client)

    async def concerned(self, conversation_id: ConversationId, mentioned: Collection[UserId], *, everyone: bool) -> AsyncIterator[Some]:
        key, named = keys.members(conversation_id), list(mentioned)
        (size,) = await self._view.run(lambda pipeline: pipeline.hlen(key))
        if size > SMALL and not everyone:
            if named:
                (held,) = await self._view.run(lambda pipeline: pipeline.hmget(key, named))
                yield Some([user_id for user_id, value in zip(named, held, strict=True) if value is not None], size)
            return
        cursor = 0
        while True:
            ((cursor, found),) = await self._view.run(partial(_scan, key=key, cursor=cursor))
            names = (name.decode(errors="replace") for name in found)
            yield Some([UserId(name) for name in names if is_uuid(name)], size)
            if cursor == 0:
                return

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        return await self._view.run(lambda pipeline: [pipeline.hlen(keys.members(one)) for one in conversations])


def _scan(pipeline: Pipeline, *, key: str, cursor: int) -> None:
    pipeline.hscan(key, cursor, count=STEP)

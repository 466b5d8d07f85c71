"""The members of conversations, by the live view."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from functools import partial

from redis.asyncio.client import Pipeline

from chatkit.core.ids import ConversationId, UserId, is_uuid
from chatkit.edges import redis as keys
from chatkit.edges.live_view import LiveView
from chatkit.edges.redis import RedisClient
from svc_presence.push.core import SMALL

STEP = 500
"""Members that are looked at at once."""


class RedisAudience:
    """An Audience."""

    def __init__(self, client: RedisClient) -> None:
        self._view = LiveView(client)

    async def concerned(
        self, conversation_id: ConversationId, size: int, named: Collection[UserId], *, everyone: bool
    ) -> AsyncIterator[Collection[UserId]]:
        key, names = keys.members(conversation_id), list(named)
        if size > SMALL and not everyone:
            for start in range(0, len(names), STEP):
                some = names[start : start + STEP]
                (held,) = await self._view.run(partial(_held, key=key, users=some))
                yield [user_id for user_id, value in zip(some, held, strict=True) if value is not None]
            return
        cursor = 0
        while True:
            ((cursor, found),) = await self._view.run(partial(_scan, key=key, cursor=cursor))
            members = (name.decode(errors="replace") for name in found)
            yield [UserId(name) for name in members if is_uuid(name)]
            if cursor == 0:
                return

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        return await self._view.run(lambda pipeline: [pipeline.hlen(keys.members(one)) for one in conversations])


def _held(pipeline: Pipeline, *, key: str, users: list[UserId]) -> None:
    pipeline.hmget(key, users)


def _scan(pipeline: Pipeline, *, key: str, cursor: int) -> None:
    pipeline.hscan(key, cursor, count=STEP)

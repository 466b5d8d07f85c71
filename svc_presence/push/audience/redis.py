"""The members of conversations, by the live view."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from functools import partial

from redis.asyncio.client import Pipeline

from chatkit.core.ids import ConversationId, UserId, is_uuid
from chatkit.edges import redis as keys
from chatkit.edges.live_view import LiveView
from chatkit.edges.redis import RedisClient

STEP = 500
"""Members that are looked at at once."""


class RedisAudience:
    """An Audience."""

    def __init__(self, client: RedisClient) -> None:
        self._view = LiveView(client)

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        return await self._view.run(lambda pipeline: [pipeline.hlen(keys.members(one)) for one in conversations])

    async def everyone_in(self, conversations: Sequence[ConversationId]) -> list[list[UserId]]:
        found = await self._view.run(lambda pipeline: [pipeline.hkeys(keys.members(one)) for one in conversations])
        return [_users(names) for names in found]

    async def concerned(
        self, conversation_id: ConversationId, named: Collection[UserId], *, everyone: bool
    ) -> AsyncIterator[Collection[UserId]]:
        key, names = keys.members(conversation_id), list(named)
        if not everyone:
            for start in range(0, len(names), STEP):
                some = names[start : start + STEP]
                (held,) = await self._view.run(partial(_held, key=key, users=some))
                yield [user_id for user_id, value in zip(some, held, strict=True) if value is not None]
            return
        cursor = 0
        while True:
            ((cursor, found),) = await self._view.run(partial(_scan, key=key, cursor=cursor))
            yield _users(found)
            if cursor == 0:
                return


def _users(names: Iterable[bytes]) -> list[UserId]:
    return [UserId(name) for name in map(keys.text, names) if is_uuid(name)]


def _held(pipeline: Pipeline, *, key: str, users: list[UserId]) -> None:
    pipeline.hmget(key, users)


def _scan(pipeline: Pipeline, *, key: str, cursor: int) -> None:
    pipeline.hscan(key, cursor, count=STEP)

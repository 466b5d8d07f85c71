"""It in the live view: what is lost with that stays on devices until somebody looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from redis.asyncio.client import Pipeline

from chatkit.core.ids import ConversationId, UserId
from chatkit.edges import redis as keys
from chatkit.edges.live_view import Call, LiveView
from chatkit.edges.redis import RedisClient
from svc_presence.push.told import Before, Reading

KEPT_S = 30 * 24 * 3600

_SCRIPTS = {"take": (Path(__file__).parent / "take.lua").read_text(encoding="utf-8")}


class RedisTold:
    """A Told."""

    def __init__(self, client: RedisClient) -> None:
        self._view = LiveView(client, _SCRIPTS)

    async def note(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Before:
        def write(pipeline: Pipeline) -> None:
            pipeline.zscore(keys.told(user_id), conversation_id)
            pipeline.zadd(keys.told(user_id), {conversation_id: seq}, gt=True)
            pipeline.expire(keys.told(user_id), KEPT_S)
            # After that: the router moves a mark, and then has us take.
            pipeline.hget(keys.marks(conversation_id), user_id)

        was_told, _, _, mark = await self._view.run(write)
        return Before(keys.read_seq(mark), was_told is not None)

    async def take(self, readings: Sequence[Reading]) -> list[bool]:
        calls: list[Call] = [("take", (keys.told(one.user_id),), (one.conversation_id, one.seq)) for one in readings]
        return [reply == 1 for reply in await self._view.call(calls)] if calls else []

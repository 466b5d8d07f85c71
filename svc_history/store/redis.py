"""The live view in Redis, read in pipelines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from chatkit.core.ids import ConversationId, UserId
from chatkit.edges import redis as keys
from chatkit.edges.redis import pipelined
from svc_history.core import END, Mark, Membership, Stored
from svc_history.store import Roll, State, Tail


class RedisLiveLog:
    """Reads what router writes, as docs/data.md lists it."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def conversations(self, user_id: UserId) -> frozenset[ConversationId]:
        (names,) = await self._run(lambda pipeline: pipeline.smembers(keys.conversations(user_id)))
        return frozenset(ConversationId(name.decode()) for name in names)

    async def states(self, user_id: UserId, conversations: Sequence[ConversationId]) -> list[State | None]:
        def read(pipeline: Pipeline) -> None:
            for conversation_id in conversations:
                pipeline.hmget(keys.meta(conversation_id), "conversation", "head", "head_ordinal")
                pipeline.hget(keys.members(conversation_id), user_id)
                pipeline.hget(keys.marks(conversation_id), user_id)
                pipeline.xrevrange(keys.tail(conversation_id), count=1)

        replies = await self._run(read)
        return [_state(*replies[n : n + 4]) for n in range(0, len(replies), 4)]

    async def tails(self, conversations: Sequence[ConversationId]) -> list[Tail]:
        replies = await self._run(lambda pipeline: [pipeline.xrange(keys.tail(one)) for one in conversations])
        return [_tail(reply) for reply in replies]

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        def read(pipeline: Pipeline) -> None:
            pipeline.hgetall(keys.members(conversation_id))
            pipeline.hgetall(keys.marks(conversation_id))

        members, marks = await self._run(read)
        if not members:
            return None
        return Roll(
            {UserId(user_id.decode()): _member(value) for user_id, value in members.items()},
            {UserId(user_id.decode()): _mark(value) for user_id, value in marks.items() if user_id in members},
        )

    async def _run(self, fill: Callable[[Pipeline], object]) -> list[Any]:
        return await pipelined(self._client, fill)


def _state(meta: Sequence[bytes | None], member: bytes | None, mark: bytes | None, newest: Sequence[Any]) -> State | None:
    conversation, head, head_ordinal = meta
    if conversation is None:
        return None
    return State(
        conversation,
        int(head or 0),
        int(head_ordinal or 0),
        _member(member) if member else None,
        _mark(mark) if mark else None,
        _stored(newest[0]) if newest else None,
    )


def _tail(reply: Sequence[Any]) -> Tail:
    entries = [_stored(item) for item in reply]
    return Tail(entries, entries[0].seq if entries else END)


def _stored(item: tuple[bytes, dict[bytes, bytes]]) -> Stored:
    name, fields = item
    return Stored(int(name.partition(b"-")[0]), fields[b"e"])


def _member(value: bytes) -> Membership:
    permissions, joined_seq = value.split(b":")
    return Membership(int(permissions), int(joined_seq))


def _mark(value: bytes) -> Mark:
    delivered_seq, read_seq, read_ordinal = value.split(b":")
    return Mark(int(delivered_seq), int(read_seq), int(read_ordinal))

"""The live view in Redis, read in pipelines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from chatkit.core.ids import ConversationId, UserId
from chatkit.edges import redis as keys
from chatkit.edges.live_view import LiveView
from svc_history.core import Mark, Membership, Range, Stored, Tail, tail_of
from svc_history.store import Roll, State


class RedisLiveLog:
    """Reads what router writes, as docs/data.md lists it."""

    def __init__(self, client: Redis) -> None:
        self._view = LiveView(client)

    @property
    def epoch(self) -> str:
        return self._view.epoch

    async def conversations(self, users: Sequence[UserId]) -> list[frozenset[ConversationId] | None]:
        replies = await self._view.run(lambda pipeline: [pipeline.smembers(keys.conversations(user_id)) for user_id in users])
        complete = keys.all_known(self.epoch).encode()
        return [keys.conversation_ids(names) if complete in names else None for names in replies]

    async def remember(self, user_id: UserId, conversations: Collection[ConversationId]) -> None:
        name = keys.conversations(user_id)
        await self._view.run(lambda pipeline: pipeline.sadd(name, keys.all_known(self.epoch), *conversations))

    async def states(self, user_id: UserId, conversations: Sequence[ConversationId]) -> list[State | None]:
        def read(pipeline: Pipeline) -> None:
            for conversation_id in conversations:
                pipeline.hmget(keys.meta(conversation_id), "epoch", "conversation", "head", "head_ordinal")
                pipeline.hget(keys.members(conversation_id), user_id)
                pipeline.hget(keys.marks(conversation_id), user_id)
                pipeline.xrevrange(keys.tail(conversation_id), count=1)

        replies = await self._view.run(read)
        return [self._state(*replies[n : n + 4]) for n in range(0, len(replies), 4)]

    def _state(self, meta: Sequence[bytes | None], member: bytes | None, mark: bytes | None, newest: Sequence[Any]) -> State | None:
        epoch, conversation, head, head_ordinal = meta
        if epoch != self.epoch.encode() or conversation is None or not int(head or 0):
            return None
        return State(
            conversation,
            int(head or 0),
            int(head_ordinal or 0),
            _member(member) if member else None,
            _mark(mark) if mark else None,
            _stored(newest[0]) if newest else None,
        )

    async def tails(self, pages: Sequence[tuple[ConversationId, Range]]) -> list[Tail | None]:
        def read(pipeline: Pipeline) -> None:
            for conversation_id, page in pages:
                tail, meta = keys.tail(conversation_id), keys.meta(conversation_id)
                low, high = page.after + 1, page.before - 1
                # The head before the entries, and where they begin after them: both are true of them, whatever happens meanwhile.
                pipeline.hmget(meta, "epoch", "head")
                if page.backwards:
                    pipeline.xrevrange(tail, high, low, page.count + 1)
                else:
                    pipeline.xrange(tail, low, high, page.count + 1)
                pipeline.exists(tail)
                pipeline.hmget(meta, "trimmed", "written")

        replies = await self._view.run(read)
        return [self._tail(*replies[n : n + 4]) for n in range(0, len(replies), 4)]

    def _tail(self, before: Sequence[bytes | None], items: Sequence[Any], exists: int, after: Sequence[bytes | None]) -> Tail | None:
        epoch, head = before[0], int(before[1] or 0)
        if epoch != self.epoch.encode() or not head:
            return None
        trimmed, written = (int(value or 0) for value in after)
        entries = sorted(map(_stored, items), key=lambda one: one.seq)
        return tail_of(entries, (trimmed if exists else head) + 1, head, written)

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        def read(pipeline: Pipeline) -> None:
            pipeline.hget(keys.meta(conversation_id), "epoch")
            pipeline.hgetall(keys.members(conversation_id))
            pipeline.hgetall(keys.marks(conversation_id))

        epoch, members, marks = await self._view.run(read)
        if epoch != self.epoch.encode():
            return None
        return Roll(
            {UserId(user_id.decode()): _member(value) for user_id, value in members.items()},
            {UserId(user_id.decode()): _mark(value) for user_id, value in marks.items() if user_id in members},
        )

    async def marks(self, conversations: Sequence[ConversationId], at_most: int) -> list[Mapping[UserId, Mark]]:
        counts = await self._view.run(lambda pipeline: [pipeline.hlen(keys.marks(one)) for one in conversations])
        small = [one for one, count in zip(conversations, counts, strict=True) if 0 < count <= at_most]
        replies = await self._view.run(lambda pipeline: [pipeline.hgetall(keys.marks(one)) for one in small])
        found = dict(zip(small, replies, strict=True))
        return [{UserId(user_id.decode()): _mark(value) for user_id, value in found.get(one, {}).items()} for one in conversations]


def _stored(item: tuple[bytes, dict[bytes, bytes]]) -> Stored:
    name, fields = item
    return Stored(int(name.partition(b"-")[0]), fields[b"e"])


def _member(value: bytes) -> Membership:
    permissions, joined_seq, joined_ordinal = value.split(b":")
    return Membership(int(permissions), int(joined_seq), int(joined_ordinal))


def _mark(value: bytes) -> Mark:
    delivered_seq, read_seq, read_ordinal = value.split(b":")
    return Mark(int(delivered_seq), int(read_seq), int(read_ordinal))

"""The live view in Redis, read in pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from redis.asyncio.client import Pipeline

from chatkit.core.conversation import LIVELY_MEMBERS
from chatkit.core.ids import ConversationId, UserId
from chatkit.edges import redis as keys
from chatkit.edges.live_view import Call, LiveView
from chatkit.edges.redis import RedisClient
from elastic_chat.types.v1.presence_pb2 import Preferences
from svc_history.core import LOOK_BYTES, SYNC_ENTRIES, Mark, Membership, Range, Stored, Tail, tail_of
from svc_history.store import Look, Question, Roll, State

_SCRIPTS = {"look": (Path(__file__).parent / "look.lua").read_text(encoding="utf-8")}


class RedisLiveLog:
    """Reads what router writes, as docs/data.md lists it."""

    def __init__(self, client: RedisClient) -> None:
        self._view = LiveView(client, _SCRIPTS)

    @property
    def epoch(self) -> str:
        return self._view.epoch

    async def conversations(self, users: Sequence[UserId]) -> list[Mapping[ConversationId, int] | None]:
        def read(pipeline: Pipeline) -> None:
            for user_id in users:
                pipeline.zrange(keys.conversations(user_id, self.epoch), 0, -1, withscores=True)

        replies = await self._view.run(read)
        return [keys.joined_seqs(scores) if keys.ALL_KNOWN.encode() in dict(scores) else None for scores in replies]

    async def remember(self, epoch: str, user_id: UserId, joined: Mapping[ConversationId, int]) -> Mapping[ConversationId, int]:
        scores = {str(one): keys.came_at(seq) for one, seq in joined.items()}

        def note(pipeline: Pipeline) -> None:
            name = keys.conversations(user_id, epoch)
            pipeline.zadd(name, {keys.ALL_KNOWN: keys.came_at(0), **scores}, gt=True)
            pipeline.expire(name, keys.CONVERSATIONS_S)
            pipeline.zrange(name, 0, -1, withscores=True)

        _, _, known = await self._view.run(note)
        return keys.joined_seqs(known)

    async def gives_receipts(self, users: Sequence[UserId]) -> list[bool | None]:
        replies = await self._view.run(lambda pipeline: [pipeline.get(keys.preferences(user_id, self.epoch)) for user_id in users])
        return [None if one is None else _receipts(one) for one in replies]

    async def look(self, questions: Sequence[Question]) -> list[Look | None]:
        calls: list[Call] = [
            (
                "look",
                (keys.meta(one), keys.members(one), keys.marks(one), keys.tail(one)),
                (user_id, "" if seq is None else seq, SYNC_ENTRIES + 1, LOOK_BYTES, LIVELY_MEMBERS),
            )
            for user_id, one, seq in questions
        ]
        return [None if reply is None else _look(reply) for reply in await self._view.call(calls)]

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


def _receipts(kept: bytes) -> bool | None:
    """Return whether a user gives receipts, or None if what is kept can't be read."""
    try:
        return Preferences.FromString(kept.partition(b":")[2]).privacy.receipts
    except DecodeError:
        return None


def _look(reply: Sequence[Any]) -> Look:
    conversation, head, head_ordinal, member, mark, newest, *since = reply
    state = State(
        conversation,
        int(head),
        int(head_ordinal),
        _member(member) if member else None,
        _mark(mark) if mark else None,
        Stored(int(newest[0]), newest[1]) if newest else None,
    )
    if not since:
        return Look(state)
    trimmed, written, upto, entries, marks = since
    tail = Tail([Stored(int(seq), entry) for seq, entry in _pairs(entries)], int(trimmed) + 1, int(upto), int(written))
    return Look(state, tail, {UserId(name.decode()): _mark(value) for name, value in _pairs(marks)})


def _pairs(flat: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _stored(item: tuple[bytes, dict[bytes, bytes]]) -> Stored:
    name, fields = item
    return Stored(int(name.partition(b"-")[0]), fields[b"e"])


def _member(value: bytes) -> Membership:
    permissions, joined_seq, joined_ordinal = value.split(b":")
    return Membership(int(permissions), int(joined_seq), int(joined_ordinal))


def _mark(value: bytes) -> Mark:
    delivered_seq, read_seq, read_ordinal, *shown = map(int, value.split(b":"))
    return Mark(delivered_seq, read_seq, read_ordinal, (shown[0], shown[1]) if shown else None)

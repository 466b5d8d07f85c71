"""The live view in Redis, read in pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from redis.asyncio.client import Pipeline

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.conversation import LIVELY_MEMBERS
from chatkit.core.conversation_settings import Value, as_values
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId
from chatkit.edges import redis as keys
from chatkit.edges.live_view import Call, LiveView
from chatkit.edges.redis import RedisClient
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.presence_pb2 import Preferences
from svc_history.core import LOOK_BYTES, MAX_MENTIONED, SYNC_ENTRIES, Mark, Membership, Range, Stored, Tail, tail_of
from svc_history.store import Admission, Look, Question, Roll, State

LIMITS = (SYNC_ENTRIES + 1, LOOK_BYTES, LIVELY_MEMBERS)
_SCRIPTS = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.lua")}


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

    async def look(self, questions: Sequence[Question], now_ms: int) -> list[Look | None]:
        calls: list[Call] = [
            (
                "look",
                [name(one) for name in (keys.meta, keys.members, keys.marks, keys.tail, keys.changes, keys.mentions, keys.settings)],
                (user_id, "" if seq is None else seq, *LIMITS, keys.DELETION, int(entry_pb2.Entry.EDIT), now_ms // 1000),
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
                pipeline.xlen(keys.changes(conversation_id))
                pipeline.hmget(meta, "trimmed", "written")

        replies = await self._view.run(read)
        return [self._tail(*replies[n : n + 5]) for n in range(0, len(replies), 5)]

    def _tail(
        self, before: Sequence[bytes | None], items: Sequence[Any], exists: int, has_changes: int, after: Sequence[bytes | None]
    ) -> Tail | None:
        epoch, head = before[0], int(before[1] or 0)
        if epoch != self.epoch.encode() or not head:
            return None
        trimmed, written = (int(value or 0) for value in after)
        entries = sorted(map(_stored, items), key=lambda one: one.seq)
        return tail_of(entries, (trimmed if exists else head) + 1, head, written, has_changes=bool(has_changes))

    async def changes(self, conversation_id: ConversationId, targets: Sequence[int]) -> tuple[int, Sequence[bytes]]:
        return await self._changes(conversation_id, "", *targets)

    async def pins(self, conversation_id: ConversationId) -> tuple[int, Sequence[bytes]]:
        return await self._changes(conversation_id, entry_pb2.Entry.PIN)

    async def replies(self, conversation_id: ConversationId, root: int) -> tuple[int, Sequence[bytes]]:
        return await self._changes(conversation_id, entry_pb2.Entry.MESSAGE, root)

    async def personal(self, conversation_id: ConversationId) -> tuple[int, Sequence[bytes]]:
        return await self._changes(conversation_id, entry_pb2.Entry.PERSONAL)

    async def _changes(self, conversation_id: ConversationId, *wanted: str | int) -> tuple[int, Sequence[bytes]]:
        names = (keys.meta(conversation_id), keys.changes(conversation_id), keys.tail(conversation_id))
        (reply,) = await self._view.call([("changes", names, wanted)])
        if reply is None:
            raise ChatError(Reason.UNAVAILABLE, "the live view has changed meanwhile: try again")
        trimmed, entries = reply
        return int(trimmed) + 1, entries

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        def read(pipeline: Pipeline) -> None:
            pipeline.hget(keys.meta(conversation_id), "epoch")
            pipeline.hgetall(keys.members(conversation_id))
            pipeline.hgetall(keys.marks(conversation_id))
            pipeline.hgetall(keys.settings(conversation_id))

        epoch, members, marks, settings = await self._view.run(read)
        if epoch != self.epoch.encode():
            return None
        return Roll(
            {UserId(user_id.decode()): _member(value) for user_id, value in members.items()},
            {UserId(user_id.decode()): _mark(value) for user_id, value in marks.items() if user_id in members},
            _settings(settings),
        )

    async def admission(self, conversation_id: ConversationId) -> Admission | None:
        def read(pipeline: Pipeline) -> None:
            pipeline.hget(keys.meta(conversation_id), "epoch")
            pipeline.hgetall(keys.bans(conversation_id))
            pipeline.hgetall(keys.invites(conversation_id))
            pipeline.hlen(keys.members(conversation_id))

        epoch, bans, invites, member_count = await self._view.run(read)
        return _admission(bans, invites, member_count) if epoch == self.epoch.encode() else None


def _admission(bans: Mapping[bytes, bytes], invites: Mapping[bytes, bytes], member_count: int) -> Admission:
    return Admission(
        {UserId(user_id.decode()): Ban.read(ban.decode()) for user_id, ban in bans.items()},
        {InviteId(invite_id.decode()): Invite.read(invite.decode()) for invite_id, invite in invites.items()},
        member_count,
    )


def _receipts(kept: bytes) -> bool | None:
    """Return whether a user gives receipts, or None if what is kept can't be read."""
    try:
        return Preferences.FromString(kept.partition(b":")[2]).privacy.receipts
    except DecodeError:
        return None


def _look(reply: Sequence[Any]) -> Look:
    conversation, head, head_ordinal, member, mark, newest, mentions, trimmed, settings, *since = reply
    state = State(
        conversation,
        int(head),
        int(head_ordinal),
        _member(member) if member else None,
        _mark(mark) if mark else None,
        Stored(int(newest[0]), newest[1]) if newest else None,
        _settings(dict(_pairs(settings))),
        min(int(mentions), MAX_MENTIONED),
        int(trimmed) + 1,
    )
    if not since:
        return Look(state)
    written, upto, entries, marks, deleted, edited = since
    found = [Stored(int(seq), entry) for seq, entry in _pairs(entries)]
    tail = Tail(found, int(trimmed) + 1, int(upto), int(written), deleted=_seqs(deleted), edited=_seqs(edited))
    return Look(state, tail, {UserId(name.decode()): _mark(value) for name, value in _pairs(marks)})


def _seqs(numbers: Iterable[bytes]) -> frozenset[int]:
    return frozenset(map(int, numbers))


def _settings(texts: Mapping[bytes, bytes]) -> dict[str, Value]:
    return as_values({name.decode(): text.decode() for name, text in texts.items()})


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

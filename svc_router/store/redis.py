"""The live view in Redis: one Lua call a command, one pipeline a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import NoScriptError, RedisError

from chatkit.core.conversation import Permission
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import REMEMBERED_MS, ConversationId, UserId
from chatkit.edges import redis as keys
from svc_router.store import Answer, Birth, Claim, Durable, Mark, Marked, Membership, Needless, NotLive, OrdinalNeeded, Place

TAIL_ENTRIES = 256
TAIL_MS = 24 * 3600 * 1000

_SCRIPTS = Path(__file__).parent
_MEMORY_MS = str(REMEMBERED_MS)


class RedisSequencer:
    """The only writer of conversation keys, as docs/data.md lists them."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._texts = {path.stem: path.read_text(encoding="utf-8") for path in _SCRIPTS.glob("*.lua")}
        self._shas: dict[str, str] = {}

    async def load(self) -> None:
        """Give the scripts to the server. Again, after it has restarted or lost them."""
        for name, text in self._texts.items():
            self._shas[name] = str(await self._client.script_load(text))

    async def sequence(self, commands: Sequence[Claim | Birth]) -> list[Answer]:
        replies = await self._run([_create(command) if isinstance(command, Birth) else _sequence(command) for command in commands])
        return [
            _born(reply, command) if isinstance(command, Birth) else _placed(reply, command)
            for command, reply in zip(commands, replies, strict=True)
        ]

    async def commit(self, entries: Sequence[Durable]) -> list[frozenset[str]]:
        homes = await self._homes([user_id for entry in entries for user_id in entry.joining], entries)
        return [_names(reply) for reply in await self._run([_commit(entry, homes) for entry in entries])]

    async def _homes(self, joining: Sequence[UserId], entries: Sequence[Durable]) -> dict[UserId, set[str]]:
        """Note who is in which conversation now, and return the nodes of those who join.

        The conversation is noted before the connections are read; presence notes a connection before it reads the conversations. So a
        user who connects while they are added is found by one of the two.
        """
        if not any(entry.joining or entry.leaving for entry in entries):
            return {}

        def move(pipeline: Pipeline) -> None:
            for entry in entries:
                for user_id in entry.joining:
                    pipeline.sadd(keys.conversations(user_id), entry.conversation_id)
                for user_id in entry.leaving:
                    pipeline.srem(keys.conversations(user_id), entry.conversation_id)
            for user_id in joining:
                pipeline.hvals(keys.connections(user_id))

        replies = await self._run([], move)
        values = replies[len(replies) - len(joining) :]
        return {user_id: {home.split(b"|")[0].decode() for home in homes} for user_id, homes in zip(joining, values, strict=True)}

    async def restore(
        self,
        birth: Birth,
        members: Mapping[UserId, Membership],
        *,
        head: int,
        head_ordinal: int,
        floor: int,
    ) -> None:
        arguments: list[Any] = [birth.conversation, birth.kind, max(floor, head), head_ordinal, head]
        for user_id, member in members.items():
            arguments += [user_id, _packed(member)]
        conversation_id = birth.conversation_id

        def also(pipeline: Pipeline) -> None:
            for user_id in members:
                pipeline.sadd(keys.conversations(user_id), conversation_id)

        await self._run([("restore", [keys.meta(conversation_id), keys.members(conversation_id)], arguments)], also)

    async def mark(self, marks: Sequence[Mark]) -> list[Marked | OrdinalNeeded]:
        return [_marked(reply) for reply in await self._run([_mark(mark) for mark in marks])]

    async def listeners(self, pairs: Sequence[tuple[ConversationId, UserId]]) -> list[frozenset[str]]:
        def ask(pipeline: Pipeline) -> None:
            for conversation_id, user_id in pairs:
                pipeline.hexists(keys.members(conversation_id), user_id)
                pipeline.smembers(keys.nodes(conversation_id))

        replies = await self._run([], ask)
        return [_names(nodes) if is_member else frozenset() for is_member, nodes in zip(replies[::2], replies[1::2], strict=True)]

    async def _run(self, calls: Sequence[_Call], also: _Also = lambda _: None) -> list[Any]:
        """Run script calls, and what `also` adds to the pipeline, in one round trip; if the server has lost the scripts, in two more."""
        try:
            try:
                return await self._attempt(calls, also)
            except NoScriptError:
                # Nothing that needed a script has run: every call of the batch is by name, and the names are all lost together.
                await self.load()
                return await self._attempt(calls, also)
        except (RedisError, OSError) as error:
            raise ChatError(Reason.UNAVAILABLE) from error

    async def _attempt(self, calls: Sequence[_Call], also: _Also) -> list[Any]:
        if not self._shas:
            await self.load()
        pipeline = self._client.pipeline(transaction=False)
        for name, names, arguments in calls:
            pipeline.evalsha(self._shas[name], len(names), *names, *arguments)
        also(pipeline)
        return await pipeline.execute()


_Call = tuple[str, list[str], list[Any]]
"""A script, its keys, its arguments."""
_Also = Callable[[Pipeline], None]
"""Adds to a pipeline."""


def _sequence(claim: Claim) -> _Call:
    conversation_id = claim.conversation_id
    return (
        "sequence",
        [keys.meta(conversation_id), keys.members(conversation_id), keys.message(conversation_id, claim.message_id)],
        [
            claim.user_id,
            int(claim.needs),
            claim.now_ms,
            _MEMORY_MS,
            0 if claim.adds or claim.removes else 1,
            claim.adds or "",
            int(claim.grants),
            claim.removes or "",
        ],
    )


def _placed(reply: list[Any], claim: Claim) -> Answer:
    match reply[0]:
        case b"new":
            return Place(int(reply[1]), int(reply[2]), claim.now_ms)
        case b"repeat":
            seq, ordinal, accepted_ms, durable, sender = reply[1].decode().split(":")
            if sender != claim.user_id:
                return ChatError(Reason.MESSAGE_ID_REUSED)
            return Place(int(seq), int(ordinal), int(accepted_ms), durable=durable == "1")
        case b"needless":
            return Needless(_member(reply[1]) if reply[1] else None)
        case b"unknown":
            return NotLive()
        case b"forbidden":
            return ChatError(Reason.PERMISSION_DENIED)
        case _:
            return ChatError(Reason.UNKNOWN_CONVERSATION)


def _create(birth: Birth) -> _Call:
    arguments: list[Any] = [birth.conversation, birth.kind]
    for user_id, permissions in birth.members.items():
        arguments += [user_id, int(permissions)]
    return ("create", [keys.meta(birth.conversation_id), keys.members(birth.conversation_id)], arguments)


def _born(reply: list[Any], birth: Birth) -> Place:
    conversation, head, members = reply
    pairs = zip(members[::2], members[1::2], strict=True)
    return Place(
        1,
        0,
        birth.now_ms,
        durable=int(head) > 0,
        conversation=conversation,
        members={UserId(user_id.decode()): _member(value) for user_id, value in pairs},
    )


def _commit(entry: Durable, homes: Mapping[UserId, set[str]]) -> _Call:
    conversation_id = entry.conversation_id
    joining = set[str]().union(*(homes.get(user_id, set()) for user_id in entry.joining))
    return (
        "commit",
        [
            keys.tail(conversation_id),
            keys.meta(conversation_id),
            keys.message(conversation_id, entry.message_id),
            keys.nodes(conversation_id),
        ],
        [
            entry.seq,
            entry.ordinal,
            entry.entry,
            TAIL_ENTRIES,
            TAIL_MS,
            f"{entry.seq}:{entry.ordinal}:{entry.accepted_ms}:1:{entry.sender_id}",
            *sorted(joining),
        ],
    )


def _mark(mark: Mark) -> _Call:
    conversation_id = mark.conversation_id
    return (
        "mark",
        [
            keys.marks(conversation_id),
            keys.members(conversation_id),
            keys.meta(conversation_id),
            keys.tail(conversation_id),
            keys.nodes(conversation_id),
        ],
        [mark.user_id, mark.delivered_seq, mark.read_seq, "" if mark.read_ordinal is None else mark.read_ordinal],
    )


def _marked(reply: list[Any]) -> Marked | OrdinalNeeded:
    if reply[0] < 0:
        return OrdinalNeeded()
    changed = bool(reply[0])
    return Marked(int(reply[1]), int(reply[2]), int(reply[3]), _names(reply[4]) if changed else frozenset(), changed)


def _names(nodes: Any) -> frozenset[str]:  # noqa: ANN401 - a reply
    return frozenset(node.decode() for node in nodes)


def _packed(member: Membership) -> str:
    return f"{int(member.permissions)}:{member.joined_seq}"


def _member(value: bytes) -> Membership:
    permissions, joined_seq = value.split(b":")
    return Membership(Permission(int(permissions)), int(joined_seq))

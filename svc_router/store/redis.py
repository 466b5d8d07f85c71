"""The live view in Redis: one Lua call a command, one pipeline a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio.client import Pipeline

from chatkit.core.conversation import Permission
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import REMEMBERED_MS, ConversationId, MessageId, UserId, new_id
from chatkit.edges import redis as keys
from chatkit.edges.live_view import Call, LiveView
from chatkit.edges.redis import RedisClient
from svc_router.store import (
    Answer,
    Birth,
    Claim,
    Durable,
    Forgotten,
    Mark,
    Marked,
    Membership,
    Needless,
    NotLive,
    OrdinalNeeded,
    Outcome,
    Place,
    Restored,
    Unfinished,
)

log = structlog.get_logger()

TAIL_ENTRIES = 256
TAIL_LIMIT = 4096
"""Entries of a conversation that the database does not have yet and the tail keeps for it."""
TAIL_MS = 24 * 3600 * 1000

_SCRIPTS = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.lua")}
UNREADABLE = (ValueError, TypeError, IndexError, AttributeError)
"""What reading raises that finds something else than what we write."""

_MEMORY_MS = str(REMEMBERED_MS)


class RedisSequencer:
    """The only writer of conversation keys, but for those that docs/data.md lists as another's."""

    def __init__(self, client: RedisClient, tail_entries: int = TAIL_ENTRIES, tail_limit: int = TAIL_LIMIT) -> None:
        self._view = LiveView(client, _SCRIPTS)
        self._tail = (tail_entries, tail_limit, TAIL_MS)
        self._owner = new_id()
        self._is_unsure = False

    async def sequence(self, commands: Sequence[Claim | Birth]) -> list[Answer]:
        def calls() -> list[Call]:
            # Each time by another name, until it is known to have been done: whoever claims next, we or another, must look what is
            # unfinished, of others and of us.
            self._owner = new_id() if self._is_unsure else self._owner
            self._is_unsure = True
            return [self._create(one) if isinstance(one, Birth) else self._sequence(one) for one in commands]

        replies = await self._view.call_anew(calls)
        self._is_unsure = False
        return [_answer_or_refusal(reply, command) for command, reply in zip(commands, replies, strict=True)]

    def _sequence(self, claim: Claim) -> Call:
        conversation_id = claim.conversation_id
        return (
            "sequence",
            [
                keys.meta(conversation_id),
                keys.members(conversation_id),
                keys.message(conversation_id, claim.message_id),
                keys.pending(conversation_id),
            ],
            [
                self._owner,
                claim.user_id,
                int(claim.needs),
                claim.now_ms,
                _MEMORY_MS,
                claim.message_id,
                claim.made_ms,
                int(claim.looked_up),
                0 if claim.adds or claim.removes else 1,
                claim.adds or "",
                int(claim.grants),
                claim.removes or "",
                claim.draft,
            ],
        )

    def _create(self, birth: Birth) -> Call:
        arguments: list[Any] = [self._owner, birth.user_id, birth.now_ms, birth.message_id, int(birth.looked_up)]
        arguments += [birth.conversation, birth.kind, birth.draft]
        for user_id, permissions in birth.members.items():
            arguments += [user_id, int(permissions)]
        conversation_id = birth.conversation_id
        return ("create", [keys.meta(conversation_id), keys.members(conversation_id), keys.pending(conversation_id)], arguments)

    async def commit(self, runs: Mapping[ConversationId, Sequence[Durable]]) -> dict[ConversationId, frozenset[str] | NotLive]:
        homes = await self._homes(runs)
        replies = await self._view.call([self._commit(one, entries, homes) for one, entries in runs.items()])
        return {one: NotLive() if reply is None else _names(reply) for one, reply in zip(runs, replies, strict=True)}

    def _commit(self, conversation_id: ConversationId, entries: Sequence[Durable], homes: Mapping[UserId, set[str]]) -> Call:
        listening = sorted(set[str]().union(*(homes.get(user_id, set()) for entry in entries for user_id in entry.joining)))
        doubted = any(entry.doubted for entry in entries)
        arguments: list[Any] = [*self._tail, int(doubted), len(listening), *listening]
        for entry in entries:
            arguments += [entry.seq, entry.ordinal, entry.entry, _made(entry), entry.event]
        names = [keys.meta, keys.tail, keys.pending, keys.nodes]
        messages = [keys.message(conversation_id, entry.message_id) for entry in entries]
        return ("commit", [*(name(conversation_id) for name in names), *messages], arguments)

    async def _homes(self, runs: Mapping[ConversationId, Sequence[Durable]]) -> dict[UserId, set[str]]:
        """Note who has come into which conversation and who has left, and return the nodes of those who join.

        The conversation is noted before the connections are read; presence notes a connection before it reads the conversations. So a
        user who connects while they are added is found by one of the two.
        """
        moves = [(one, entry) for one, entries in runs.items() for entry in entries if entry.joining or entry.leaving]
        joining = [user_id for _, entry in moves for user_id in entry.joining]
        if not moves:
            return {}

        def move(pipeline: Pipeline) -> None:
            for conversation_id, entry in moves:
                for user_id in entry.joining:
                    self._note(pipeline, user_id, conversation_id, keys.came_at(entry.seq))
                for user_id in entry.leaving:
                    self._note(pipeline, user_id, conversation_id, keys.went_at(entry.seq))
            for user_id in joining:
                pipeline.hvals(keys.connections(user_id))

        replies = await self._view.run(move)
        values = replies[len(replies) - len(joining) :]
        return {user_id: {keys.text(home.split(b"|")[0]) for home in homes} for user_id, homes in zip(joining, values, strict=True)}

    def _note(self, pipeline: Pipeline, user_id: UserId, conversation_id: ConversationId, score: int) -> None:
        name = keys.conversations(user_id, self._view.epoch)
        pipeline.zadd(name, {conversation_id: score}, gt=True)
        pipeline.expire(name, keys.CONVERSATIONS_S)

    @property
    def epoch(self) -> str:
        return self._view.epoch

    async def restore(self, restored: Restored, epoch: str) -> None:
        conversation_id = restored.conversation_id
        arguments: list[Any] = [restored.conversation, restored.kind, restored.head, restored.head_ordinal, restored.floor]
        arguments += [restored.known_since_ms, _MEMORY_MS, TAIL_MS, len(restored.members), len(restored.marks)]
        for user_id, member in restored.members.items():
            arguments += [user_id, _packed((int(member.permissions), member.joined_seq, member.joined_ordinal))]
        for user_id, mark in restored.marks.items():
            arguments += [user_id, _packed(mark)]
        for entry in restored.recent:
            arguments += [entry.seq, entry.ordinal, entry.entry, _made(entry)]
        names = [keys.meta, keys.members, keys.pending, keys.marks, keys.tail]
        messages = [keys.message(conversation_id, entry.message_id) for entry in restored.recent]

        def also(pipeline: Pipeline) -> None:
            for user_id, member in restored.members.items():
                self._note(pipeline, user_id, conversation_id, keys.came_at(member.joined_seq))

        await self._view.call([("restore", [*(name(conversation_id) for name in names), *messages], arguments)], also, only_in=epoch)

    async def mark(self, marks: Sequence[Mark]) -> list[Marked | OrdinalNeeded | NotLive]:
        return [_marked(reply) for reply in await self._view.call([_mark(mark) for mark in marks])]

    async def listeners(self, pairs: Sequence[tuple[ConversationId, UserId]]) -> list[frozenset[str]]:
        def ask(pipeline: Pipeline) -> None:
            for conversation_id, user_id in pairs:
                pipeline.hexists(keys.members(conversation_id), user_id)
                pipeline.smembers(keys.nodes(conversation_id))

        replies = await self._view.run(ask)
        return [_names(nodes) if is_member else frozenset() for is_member, nodes in zip(replies[::2], replies[1::2], strict=True)]


def _answer_or_refusal(reply: Sequence[Any], command: Claim | Birth) -> Answer:
    """Return what a reply says. If the live view has what nobody can read, this conversation's commands are refused, and others go on."""
    try:
        return _answer(reply, command)
    except UNREADABLE as error:
        log.warning("live_view_unreadable", conversation_id=command.conversation_id, error=f"{type(error).__name__}: {error}")
        return Answer(ChatError(Reason.INTERNAL), [])


def _answer(reply: Sequence[Any], command: Claim | Birth) -> Answer:
    status, unfinished, *rest = reply
    return Answer(_outcome(status, rest, command), _unfinished(unfinished))


def _outcome(status: bytes, rest: Sequence[Any], command: Claim | Birth) -> Outcome:
    match status:
        case b"new":
            return Place(int(rest[0]), int(rest[1]), command.now_ms, int(rest[2]))
        case b"repeat":
            seq, ordinal, accepted_ms, durable, sender = rest[0].decode().split(":")
            if sender != command.user_id:
                return ChatError(Reason.MESSAGE_ID_REUSED)
            return Place(int(seq), int(ordinal), int(accepted_ms), durable=durable == "1")
        case b"there":
            return Place(1, 0, command.now_ms, durable=int(rest[1]) > 0, conversation=rest[0])
        case b"needless":
            return Needless(_member(rest[0]) if rest[0] else None)
        case b"unknown":
            return NotLive()
        case b"forgotten":
            return Forgotten()
        case b"forbidden":
            return ChatError(Reason.PERMISSION_DENIED)
        case _:
            return ChatError(Reason.UNKNOWN_CONVERSATION)


def _unfinished(pairs: Sequence[bytes]) -> list[Unfinished]:
    found = []
    for seq, value in zip(pairs[::2], pairs[1::2], strict=True):
        message_id, ordinal, previous, _, accepted_ms, draft = value.split(b":", 5)
        place = Place(int(seq), int(ordinal), int(accepted_ms), int(previous))
        found.append(Unfinished(MessageId(message_id.decode()), place, draft))
    return sorted(found, key=lambda one: one.place.seq)


def _mark(mark: Mark) -> Call:
    names = [keys.marks, keys.members, keys.meta, keys.tail, keys.nodes]
    ordinal = "" if mark.read_ordinal is None else mark.read_ordinal
    return ("mark", [name(mark.conversation_id) for name in names], [mark.user_id, mark.delivered_seq, mark.read_seq, ordinal])


def _marked(reply: Sequence[Any]) -> Marked | OrdinalNeeded | NotLive:
    match reply[0]:
        case -2:
            return NotLive()
        case -1:
            return OrdinalNeeded()
        case changed:
            nodes = _names(reply[4]) if changed else frozenset[str]()
            return Marked(int(reply[1]), int(reply[2]), int(reply[3]), nodes, bool(changed))


def _made(entry: Durable) -> str:
    return f"{entry.seq}:{entry.ordinal}:{entry.accepted_ms}:1:{entry.sender_id}"


def _names(nodes: Any) -> frozenset[str]:  # noqa: ANN401 - a reply
    return frozenset(map(keys.text, nodes))


def _packed(numbers: Iterable[int]) -> str:
    return ":".join(map(str, numbers))


def _member(value: bytes) -> Membership:
    permissions, joined_seq, joined_ordinal = value.split(b":")
    return Membership(Permission(int(permissions)), int(joined_seq), int(joined_ordinal))

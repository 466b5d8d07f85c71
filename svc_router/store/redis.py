"""The live view in Redis: one Lua call a command, one pipeline a batch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio.client import Pipeline

from chatkit.core.conversation import DIRECT_BEFORE, DIRECT_MEMBER, OWNER_BEFORE, ROLES, Permission, Role
from chatkit.core.conversation_settings import RULES, effective
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import REMEMBERED_MS, ConversationId, MessageId, UserId, new_id
from chatkit.edges import redis as keys
from chatkit.edges.live_view import Call, LiveView
from chatkit.edges.redis import RedisClient
from svc_router.core import RATES, Rates
from svc_router.store import (
    Answer,
    Birth,
    BlocksUnknown,
    Claim,
    Durable,
    Forgotten,
    Listening,
    Mark,
    Marked,
    Membership,
    Needless,
    NotLive,
    OrdinalNeeded,
    Outcome,
    Place,
    Restored,
    Sight,
    Unfinished,
)
from svc_router.store.terms import Administers, Drop, Grant, HandOver, IsPublic, Join, Leave, Put, Room, Set, Term, UseInvite

log = structlog.get_logger()

TAIL_ENTRIES = 256
TAIL_LIMIT = 4096
"""Entries of a conversation that the database does not have yet and the tail keeps for it."""
TAIL_MS = 24 * 3600 * 1000

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What reading raises that finds something else than what we write."""


def _scripts(rates: Rates) -> dict[str, str]:
    """Return all scripts: `command` is `sequence` for commands with terms, which a plain message does not pay for."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.lua")}
    terms, sequence = _NUMBERS + texts.pop("terms"), f"{_paces(rates)}{texts.pop('pace')}\n{texts['sequence']}"
    return texts | {"sequence": f"{_NUMBERS}local weigh\n{sequence}", "command": f"{terms}\n{sequence}"}


def _paces(rates: Rates) -> str:
    """Return what pace.lua calls the rates."""
    return "".join(
        f"local {name}_INTERVAL_MS, {name}_MOST_MS = {rate.interval_ms!r}, {rate.most_ms!r}\n"
        for name, rate in (("USER", rates.user), ("ALL", rates.conversation))
    )


_NUMBERS = "".join(
    f"local {name} = {int(permissions)}\n"
    for name, permissions in {
        "OWN": Permission.OWN,
        "MODERATE": Permission.MODERATE,
        "ADMINISTER": Permission.ADMINISTER,
        "OWNER": ROLES[Role.OWNER],
        "ADMIN": ROLES[Role.ADMIN],
        "MEMBER": ROLES[Role.MEMBER],
        "READER": ROLES[Role.READER],
        "DIRECT": DIRECT_MEMBER,
        "OWNER_BEFORE": OWNER_BEFORE,
        "DIRECT_BEFORE": DIRECT_BEFORE,
    }.items()
)
"""What scripts call permissions and sums of them."""
_MEMORY_MS = str(REMEMBERED_MS)


class RedisSequencer:
    """The only writer of conversation keys, but for those that docs/data.md lists as another's."""

    def __init__(self, client: RedisClient, tail_entries: int = TAIL_ENTRIES, tail_limit: int = TAIL_LIMIT, rates: Rates = RATES) -> None:
        self._view = LiveView(client, _scripts(rates))
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
        names = [
            keys.meta(conversation_id),
            keys.members(conversation_id),
            keys.message(conversation_id, claim.message_id),
            keys.pending(conversation_id),
        ]
        arguments: list[Any] = [
            self._owner,
            claim.user_id,
            "" if claim.needs is None else int(claim.needs),
            claim.now_ms,
            _MEMORY_MS,
            claim.message_id,
            claim.made_ms,
            int(claim.looked_up),
            int(claim.counts),
            claim.draft,
        ]
        if not claim.terms:
            return "sequence", names, arguments
        for term in claim.terms:
            arguments += _term(term)
        names += [name(conversation_id) for name in (keys.tail, keys.settings, keys.bans, keys.invites)]
        return "command", names, arguments

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
        changes = _changes(entries)
        arguments: list[Any] = [*self._tail, int(doubted), len(listening), len(changes), *listening, *changes]
        for entry in entries:
            arguments += [entry.seq, entry.ordinal, entry.entry, _made(entry), entry.event]
        names = [keys.meta, keys.tail, keys.pending, keys.nodes, keys.changes, keys.mentions]
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

    async def unfinished(self, conversation_id: ConversationId) -> list[Unfinished]:
        (pairs,) = await self._view.run(lambda pipeline: pipeline.hgetall(keys.pending(conversation_id)))
        try:
            return _unfinished([each for pair in pairs.items() for each in pair])
        except UNREADABLE as error:
            raise ChatError(Reason.INTERNAL) from error

    async def restore(self, restored: Restored, epoch: str) -> None:
        conversation_id = restored.conversation_id
        hashes: dict[str, Mapping[str, str]] = {
            keys.members(conversation_id): {
                user_id: _packed((int(one.permissions), one.joined_seq, one.joined_ordinal)) for user_id, one in restored.members.items()
            },
            keys.marks(conversation_id): {user_id: _packed(mark) for user_id, mark in restored.marks.items()},
            keys.settings(conversation_id): restored.settings,
            keys.bans(conversation_id): {user_id: ban.text for user_id, ban in restored.bans.items()},
            keys.invites(conversation_id): {invite_id: invite.text for invite_id, invite in restored.invites.items()},
        }
        rules = {name: restored.settings[name] for name in RULES if name in restored.settings}
        arguments: list[Any] = [restored.conversation, restored.kind, restored.head, restored.head_ordinal, restored.floor]
        arguments += [restored.known_since_ms, _MEMORY_MS, TAIL_MS, len(hashes)]
        for pairs in (rules, *hashes.values()):
            arguments.append(2 * len(pairs))
            for name, value in pairs.items():
                arguments += [name, value]
        changes = _changes(restored.recent)
        arguments += [len(changes), *changes]
        for entry in restored.recent:
            arguments += [entry.seq, entry.ordinal, entry.entry, _made(entry)]
        names = [name(conversation_id) for name in (keys.meta, keys.pending, keys.tail, keys.changes, keys.mentions)]
        messages = [keys.message(conversation_id, entry.message_id) for entry in restored.recent]

        def also(pipeline: Pipeline) -> None:
            for user_id, member in restored.members.items():
                self._note(pipeline, user_id, conversation_id, keys.came_at(member.joined_seq))

        await self._view.call([("restore", [*names, *hashes, *messages], arguments)], also, only_in=epoch)

    async def sight(self, conversation_id: ConversationId, user_id: UserId, seq: int) -> Sight | NotLive:
        def look(pipeline: Pipeline) -> None:
            pipeline.hmget(keys.meta(conversation_id), "epoch", "head")
            pipeline.hget(keys.members(conversation_id), user_id)
            pipeline.xrange(keys.tail(conversation_id), seq, seq)
            pipeline.xrange(keys.changes(conversation_id), seq + 1, "+")

        (epoch, head), *seen = await self._view.run(look)
        if epoch != self._view.epoch.encode():
            return NotLive()
        try:
            return _sight(seq, user_id, head, *seen)
        except UNREADABLE as error:
            log.warning("live_view_unreadable", conversation_id=conversation_id, error=f"{type(error).__name__}: {error}")
            raise ChatError(Reason.INTERNAL) from error

    async def mark(self, marks: Sequence[Mark]) -> list[Marked | OrdinalNeeded | NotLive]:
        return [_marked(reply) for reply in await self._view.call([_mark(mark) for mark in marks])]

    async def listeners(self, pairs: Sequence[tuple[ConversationId, UserId]]) -> list[Listening]:
        def ask(pipeline: Pipeline) -> None:
            for conversation_id, user_id in pairs:
                pipeline.hget(keys.members(conversation_id), user_id)
                pipeline.hget(keys.settings(conversation_id), "member_permissions")
                pipeline.smembers(keys.nodes(conversation_id))
                pipeline.hlen(keys.members(conversation_id))
                pipeline.hvals(keys.blocks(conversation_id, self.epoch))

        replies = await self._view.run(ask)
        found = zip(*(replies[n::5] for n in range(5)), strict=True)
        return [
            Listening(_names(nodes), count) if Permission.WRITE in _held(member, rule) and not _are_cut_off(blocks) else Listening()
            for member, rule, nodes, count, blocks in found
        ]


def _answer_or_refusal(reply: Sequence[Any], command: Claim | Birth) -> Answer:
    """Return what a reply says. If the live view has what nobody can read, this conversation's commands are refused, and others go on."""
    try:
        return _answer(reply, command)
    except UNREADABLE as error:
        log.warning("live_view_unreadable", conversation_id=command.conversation_id, error=f"{type(error).__name__}: {error}")
        return Answer(ChatError(Reason.INTERNAL), [])


def _term(term: Term) -> tuple[Any, Any, Any, bytes, bytes]:  # noqa: C901 - one case for each kind of term
    """Return a term as terms.lua takes it."""
    match term:
        case Join(user_id, permissions, part, reading_part):
            return "join", user_id, int(permissions), part, reading_part
        case Leave(user_id, part):
            return "leave", user_id, "", part, b""
        case Grant(user_id, permissions, part):
            return "grant", user_id, int(permissions), part, b""
        case HandOver(user_id, part):
            return "hand over", user_id, "", part, b""
        case Set(name, value, part, is_rule):
            return "set", name, value, part, b"1" if is_rule else b""
        case Put(kept, name, value, part):
            return "put", name, value, part, kept.encode()
        case Drop(kept, name, part):
            return "drop", name, "", part, kept.encode()
        case UseInvite(invite_id):
            return "use invite", invite_id, "", b"", b""
        case IsPublic():
            return "is public", "", "", b"", b""
        case Administers():
            return "administers", "", "", b"", b""
        case Room(kept, limit):
            return "room", kept, limit, b"", b""


def _answer(reply: Sequence[Any], command: Claim | Birth) -> Answer:
    status, unfinished, *rest = reply
    return Answer(_outcome(status, rest, command), _unfinished(unfinished))


REFUSALS = {
    b"stranger": ChatError(Reason.UNKNOWN_CONVERSATION),
    b"forbidden": ChatError(Reason.PERMISSION_DENIED),
    b"blocked": ChatError(Reason.BLOCKED),
    b"banned": ChatError(Reason.PERMISSION_DENIED, "who is banned does not come in before the ban is lifted"),
    b"invite": ChatError(Reason.BAD_INVITE),
    b"full": ChatError(Reason.LIMIT_REACHED, "the conversation has as many of these as it can have"),
    b"owner": ChatError(Reason.LAST_OWNER),
    b"nobody": ChatError(Reason.UNKNOWN_USER, "they are no member of the conversation"),
}
"""Why a script refuses a command."""


def too_fast(wait_ms: float, *, is_all: bool) -> ChatError:
    """Return why a command is refused that comes too soon after others."""
    who = "everyone together does more" if is_all else "you do more"
    message = f"{who} in this conversation than it can bear: wait for retry_after, then try again"
    return ChatError(Reason.RATE_LIMITED, message, retry_after=timedelta(milliseconds=math.ceil(wait_ms)))


def _outcome(status: bytes, rest: Sequence[Any], command: Claim | Birth) -> Outcome:  # noqa: C901 - one case for each status
    match status:
        case b"new":
            return Place(int(rest[0]), int(rest[1]), command.now_ms, int(rest[2]), draft=_bytes(rest[3]) if rest[3:] else b"")
        case b"repeat":
            seq, ordinal, accepted_ms, durable, sender = rest[0].decode().split(":")
            if sender != command.user_id:
                return ChatError(Reason.MESSAGE_ID_REUSED)
            entry = _bytes(rest[1] or b"") if rest[1:] else b""
            if durable == "1" and not entry and isinstance(command, Claim) and command.terms and not command.looked_up:
                return Forgotten()  # what its terms have made of it is known to history alone by now
            return Place(int(seq), int(ordinal), int(accepted_ms), durable=durable == "1", draft=entry)
        case b"there":
            return Place(1, 0, command.now_ms, durable=int(rest[1]) > 0, conversation=_bytes(rest[0]))
        case b"needless":
            return Needless(_member(rest[0]) if rest[0] else None)
        case b"unknown":
            return NotLive()
        case b"forgotten":
            return Forgotten()
        case b"unsure":
            return BlocksUnknown([UserId(keys.text(member)) for member in rest[0]])
        case b"fast":
            return too_fast(rest[0], is_all=rest[1] == b"*")
        case b"slow":
            return ChatError(Reason.SLOW_MODE, retry_after=timedelta(milliseconds=rest[0]))
        case _:
            return REFUSALS[status]


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"{value!r} is no entry")
    return value


def _held(member: bytes | None, rule: bytes | None) -> Permission:
    """Return what a user may do, by a membership and what the conversation lets its members do: nothing, if that can't be read."""
    try:
        settings = {"member_permissions": int(rule)} if rule else {}
        return effective(_member(member).permissions, settings) if member else Permission(0)
    except UNREADABLE:
        return Permission(0)


def _are_cut_off(blocks: Iterable[bytes]) -> bool:
    """Tell whether one of the two of a direct conversation is known to have blocked the other."""
    return any(one.endswith(b":1") for one in blocks)


def _sight(seq: int, user_id: UserId, head: bytes | None, member: bytes | None, entries: Sequence[Any], changes: Sequence[Any]) -> Sight:
    about = [fields for _, fields in changes if fields[b"t"] == b"%d" % seq]
    became = {fields[b"k"] for fields in about}
    reacted = sum(1 for fields in about if fields[b"k"] == b"%d" % keys.REACTION and fields.get(b"u") == user_id.encode())
    return Sight(
        _member(member).joined_seq if member else None,
        int(head or 0),
        entries[0][1][b"e"] if entries else None,
        b"%d" % keys.DELETION in became,
        b"%d" % keys.CLOSING in became,
        reacted,
    )


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
    return (
        "mark",
        [name(mark.conversation_id) for name in names],
        [mark.user_id, mark.delivered_seq, mark.read_seq, ordinal, int(mark.withheld)],
    )


def _marked(reply: Sequence[Any]) -> Marked | OrdinalNeeded | NotLive:
    match reply[0]:
        case -2:
            return NotLive()
        case -1:
            return OrdinalNeeded()
        case changed:
            delivered, read, ordinal, *shown = map(int, reply[1:6])
            listening = Listening(_names(reply[6]), int(reply[7])) if changed else Listening()
            return Marked(delivered, read, ordinal, (shown[0], shown[1]), listening, bool(changed))


def _changes(entries: Iterable[Durable]) -> list[int | str]:
    """Return, of each entry that changes a message or mentions somebody, its seq, that of the message, its kind, whom it mentions, and
    whose it is.
    """
    some = (entry for entry in entries if entry.target or entry.mentions)
    return [value for entry in some for value in (entry.seq, entry.target, entry.change, entry.mentions, entry.sender_id)]


def _made(entry: Durable) -> str:
    return f"{entry.seq}:{entry.ordinal}:{entry.accepted_ms}:1:{entry.sender_id}"


def _names(nodes: Any) -> frozenset[str]:  # noqa: ANN401 - a reply
    return frozenset(map(keys.text, nodes))


def _packed(numbers: Iterable[int]) -> str:
    return ":".join(map(str, numbers))


def _member(value: bytes) -> Membership:
    permissions, joined_seq, joined_ordinal = value.split(b":")
    return Membership(Permission(int(permissions)), int(joined_seq), int(joined_ordinal))

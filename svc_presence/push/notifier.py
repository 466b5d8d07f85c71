"""From entries of the log to devices: who is away, has one, and wants to be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, UserId
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_presence.push.absent import Absent
from svc_presence.push.audience import Audience
from svc_presence.push.core import SMALL, wants
from svc_presence.push.faults import FAULTS
from svc_presence.push.news import MessageCame
from svc_presence.push.outbox import Outbox
from svc_presence.push.rules import Rules
from svc_presence.push.store import Subscription, SubscriptionStore

log = structlog.get_logger()

FRESH_MS = 10 * 60_000
"""A message that is older when it is read was missed while nobody read the log: its readers are not woken for it any more."""
AT_ONCE = 200
"""Conversations whose members are looked for at once."""

_Came = Mapping[ConversationId, Sequence[log_pb2.LogEntry]]
"""What came in each conversation, in the order of the log."""
_Devices = Mapping[UserId, Sequence[Subscription]]


@dataclass(frozen=True, slots=True)
class _Room:
    """How many members a conversation has, and the devices of those who may have to be told of what came; None if it is large."""

    size: int
    devices: _Devices | None


class Notifier:
    """Finds whom to tell of what comes. What fails is passed over: a push may be lost.

    What is asked about small conversations is asked about many at once: to ask costs more than to be answered.
    """

    def __init__(self, audience: Audience, absent: Absent, store: SubscriptionStore, rules: Rules, outbox: Outbox, clock: Clock) -> None:
        self._audience = audience
        self._absent = absent
        self._store = store
        self._rules = rules
        self._outbox = outbox
        self._clock = clock

    async def tell(self, came: Iterable[log_pb2.LogEntry]) -> None:
        """Tell of what came, entries of the log in their order: each device of each conversation once, of the newest that it wants."""
        conversations: dict[ConversationId, list[log_pb2.LogEntry]] = {}
        for entry in came:
            if entry.kind == entry_pb2.Entry.MESSAGE and entry.accepted_at.ToMilliseconds() > self._clock.now_ms() - FRESH_MS:
                conversations.setdefault(ConversationId(entry.conversation_id), []).append(entry)
        for some in _parts(conversations, AT_ONCE):
            for conversation_id, room in (await self._find(some)).items():
                with _given_up(conversation_id):
                    await self._tell(conversation_id, some[conversation_id], room)

    async def _find(self, came: _Came) -> Mapping[ConversationId, _Room]:
        """Look at conversations; if that fails, at one half and the other, so that none is given up for another's sake."""
        if len(came) == 1:
            found: dict[ConversationId, _Room] = {}
            with _given_up(*came):
                found.update(await self._look(came))
            return found
        try:
            return await self._look(came)
        except Exception:
            log.info("looked_at_by_halves", conversations=len(came), exc_info=True)
        one, other = _parts(came, (len(came) + 1) // 2)
        return {**await self._find(one), **await self._find(other)}

    async def _look(self, came: _Came) -> Mapping[ConversationId, _Room]:
        sizes = dict(zip(came, await self._audience.sizes(list(came)), strict=True))
        small = [conversation_id for conversation_id, size in sizes.items() if size <= SMALL]
        members = dict(zip(small, await self._audience.everyone_in(small), strict=True)) if small else {}
        readers = {one: _readers(users, came[one]) for one, users in members.items()}
        devices = await self._absent.devices(frozenset[UserId]().union(*readers.values()))
        return {
            one: _Room(size, {user_id: devices[user_id] for user_id in readers[one] & devices.keys()} if one in readers else None)
            for one, size in sizes.items()
        }

    async def _tell(self, conversation_id: ConversationId, entries: Sequence[log_pb2.LogEntry], room: _Room) -> None:
        if room.devices is not None:
            await self._tell_devices(conversation_id, entries, room.devices, room.size)
            return
        named = {UserId(user_id) for entry in entries for user_id in entry.outline.mentions}
        everyone = any(entry.outline.mention_all for entry in entries)
        if not everyone:
            named.update(await self._store.listeners(conversation_id))
        async for users in self._audience.concerned(conversation_id, named, everyone=everyone):
            await self._tell_devices(conversation_id, entries, await self._absent.devices(users), room.size)

    async def _tell_devices(
        self, conversation_id: ConversationId, entries: Sequence[log_pb2.LogEntry], devices: _Devices, size: int
    ) -> None:
        for user_id, entry in (await self._wanted(conversation_id, entries, list(devices), size)).items():
            for device in devices[user_id]:
                self._outbox.put(device, _news(entry, user_id))

    async def _wanted(
        self, conversation_id: ConversationId, entries: Sequence[log_pb2.LogEntry], users: Sequence[UserId], size: int
    ) -> Mapping[UserId, log_pb2.LogEntry]:
        """Return the newest entry that each of those wants to be told of who want any."""
        rules = await self._rules.of(conversation_id, users, size) if users else ()
        now_ms, wanted = self._clock.now_ms(), {}
        for user_id, rule in zip(users, rules, strict=True):
            for entry in reversed(entries):
                is_mentioned = _is_mentioned(entry, user_id)
                if entry.sender_id == user_id or entry.sender_id in rule.blocks:
                    continue
                if wants(rule.preference, rule.quiet, is_mentioned=is_mentioned, now_ms=now_ms):
                    wanted[user_id] = entry
                    break
        return wanted


@contextmanager
def _given_up(conversation_id: ConversationId) -> Iterator[None]:
    """Pass over a conversation in which something fails, and say so."""
    try:
        yield
    except ChatError as error:
        log.warning("nobody_told", conversation_id=conversation_id, reason=error.reason)
    except Exception:
        FAULTS["message"].inc()
        log.exception("nobody_told", conversation_id=conversation_id)


def _parts(came: _Came, size: int) -> list[_Came]:
    """Return conversations in parts of a size; the last may be smaller."""
    rooms = list(came.items())
    return [dict(rooms[start : start + size]) for start in range(0, len(rooms), size)]


def _readers(members: Iterable[UserId], entries: Sequence[log_pb2.LogEntry]) -> frozenset[UserId]:
    """Return those members to whom any of the entries is another's."""
    senders = {UserId(entry.sender_id) for entry in entries}
    return frozenset(members) - senders if len(senders) == 1 else frozenset(members)


def _is_mentioned(entry: log_pb2.LogEntry, user_id: UserId) -> bool:
    return entry.outline.mention_all or user_id in entry.outline.mentions


def _news(entry: log_pb2.LogEntry, user_id: UserId) -> MessageCame:
    return MessageCame(
        ConversationId(entry.conversation_id),
        entry.seq,
        entry.message_id,
        UserId(entry.sender_id),
        _is_mentioned(entry, user_id),
        entry.body,
    )

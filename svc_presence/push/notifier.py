"""From entries of the log to devices: who is away, has one, and wants to be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import structlog

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, UserId
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_presence.push.audience import Audience
from svc_presence.push.core import SMALL, wants
from svc_presence.push.faults import FAULTS
from svc_presence.push.news import MessageCame
from svc_presence.push.outbox import Outbox
from svc_presence.push.rules import Rules
from svc_presence.push.store import Subscription, SubscriptionStore
from svc_presence.store import Directory

log = structlog.get_logger()

FRESH_MS = 10 * 60_000
"""A message that is older when it is read was missed while nobody read the log: its readers are not woken for it any more."""
WITHOUT_S, MAX_WITHOUT = 30, 100_000
"""For how long a user without a device is not asked for one, and how many such are remembered."""


class Notifier:
    """Finds whom to tell of what comes. What fails is passed over: a push may be lost."""

    def __init__(
        self, audience: Audience, directory: Directory, store: SubscriptionStore, rules: Rules, outbox: Outbox, clock: Clock
    ) -> None:
        self._audience = audience
        self._directory = directory
        self._store = store
        self._rules = rules
        self._outbox = outbox
        self._clock = clock
        self._without: set[UserId] = set()
        self._looked = clock.monotonic()

    async def tell(self, came: Iterable[log_pb2.LogEntry]) -> None:
        """Tell of what came, entries of the log in their order: each device of each conversation once, of the newest that it wants."""
        conversations: dict[ConversationId, list[log_pb2.LogEntry]] = {}
        for entry in came:
            if entry.kind == entry_pb2.Entry.MESSAGE and entry.accepted_at.ToMilliseconds() > self._clock.now_ms() - FRESH_MS:
                conversations.setdefault(ConversationId(entry.conversation_id), []).append(entry)
        for conversation_id, entries in conversations.items():
            try:
                await self._tell(conversation_id, entries)
            except ChatError as error:
                log.warning("nobody_told", conversation_id=conversation_id, reason=error.reason)
            except Exception:
                FAULTS["message"].inc()
                log.exception("nobody_told", conversation_id=conversation_id)

    async def _tell(self, conversation_id: ConversationId, entries: Sequence[log_pb2.LogEntry]) -> None:
        named = {UserId(user_id) for entry in entries for user_id in entry.outline.mentions}
        everyone = any(entry.outline.mention_all for entry in entries)
        (size,) = await self._audience.sizes([conversation_id])
        if size > SMALL and not everyone:
            named.update(await self._store.listeners(conversation_id))
        async for users in self._audience.concerned(conversation_id, size, named, everyone=everyone):
            devices = await self._devices(await self._away(users))
            for user_id, entry in (await self._wanted(conversation_id, entries, list(devices), size)).items():
                for device in devices[user_id]:
                    self._outbox.put(device, _news(entry, user_id))

    async def _away(self, users: Iterable[UserId]) -> list[UserId]:
        """Return those who are away and may have a device."""
        self._forget_who_had_none()
        asked = [user_id for user_id in users if user_id not in self._without]
        found = await self._directory.presence(asked)
        return [user_id for user_id, presence in zip(asked, found, strict=True) if presence.idle or not presence.online]

    async def _devices(self, users: Sequence[UserId]) -> Mapping[UserId, Sequence[Subscription]]:
        """Return the devices of those who have any."""
        found = dict(zip(users, await self._store.of_each(users), strict=True))
        self._without |= {user_id for user_id, devices in found.items() if not devices}
        return {user_id: devices for user_id, devices in found.items() if devices}

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

    def _forget_who_had_none(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked > WITHOUT_S or len(self._without) > MAX_WITHOUT:
            self._without.clear()
            self._looked = now


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

"""From entries of the log to pushes: who is away, has a device, and wants to be told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol

import orjson
import structlog
from google.protobuf.message import DecodeError

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, UserId
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_presence.push.audience import Audience, Some
from svc_presence.push.base64url import encoded
from svc_presence.push.core import Preference, QuietHours, by_default, wants
from svc_presence.push.outbox import Outbox
from svc_presence.push.port import Push
from svc_presence.push.store import Subscription, SubscriptionStore
from svc_presence.store import Directory

log = structlog.get_logger()

FRESH_MS = 10 * 60_000
"""A message that is older when it is read was missed while nobody read the log: its readers are not woken for it any more."""
WITHOUT_S, MAX_WITHOUT = 30, 100_000
"""For how long a user without a device is not asked for one, and how many such are remembered."""
MAX_TEXT = 500
"""Characters of a message that a push has room for, whatever they are."""


class Rules(Protocol):
    """What users want of conversations."""

    async def of(
        self, conversation_id: ConversationId, users: Sequence[UserId], size: int
    ) -> Sequence[tuple[Preference, QuietHours | None]]:
        """Return what each user wants of a conversation with so many members, and when they want nothing. Raises UNAVAILABLE."""
        ...


class UsualRules:
    """What is usual, for everyone."""

    async def of(
        self,
        conversation_id: ConversationId,  # noqa: ARG002 - what is usual is so in all of one size
        users: Sequence[UserId],
        size: int,
    ) -> Sequence[tuple[Preference, QuietHours | None]]:
        return [(by_default(size), None)] * len(users)


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

    async def tell(self, values: Iterable[bytes]) -> None:
        """Tell of what came, the records of the log in their order: each device of each conversation once, of the newest that it wants."""
        conversations: dict[ConversationId, list[log_pb2.LogEntry]] = {}
        for value in values:
            try:
                entry = log_pb2.LogEntry.FromString(value)
            except DecodeError:
                continue  # the writer sets it aside, and says so
            if entry.kind == entry_pb2.Entry.MESSAGE and entry.accepted_at.ToMilliseconds() > self._clock.now_ms() - FRESH_MS:
                conversations.setdefault(ConversationId(entry.conversation_id), []).append(entry)
        for conversation_id, entries in conversations.items():
            try:
                await self._tell(conversation_id, entries)
            except (ChatError, DecodeError) as error:
                log.warning("nobody_told", conversation_id=conversation_id, error=type(error).__name__)

    async def _tell(self, conversation_id: ConversationId, entries: Sequence[log_pb2.LogEntry]) -> None:
        mentioned = {UserId(user_id) for entry in entries for user_id in entry.outline.mentions}
        everyone = any(entry.outline.mention_all for entry in entries)
        async for some in self._audience.concerned(conversation_id, mentioned, everyone=everyone):
            wanted = await self._wanted(conversation_id, entries, some)
            devices = await self._store.of_each(list(wanted))
            for (user_id, entry), mine in zip(wanted.items(), devices, strict=True):
                if not mine:
                    self._without.add(user_id)
                for device in mine:
                    self._outbox.put(device, _push(entry, device))

    async def _wanted(
        self, conversation_id: ConversationId, entries: Sequence[log_pb2.LogEntry], some: Some
    ) -> dict[UserId, log_pb2.LogEntry]:
        """Return the newest entry that each of those wants to be told of who are away and may have a device."""
        self._forget_who_had_none()
        users = [user_id for user_id in some.users if user_id not in self._without]
        found = await self._directory.presence(users)
        away = [user_id for user_id, presence in zip(users, found, strict=True) if presence.idle or not presence.online]
        rules = await self._rules.of(conversation_id, away, some.size)
        now_ms, wanted = self._clock.now_ms(), {}
        for user_id, (preference, quiet) in zip(away, rules, strict=True):
            for entry in reversed(entries):
                is_mentioned = _is_mentioned(entry, user_id)
                if entry.sender_id != user_id and wants(preference, quiet, is_mentioned=is_mentioned, now_ms=now_ms):
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


def _push(entry: log_pb2.LogEntry, device: Subscription) -> Push:
    says = {
        "type": "message",
        "conversationId": entry.conversation_id,
        "seq": str(entry.seq),
        "messageId": entry.message_id,
        "senderId": entry.sender_id,
        "mentioned": _is_mentioned(entry, device.user_id),
    }
    if device.shows_text:
        says["text"] = entry_pb2.Body.FromString(entry.body).text[:MAX_TEXT]
    return Push(orjson.dumps(says), topic_of(entry.conversation_id))


def topic_of(conversation_id: str) -> str:
    """Return the name of what is told of a conversation, which tells the push service nothing of it: 32 characters of base64url."""
    return encoded(hashlib.sha256(conversation_id.encode()).digest()[:24])

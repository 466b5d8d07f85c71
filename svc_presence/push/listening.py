"""From entries of notes to who listens: who has chosen to be told of everything in a conversation, however large it is."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from chatkit.core.ids import ConversationId, UserId, is_uuid
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_presence.push.core import CHOICES, Want
from svc_presence.push.faults import FAULTS
from svc_presence.push.store import Listening, SubscriptionStore

log = structlog.get_logger()


class Listeners:
    """Notes it: what was chosen must not be lost as a push may be."""

    def __init__(self, store: SubscriptionStore) -> None:
        self._store = store

    async def learn(self, entries: Iterable[log_pb2.LogEntry]) -> None:
        """Note what entries of the log say of it. May be told of them twice. Raises UNAVAILABLE."""
        choices = [choice for entry in entries if (choice := _choice(entry))]
        if choices:
            await self._store.listen(choices)


def _choice(entry: log_pb2.LogEntry) -> Listening | None:
    """Return what an entry says of it; None if that is nothing, or can't be."""
    personal = entry.personal
    if entry.kind != entry_pb2.Entry.PERSONAL or not personal.preferences.HasField("notifications"):
        return None
    if not (is_uuid(personal.conversation_id) and is_uuid(entry.sender_id)):
        FAULTS["choice"].inc()
        log.error("choice_unreadable", conversation_id=entry.conversation_id, seq=entry.seq)
        return None
    is_on = CHOICES.get(personal.preferences.notifications) is Want.ALL
    return Listening(UserId(entry.sender_id), ConversationId(personal.conversation_id), entry.seq, is_on)

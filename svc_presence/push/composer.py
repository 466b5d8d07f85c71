"""What a push says: it is put into words when its turn comes, so that it says how things are then."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import structlog

from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, UserId
from elastic_chat.types.v1 import entry_pb2
from svc_presence.push.badges import Badges
from svc_presence.push.base64url import encoded
from svc_presence.push.news import ConversationRead, MessageCame, News
from svc_presence.push.port import Push, Urgency
from svc_presence.push.store import Subscription
from svc_presence.push.told import Reading, Told

log = structlog.get_logger()

MAX_TEXT = 500
"""Characters of a message that a push has room for, whatever they are."""


class Composer:
    """Writes pushes."""

    def __init__(self, told: Told, badges: Badges) -> None:
        self._told = told
        self._badges = badges

    async def compose(self, device: Subscription, news: News) -> Push | None:
        """Return what to push, or None if it is not to be told any more. Raises UNAVAILABLE if nobody knows."""
        topic = topic_of(news.conversation_id)
        match news:
            case MessageCame():
                if await self._is_read(device.user_id, news):
                    return None
                return Push(orjson.dumps(_message(news, device) | await self._badge(device.user_id)), topic)
            case ConversationRead():
                return Push(orjson.dumps(_read(news) | await self._badge(device.user_id)), topic, Urgency.LOW)

    async def _is_read(self, user_id: UserId, news: MessageCame) -> bool:
        """Note that a user is told of a message, unless they have read it meanwhile."""
        before = await self._told.note(user_id, news.conversation_id, news.seq)
        if before.read_seq < news.seq:
            return False
        if not before.was_told:  # else what they were told of is still to be taken back
            await self._told.take([Reading(user_id, news.conversation_id, before.read_seq)])
        return True

    async def _badge(self, user_id: UserId) -> dict[str, int]:
        """Return the number on the icon; nothing if nobody knows it: then the device leaves it as it is."""
        try:
            return {"badge": await self._badges.of(user_id)}
        except ChatError as error:
            log.warning("badge_unknown", reason=error.reason)
            return {}


def topic_of(conversation_id: ConversationId) -> str:
    """Return the name of what is told of a conversation, which tells the push service nothing of it: 32 characters of base64url."""
    return encoded(hashlib.sha256(conversation_id.encode()).digest()[:24])


def _message(news: MessageCame, device: Subscription) -> dict[str, Any]:
    says = {
        "type": "message",
        "conversationId": news.conversation_id,
        "seq": str(news.seq),
        "messageId": news.message_id,
        "senderId": news.sender_id,
        "mentioned": news.is_mentioned,
    }
    return says | {"text": entry_pb2.Body.FromString(news.body).text[:MAX_TEXT]} if device.shows_text else says


def _read(news: ConversationRead) -> dict[str, Any]:
    return {"type": "read", "conversationId": news.conversation_id, "seq": str(news.seq)}

"""What a device may have to be told of."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.core.ids import ConversationId, UserId


@dataclass(frozen=True, slots=True)
class MessageCame:
    """There is a message that the user wants to be told of. `body` is that of the entry, serialised."""

    conversation_id: ConversationId
    seq: int
    message_id: str
    sender_id: UserId
    is_mentioned: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class ConversationRead:
    """The user has read a conversation up to a seq: what was told of it up to there need not be shown any more."""

    conversation_id: ConversationId
    seq: int


News = MessageCame | ConversationRead

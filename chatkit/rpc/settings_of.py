"""What a message of the wire sets of a conversation, as the rules of settings take it."""

from __future__ import annotations

from chatkit.core.conversation_settings import SETTINGS, Value
from elastic_chat.types.v1 import conversation_pb2


def settings_of(message: conversation_pb2.ConversationSettings) -> dict[str, Value]:
    """Return the settings that are there, by name, without those that only newer services know."""
    return {field.name: value for field, value in message.ListFields() if field.name in SETTINGS}

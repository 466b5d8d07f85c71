"""What is set of a conversation, between the wire and the rules."""

from __future__ import annotations

from collections.abc import Mapping

from chatkit.core.conversation_settings import SETTINGS, Value
from elastic_chat.types.v1 import conversation_pb2


def message_of(settings: Mapping[str, Value]) -> conversation_pb2.ConversationSettings:
    """Return settings as the wire has them."""
    message = conversation_pb2.ConversationSettings()
    for name, value in settings.items():
        setattr(message, name, value)
    return message


def settings_of(message: conversation_pb2.ConversationSettings) -> dict[str, Value]:
    """Return the settings that are there, by name, without those that only newer services know."""
    return {field.name: value for field, value in message.ListFields() if field.name in SETTINGS}

"""How a user has a conversation, between the wire and the rules."""

from __future__ import annotations

from collections.abc import Mapping

from chatkit.core.conversation_preferences import FLAGS, PREFERENCES
from chatkit.rpc.admission import timestamp
from elastic_chat.types.v1 import conversation_pb2


def preferences_of(message: conversation_pb2.ConversationPreferences) -> dict[str, int]:
    """Return the preferences that are there, by name, without those that only newer services know."""
    values = {field.name: int(value) for field, value in message.ListFields() if field.name in PREFERENCES}
    if message.HasField("muted_until"):
        values["muted_until_ms"] = message.muted_until.seconds * 1000 + message.muted_until.nanos // 1_000_000
    return values


def preferences_message(values: Mapping[str, int]) -> conversation_pb2.ConversationPreferences:
    """Return preferences as the wire has them."""
    message = conversation_pb2.ConversationPreferences()
    for name, value in values.items():
        if name == "muted_until_ms":
            message.muted_until.CopyFrom(timestamp(value))
        else:
            setattr(message, name, bool(value) if name in FLAGS else value)
    return message

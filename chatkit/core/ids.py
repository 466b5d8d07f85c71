"""Identities: what they are made of, and what they tell.

Everything that is named on the wire is a UUID in its usual text form. Ids that are made are UUIDv7 (RFC 9562), so that they sort by time;
ids that must be found again by whoever knows the same facts are UUIDv5.
"""

from __future__ import annotations

import re
import uuid
from typing import NewType

import uuid_utils

from chatkit.core.errors import ChatError, Reason

UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)
ConnectionId = NewType("ConnectionId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)

_DIRECT = uuid.UUID("5d1c7c2e-41a5-5f6e-9b57-0c8f4f6f0d01")
_GROUP = uuid.UUID("5d1c7c2e-41a5-5f6e-9b57-0c8f4f6f0d02")
_DERIVED = uuid.UUID("5d1c7c2e-41a5-5f6e-9b57-0c8f4f6f0d03")

FUTURE_TOLERANCE_MS = 60_000
"""How far ahead of ours a client's clock may be."""

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID7 = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

REMEMBERED_MS = 15 * 60_000
"""How long the live view remembers a message_id. An older one is looked up in history."""


def new_id() -> str:
    """Return a new UUIDv7."""
    return str(uuid_utils.uuid7())


def is_uuid(text: str) -> bool:
    """Tell whether `text` is a UUID in the one text form that we use: 36 characters, lower case."""
    return _UUID.fullmatch(text) is not None


def check_message_id(text: str, now_ms: int) -> MessageId:
    """Return `text` as a message id, or raise INVALID_MESSAGE_ID: it must be a UUIDv7 whose time is no more than a minute ahead."""
    if _UUID7.fullmatch(text) is None:
        raise ChatError(Reason.INVALID_MESSAGE_ID, "message_id must be a UUIDv7 in lower case, made once for each message")
    message_id = MessageId(text)
    if message_id_ms(message_id) > now_ms + FUTURE_TOLERANCE_MS:
        raise ChatError(Reason.INVALID_MESSAGE_ID, "the time in message_id is over a minute ahead: set the clock of the client")
    return message_id


def message_id_ms(message_id: MessageId) -> int:
    """Return the Unix milliseconds at which a UUIDv7 says that it was made."""
    return int(message_id[:8] + message_id[9:13], 16)


def message_id_hour(message_id: MessageId) -> int:
    """Return the hour since 1970 at which a UUIDv7 says that it was made: ids of one hour lie together in the database."""
    return message_id_ms(message_id) // 3_600_000


def direct_conversation_id(one: UserId, other: UserId) -> ConversationId:
    """Return the id of the direct conversation of two users: the same from both sides, so that both starting at once meet in one."""
    return ConversationId(str(uuid.uuid5(_DIRECT, "/".join(sorted((one, other))))))


def notes_conversation_id(user_id: UserId) -> ConversationId:
    """Return the id of a user's notes to themselves."""
    return direct_conversation_id(user_id, user_id)


def group_conversation_id(creator: UserId, message_id: MessageId) -> ConversationId:
    """Return the id of the group that `creator` makes with `message_id`: the same at every retry."""
    return ConversationId(str(uuid.uuid5(_GROUP, f"{creator}/{message_id}")))


def derived_message_id(message_id: MessageId, what: str) -> MessageId:
    """Return the id of another entry that is made because of a message: the same whenever it is made, and of the same time."""
    digits = uuid.uuid5(_DERIVED, f"{message_id}/{what}").hex
    return MessageId(f"{message_id[:13]}-7{digits[:3]}-{'89ab'[int(digits[3], 16) % 4]}{digits[4:7]}-{digits[7:19]}")


def creation_message_id(conversation_id: ConversationId) -> MessageId:
    """Return the id of the entry that creates a conversation: one for each conversation, whoever asks for it and how often."""
    return MessageId(str(uuid.uuid5(_DERIVED, conversation_id)))

"""The devices that are registered, and who has chosen to be told of everything in a conversation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chatkit.core.ids import ConversationId, SessionId, UserId
from svc_presence.push.port import Target

_SUBSCRIPTION = uuid.UUID("5d1c7c2e-41a5-5f6e-9b57-0c8f4f6f0d04")


@dataclass(frozen=True, slots=True)
class Listening:
    """Whether a user has chosen to be told of everything in a conversation, by the entry at `seq` of their notes to themselves."""

    user_id: UserId
    conversation_id: ConversationId
    seq: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """A device of a user, in one of their login sessions; whether it is told the text of messages, and when it was registered last."""

    user_id: UserId
    session_id: SessionId
    target: Target
    shows_text: bool
    created_ms: int

    @property
    def subscription_id(self) -> str:
        """The name of the device: whoever registers it again names the same."""
        return str(uuid.uuid5(_SUBSCRIPTION, f"{self.user_id}/{self.target.endpoint}"))


class SubscriptionStore(Protocol):
    """Every method raises UNAVAILABLE if the store can't be reached."""

    async def put(self, subscription: Subscription) -> None:
        """Keep a device, in place of what was kept under its id."""
        ...

    async def of_each(self, users: Sequence[UserId]) -> list[list[Subscription]]:
        """Return the devices of each user, by rising ids."""
        ...

    async def remove(self, user_id: UserId, subscription_ids: Sequence[str]) -> None:
        """Forget devices of a user. Idempotent."""
        ...

    async def listen(self, choices: Sequence[Listening]) -> None:
        """Note what users have chosen. Of one user and conversation the highest seq counts, in whatever order they come."""
        ...

    async def listeners(self, conversation_id: ConversationId) -> list[UserId]:
        """Return who has chosen to be told of everything in a conversation, whether they are in it or not."""
        ...

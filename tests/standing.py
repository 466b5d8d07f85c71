"""What history knows of users, without history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, UserId
from svc_presence.push.standing import Unread


class MemoryStanding:
    """A Standing, which may be `away`."""

    def __init__(self) -> None:
        self.counts: dict[UserId, dict[ConversationId, tuple[int, int]]] = {}
        self.choices: dict[tuple[UserId, ConversationId], Mapping[str, int]] = {}
        self.away = False

    async def unread(self, user_id: UserId) -> Sequence[Unread]:
        self._look()
        counts = self.counts.get(user_id, {})
        return [Unread(one, *numbers, self.choices.get((user_id, one), {})) for one, numbers in counts.items()]

    async def chosen(self, conversation_id: ConversationId, users: Sequence[UserId]) -> Sequence[Mapping[str, int]]:
        self._look()
        return [self.choices.get((user_id, conversation_id), {}) for user_id in users]

    def _look(self) -> None:
        if self.away:
            raise ChatError(Reason.UNAVAILABLE)

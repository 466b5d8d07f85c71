"""A fake of it."""

from __future__ import annotations

from collections.abc import Sequence

from chatkit.core.ids import ConversationId, UserId
from svc_presence.push.told import Before, Reading


class MemoryTold:
    """A Told. `read` stands for what the router writes."""

    def __init__(self) -> None:
        self.read: dict[tuple[UserId, ConversationId], int] = {}
        self._told: dict[tuple[UserId, ConversationId], int] = {}

    async def note(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Before:
        name = (user_id, conversation_id)
        was_told = name in self._told
        self._told[name] = max(seq, self._told.get(name, 0))
        return Before(self.read.get(name, 0), was_told)

    async def take(self, readings: Sequence[Reading]) -> list[bool]:
        return [self._take(one) for one in readings]

    def _take(self, reading: Reading) -> bool:
        name = (reading.user_id, reading.conversation_id)
        if name not in self._told or self._told[name] > reading.seq:
            return False
        del self._told[name]
        return True

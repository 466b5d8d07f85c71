"""What presence knows of who has blocked whom, without presence."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, direct_conversation_id
from svc_router.store.memory import MemoryLiveView


class MemoryBlocks:
    """Blocks, which may be `away`: `pairs` are who has blocked whom."""

    def __init__(self, view: MemoryLiveView) -> None:
        self._view = view
        self.pairs: set[tuple[UserId, UserId]] = set()
        self.away = False
        self.noted = 0

    def block(self, one: UserId, other: UserId, *, blocked: bool = True) -> None:
        """Let a user block another, or block them no more, and the live view know it."""
        (self.pairs.add if blocked else self.pairs.discard)((one, other))
        self._view.blocks.setdefault(direct_conversation_id(one, other), {})[one] = blocked

    async def note(self, one: UserId, other: UserId) -> None:
        self._check()
        self.noted += 1
        known = self._view.blocks.setdefault(direct_conversation_id(one, other), {})
        known[one], known[other] = (one, other) in self.pairs, (other, one) in self.pairs

    async def blocked_by(self, user_id: UserId, others: Sequence[UserId]) -> Collection[UserId]:
        self._check()
        return {other for other in others if (other, user_id) in self.pairs}

    async def cut_off(self, user_id: UserId, others: Sequence[UserId]) -> Collection[UserId]:
        return {*await self.blocked_by(user_id, others), *(other for other in others if (user_id, other) in self.pairs)}

    def _check(self) -> None:
        if self.away:
            raise ChatError(Reason.UNAVAILABLE)

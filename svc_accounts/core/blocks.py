"""Whom users have blocked: a part of what they have decided about how they are reached and seen."""

from __future__ import annotations

from dataclasses import replace

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.core.presence import Wishes

MAX_BLOCKS = 500
"""Users whom one can block: all of them are told wherever it counts what the user has decided."""


def with_block(wishes: Wishes, other_id: UserId, blocked_ms: int | None) -> Wishes:
    """Return what a user has decided once they have blocked another at a Unix millisecond, or block them no more if that is None. Who is
    blocked already stays so. Raises LIMIT_REACHED.
    """
    others = {user_id: since_ms for user_id, since_ms in wishes.blocks.items() if user_id != other_id}
    if blocked_ms is None:
        return replace(wishes, blocks=others)
    if other_id in wishes.blocks:
        return wishes
    if len(others) >= MAX_BLOCKS:
        raise ChatError(Reason.LIMIT_REACHED, f"a user blocks at most {MAX_BLOCKS} others: unblock some first")
    return replace(wishes, blocks={**others, other_id: blocked_ms})

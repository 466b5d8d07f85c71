"""Counts wrong passwords, for all instances together, and makes those wait who try too many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from prometheus_client import Counter

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from svc_accounts.core.guesses import Tries, counted
from svc_accounts.store import TryStore

LOOKS = 5
"""How often a count is looked at again after another try came before it."""

REFUSED = Counter("chat_accounts_tries_refused_total", "Passwords that were not looked at because there were too many wrong ones before.")


class Guard:
    """Lets passwords be tried. `who` is under which name the tries are counted."""

    def __init__(self, store: TryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def allows(self, who: str, matches: Callable[[], Awaitable[bool]]) -> bool:
        """Tell whether a password matches. Raises OVERLOADED if it comes too early after others that did not.

        The try is counted before it is made: so many at the same time are no more than one after the other.
        """
        before, after = await self._count(who)
        try:
            is_right = await matches()
        except ChatError:
            await self._store.replace_tries(who, after, before)  # it was not made
            raise
        if is_right:
            await self._store.forget_tries(who)
        return is_right

    async def forgive(self, who: str) -> None:
        """Forget what was counted."""
        await self._store.forget_tries(who)

    async def _count(self, who: str) -> tuple[Tries | None, Tries]:
        for _ in range(LOOKS):
            before = await self._store.tries(who)
            try:
                after = counted(before, self._clock.now_ms())
            except ChatError:
                REFUSED.inc()
                raise
            if await self._store.replace_tries(who, before, after):
                return before, after
        raise ChatError(Reason.OVERLOADED, "too many passwords are tried at once", retry_after=timedelta(seconds=1))

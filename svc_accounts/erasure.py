"""Deleting an account: once it is decided, it is done, whatever fails meanwhile."""

from __future__ import annotations

import asyncio

import structlog

from chatkit.core.errors import ChatError
from svc_accounts.avatars import Avatars
from svc_accounts.bots import Bots
from svc_accounts.core.guesses import of_stranger
from svc_accounts.core.users import State, User
from svc_accounts.preferences import Preferences
from svc_accounts.sessions import Sessions
from svc_accounts.store import Stores

log = structlog.get_logger()

AGAIN_S = 5.0
"""How often what was begun is gone on with."""


class Erasure:
    """Deletes users. `run` must run beside it."""

    def __init__(self, stores: Stores, sessions: Sessions, bots: Bots, preferences: Preferences, avatars: Avatars) -> None:
        self._stores = stores
        self._sessions = sessions
        self._bots = bots
        self._preferences = preferences
        self._avatars = avatars

    async def erase(self, user: User) -> None:
        """Leave nothing of a user but a tombstone. After UNAVAILABLE it may have been begun: then it is gone on with until it is done."""
        await self._stores.erasures.add_erasure(user)
        await self._erase(user)

    async def run(self) -> None:
        """Go on with what was begun, for ever."""
        while True:
            await asyncio.sleep(AGAIN_S)
            try:
                await self.go_on()
            except ChatError as error:
                log.warning("erasure_failed", reason=error.reason)

    async def go_on(self) -> None:
        """Go on with what was begun. Several instances may do it at the same time."""
        for user in await self._stores.erasures.erasures():
            await self._erase(user)

    async def _erase(self, user: User) -> None:
        # First nobody comes in any more, then everyone goes, and only then what tells who they were.
        await self._stores.users.set_state(user, State.DISABLED)
        await self._sessions.end_all(user.user_id, "deleted")
        await self._bots.withdraw_all(user.user_id)
        await self._stores.identities.unlink_all(user.user_id)
        await self._stores.tries.forget_tries(of_stranger(user.username))
        await self._preferences.erase(user.user_id)
        known = await self._stores.users.user(user.user_id)
        if known is not None and known.avatar_file_id:
            await self._avatars.note(user.user_id, "")
        await self._stores.users.erase(user)
        await self._stores.erasures.remove_erasure(user.user_id)
        log.info("user_deleted", user_id=user.user_id)

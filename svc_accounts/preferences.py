"""What users decide about how they are seen: it is kept here, and presence is told of every change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import grpc
import structlog

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.core.presence import SECRET, Audience, Wishes
from chatkit.core.quiet_hours import QuietHours
from chatkit.rpc.errors import error_of
from chatkit.rpc.preferences import preferences_of, wishes_of
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2_grpc as rpc
from elastic_chat.types.v1 import presence_pb2
from svc_accounts.core.blocks import with_block
from svc_accounts.store import PreferenceStore, Untold

log = structlog.get_logger()

TRIES = 5
"""How often a change looks again after another one came before it."""
DEADLINE_S = 1.0
AGAIN_S = 2.0
"""How often presence is told again of what it could not be told."""


class Teller(Protocol):
    """Is told of what users have decided."""

    async def tell(self, user_id: UserId, wishes: Wishes, other_id: UserId | None = None) -> bool:
        """Have it hold on every node, with that whom the user has blocked or blocks no more, if somebody is named; False if that can't be
        done within a second.
        """
        ...


class MeshTeller:
    """The presence service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._presence: Any = rpc.PresenceServiceStub(channel)

    async def tell(self, user_id: UserId, wishes: Wishes, other_id: UserId | None = None) -> bool:
        request = pb.ApplyPreferencesRequest(user_id=user_id, preferences=preferences_of(wishes), other_user_id=other_id or "")
        try:
            await self._presence.ApplyPreferences(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as failure:
            log.warning("preferences_not_told", user_id=user_id, reason=error_of(failure).reason)
            return False
        return True


class Preferences:
    """The preferences of all users. `run` must run beside it."""

    def __init__(self, store: PreferenceStore, teller: Teller) -> None:
        self._store = store
        self._teller = teller

    async def of(self, user_ids: Sequence[UserId]) -> list[Wishes]:
        """Return what users have decided, or what is usual."""
        found = await self._store.preferences(user_ids)
        return [Wishes() if kept is None else wishes_of(presence_pb2.Preferences.FromString(kept)) for kept in found]

    async def set_privacy(self, user_id: UserId, *, audience: Audience | None, receipts: bool | None) -> Wishes:
        """Change what a user lets others know; None leaves it. After UNAVAILABLE it may hold all the same, or do so soon."""

        def change(wishes: Wishes) -> Wishes:
            return replace(
                wishes,
                audience=wishes.audience if audience is None else audience,
                receipts=wishes.receipts if receipts is None else receipts,
            )

        return await self._change_and_tell(user_id, change)

    async def set_quiet_hours(self, user_id: UserId, quiet_hours: QuietHours | None) -> Wishes:
        """Change when a user wants to hear of nothing. After UNAVAILABLE it may hold all the same, or do so soon."""
        return await self._change_and_tell(user_id, lambda wishes: replace(wishes, quiet_hours=quiet_hours))

    async def keep_status(self, user_id: UserId, status: Wishes) -> Wishes:
        """Keep the status of a user. Presence, which asks for it, knows of it by the answer."""

        def change(wishes: Wishes) -> Wishes:
            return replace(wishes, availability=status.availability, text=status.text, emoji=status.emoji, expires_ms=status.expires_ms)

        return await self._change(user_id, change)

    async def erase(self, user_id: UserId) -> None:
        """Leave nothing of what a user has decided but that nobody is told anything of them. Idempotent."""
        await self._change_and_tell(user_id, lambda wishes: replace(SECRET, version=wishes.version))

    async def set_block(self, user_id: UserId, other_id: UserId, blocked_ms: int | None) -> None:
        """Block a user since a Unix millisecond, or no more if that is None. Idempotent. Raises LIMIT_REACHED."""
        (wishes,) = await self.of([user_id])
        if (other_id in wishes.blocks) != (blocked_ms is not None):
            await self._change_and_tell(user_id, lambda before: with_block(before, other_id, blocked_ms), other_id)

    async def _change_and_tell(self, user_id: UserId, change: Callable[[Wishes], Wishes], other_id: UserId | None = None) -> Wishes:
        wishes = await self._change(user_id, change, is_to_be_told=True, other_id=other_id)
        untold = Untold(user_id, wishes.version, other_id)
        if await self._teller.tell(user_id, wishes, other_id):
            await self._store.remove_untold(untold)
        else:
            await self._store.add_untold(untold)  # whoever was at it may have struck it out before it held
        return wishes

    async def _change(
        self,
        user_id: UserId,
        change: Callable[[Wishes], Wishes],
        *,
        is_to_be_told: bool = False,
        other_id: UserId | None = None,
    ) -> Wishes:
        for _ in range(TRIES):
            (before,) = await self.of([user_id])
            after = replace(change(before), version=before.version + 1)
            if is_to_be_told:
                # Before it holds: if this process dies, another one tells of it.
                await self._store.add_untold(Untold(user_id, after.version, other_id))
            if await self._store.replace_preferences(user_id, after.version, preferences_of(after).SerializeToString()):
                return after
        raise ChatError(Reason.UNAVAILABLE, "the preferences change too fast: try again")

    async def run(self) -> None:
        """Tell presence of what it may not know yet, for ever."""
        while True:
            await asyncio.sleep(AGAIN_S)
            try:
                await self.try_again()
            except ChatError as error:
                log.warning("untold_not_read", reason=error.reason)

    async def try_again(self) -> None:
        """Tell presence of what it may not know yet. Several instances may do it at the same time."""
        for untold in await self._store.untold():
            (wishes,) = await self.of([untold.user_id])
            if not await self._teller.tell(untold.user_id, wishes, untold.other_id):
                return  # the next one would wait as long
            await self._store.remove_untold(untold)

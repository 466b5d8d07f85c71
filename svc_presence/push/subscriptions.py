"""The devices of users: registered, listed and forgotten."""

from __future__ import annotations

from collections.abc import Collection

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, is_uuid
from chatkit.rpc.caller import Caller
from svc_presence.push.port import PushService, Target
from svc_presence.push.store import Subscription, SubscriptionStore
from svc_presence.store import Directory

MAX_DEVICES = 20


class Subscriptions:
    """What users may do with their devices."""

    def __init__(self, store: SubscriptionStore, directory: Directory, clock: Clock, public_key: str, service: PushService) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._service = service
        self.public_key = public_key

    async def register(self, caller: Caller, target: Target, *, shows_text: bool) -> Subscription:
        """Register a device of the caller's login session. Raises INVALID_ARGUMENT for what no device gives."""
        self._service.check(target)
        if not is_uuid(caller.session_id):
            raise ChatError(Reason.UNAUTHENTICATED)
        device = Subscription(caller.user_id, caller.session_id, target, shows_text, self._clock.now_ms())
        await self._store.put(device)
        # After that: see end_session, and whoever notes its end before it, which do the two in the other order.
        if await self._directory.has_ended(caller.user_id, caller.session_id):
            await self._store.remove(caller.user_id, [device.subscription_id])
            raise ChatError(Reason.UNAUTHENTICATED)
        devices = await self.of(caller.user_id)
        await self._forget(caller.user_id, devices[:-MAX_DEVICES])
        return device

    async def of(self, user_id: UserId) -> list[Subscription]:
        """Return the devices of a user, by when they were registered."""
        (devices,) = await self._store.of_each([user_id])
        return sorted(devices, key=lambda one: (one.created_ms, one.subscription_id))

    async def remove(self, user_id: UserId, subscription_id: str) -> None:
        """Forget a device of a user. Idempotent."""
        if not is_uuid(subscription_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "subscription_id must be one that you were given")
        await self._store.remove(user_id, [subscription_id])

    async def end_session(self, user_id: UserId, session_id: SessionId) -> None:
        """Forget the devices of a login session, of which it is noted that it has ended. Idempotent."""
        await self._forget(user_id, [one for one in await self.of(user_id) if one.session_id == session_id])

    async def _forget(self, user_id: UserId, devices: Collection[Subscription]) -> None:
        if devices:
            await self._store.remove(user_id, [one.subscription_id for one in devices])

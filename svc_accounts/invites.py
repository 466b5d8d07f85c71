"""Invites: made by administrators, taken by those who register."""

from __future__ import annotations

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import is_uuid, new_id
from svc_accounts.core import invites as rules
from svc_accounts.core.invites import Invite
from svc_accounts.core.opaque import Opaque
from svc_accounts.store import InviteStore


class Invites:
    """All invites."""

    def __init__(self, store: InviteStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, created_by: str, lifetime_s: int) -> tuple[Invite, str]:
        """Make an invite; return it, and the code that is told only now. Raises INVALID_ARGUMENT or LIMIT_REACHED."""
        lifetime_ms = rules.check_lifetime(lifetime_s) * 1000
        if len(await self._store.invites()) >= rules.MAX_INVITES:
            raise ChatError(Reason.LIMIT_REACHED, f"there are at most {rules.MAX_INVITES} invites: withdraw some")
        code, now_ms = Opaque.new(rules.KIND, new_id()), self._clock.now_ms()
        invite = Invite(code.ids[0], code.hash, created_by, now_ms, now_ms + lifetime_ms)
        await self._store.add_invite(invite)
        return invite, code.encode()

    async def all(self) -> list[Invite]:
        """Return every invite that is still good, the newest first."""
        now_ms = self._clock.now_ms()
        good = [invite for invite in await self._store.invites() if invite.expires_at_ms > now_ms]
        return sorted(good, key=lambda invite: invite.invite_id, reverse=True)

    async def withdraw(self, invite_id: str) -> None:
        """Make an invite worthless. Raises INVALID_ARGUMENT if that is no id."""
        if not is_uuid(invite_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "invite_id must be one of those that ListInvites names")
        await self._store.remove_invite(invite_id)

    async def take(self, code: str) -> Invite:
        """Use an invite up. Raises BAD_INVITE if it is none that is good."""
        asked = Opaque.decode(rules.KIND, 1, code)
        invite = await self._store.take_invite(asked.ids[0], asked.hash) if asked else None
        if invite is None or invite.expires_at_ms <= self._clock.now_ms():
            raise ChatError(Reason.BAD_INVITE)
        return invite

    async def give_back(self, invite: Invite) -> None:
        """Let an invite be used after all."""
        await self._store.add_invite(invite)

"""What administrators and the operator do with the accounts of others."""

from __future__ import annotations

from typing import Any

import grpc
import structlog

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.rpc.caller import Caller, admin_of
from svc_accounts.bots import Bots
from svc_accounts.core.guesses import of_stranger
from svc_accounts.core.passwords import check_new_password
from svc_accounts.core.users import Role, State, Suspension, User, folded
from svc_accounts.erasure import Erasure
from svc_accounts.guard import Guard
from svc_accounts.passwords import Passwords
from svc_accounts.sessions import Sessions
from svc_accounts.store import UserStore

log = structlog.get_logger()


class Admin:
    """The accounts of others. Methods that name a user raise UNKNOWN_USER if there is none; `caller` is None for the operator."""

    def __init__(self, users: UserStore, sessions: Sessions, bots: Bots, guard: Guard, passwords: Passwords, erasure: Erasure) -> None:
        self._users = users
        self._sessions = sessions
        self._bots = bots
        self._guard = guard
        self._passwords = passwords
        self._erasure = erasure

    async def check(self, context: grpc.aio.ServicerContext[Any, Any]) -> Caller | None:
        """Return the administrator who calls, or None for the operator; raise PERMISSION_DENIED or UNAUTHENTICATED for everyone else.

        A token says what its user was when it was made. Here it is known what they are.
        """
        caller = admin_of(context)
        if caller is not None:
            await self._sessions.of(caller)
            user = await self._users.user(caller.user_id)
            if user is None or user.role is not Role.ADMIN:
                raise ChatError(Reason.PERMISSION_DENIED, "you are no administrator any more")
        return caller

    async def find(self, user_id: str, username: str = "") -> User:
        """Return a user by id or by name. Raises INVALID_ARGUMENT unless one of the two is given."""
        if bool(user_id) == bool(username):
            raise ChatError(Reason.INVALID_ARGUMENT, "give either user_id or username")
        if username:
            credentials = await self._users.credentials(folded(username))
            user_id = credentials.user_id if credentials else ""
        user = await self._users.user(UserId(user_id))
        if user is None or user.state is State.DELETED:
            raise ChatError(Reason.UNKNOWN_USER)
        return user

    async def set_role(self, caller: Caller | None, user_id: str, role: Role) -> None:
        """Give a user a role."""
        user = await self._other(caller, user_id)
        if user.is_bot:
            raise ChatError(Reason.INVALID_ARGUMENT, "a bot can't be an administrator")
        if not await self._users.set_role(user, role):
            raise ChatError(Reason.UNKNOWN_USER)
        _log("role_set", caller, user, role=role)

    async def disable(self, caller: Caller | None, user_id: str) -> None:
        """Let a user in no more, and end their sessions."""
        user = await self._other(caller, user_id)
        if not await self._users.set_state(user, State.DISABLED):
            raise ChatError(Reason.UNKNOWN_USER)
        await self._sessions.end_all(user.user_id, "disabled")
        await self._bots.shut(user.user_id)
        _log("user_disabled", caller, user)

    async def enable(self, caller: Caller | None, user_id: str) -> None:
        """Let a user in again."""
        user = await self.find(user_id)
        if user.state is State.ACTIVE:
            return
        await self._bots.reopen(user.user_id)
        if not await self._users.set_state(user, State.ACTIVE):
            raise ChatError(Reason.UNKNOWN_USER)
        _log("user_enabled", caller, user)

    async def suspend(self, caller: Caller | None, user_id: str, suspension: Suspension) -> None:
        """Let a user in no more until a time, and end their sessions."""
        user = await self._other(caller, user_id)
        if not await self._users.set_suspension(user, suspension):
            raise ChatError(Reason.UNKNOWN_USER)
        await self._sessions.end_all(user.user_id, "suspended")
        # By other names than those that have ended: a suspension ends without anybody's doing.
        await self._bots.shut(user.user_id)
        await self._bots.reopen(user.user_id)
        _log("user_suspended", caller, user)

    async def lift_suspension(self, caller: Caller | None, user_id: str) -> None:
        """Let a user in again who was suspended."""
        user = await self.find(user_id)
        if user.suspension is not None and not await self._users.set_suspension(user, None):
            raise ChatError(Reason.UNKNOWN_USER)
        _log("suspension_lifted", caller, user)

    async def reset_password(self, caller: Caller | None, user_id: str, password: str) -> None:
        """Give a user another password, end their sessions, and forget the wrong passwords of strangers."""
        password = check_new_password(password)
        user = await self.find(user_id)
        if user.is_bot:
            raise ChatError(Reason.INVALID_ARGUMENT, "a bot has service tokens, and no password")
        credentials = await self._users.credentials(user.username)
        if credentials is None:
            raise ChatError(Reason.UNKNOWN_USER)
        if not await self._users.replace_password(user.username, credentials, await self._passwords.hash(password)):
            raise ChatError(Reason.UNAVAILABLE, "the password was changed by somebody else a moment ago: try again")
        await self._sessions.end_all(user.user_id, "password")
        await self._guard.forgive(of_stranger(user.username))
        _log("password_reset", caller, user)

    async def delete(self, caller: Caller | None, user_id: str) -> None:
        """Delete the account of a user."""
        user = await self._users.user(UserId(user_id))
        if user is not None and user.state is State.DELETED:
            return
        user = await self._other(caller, user_id)
        await self._erasure.erase(user)
        _log("user_deleted_by", caller, user)

    async def _other(self, caller: Caller | None, user_id: str) -> User:
        """Return a user, or raise PERMISSION_DENIED if that is who calls: so that an administrator is left."""
        user = await self.find(user_id)
        if caller is not None and caller.user_id == user.user_id:
            raise ChatError(Reason.PERMISSION_DENIED, "administrators can't take this from themselves: ask another one")
        return user


def _log(event: str, caller: Caller | None, user: User, **facts: str) -> None:
    log.info(event, by=caller.user_id if caller else "operator", user_id=user.user_id, **facts)

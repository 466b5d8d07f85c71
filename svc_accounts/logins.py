"""Passwords, as far as their users have them: who registers with one, logs in with one, and gets another."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from chatkit.core.ids import UserId, new_id
from chatkit.rpc.caller import Caller
from svc_accounts.core import guesses
from svc_accounts.core.passwords import check_new_password, check_password, wrong_credentials
from svc_accounts.core.users import Credentials, User, check_device, folded, is_username
from svc_accounts.erasure import Erasure
from svc_accounts.guard import Guard
from svc_accounts.issuer import Tokens
from svc_accounts.newcomers import Newcomer, Newcomers
from svc_accounts.passwords import Passwords
from svc_accounts.sessions import Sessions
from svc_accounts.store import UserStore

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Login:
    """What a login gives: the tokens, and what the device shows at the next one."""

    tokens: Tokens
    device_token: str


class Logins:
    """Everything that takes a password from its user. Device tokens are made with `device_key`."""

    def __init__(
        self,
        newcomers: Newcomers,
        users: UserStore,
        sessions: Sessions,
        guard: Guard,
        passwords: Passwords,
        erasure: Erasure,
        device_key: bytes,
    ) -> None:
        self._newcomers = newcomers
        self._erasure = erasure
        self._users = users
        self._sessions = sessions
        self._guard = guard
        self._passwords = passwords
        self._device_key = device_key

    async def register(self, newcomer: Newcomer, invite: str, device: str) -> Login:
        """Make a user and log them in. Raises USERNAME_TAKEN, INVALID_ARGUMENT, OVERLOADED, BAD_INVITE or PERMISSION_DENIED."""
        device = check_device(device)
        user = await self._newcomers.register(newcomer, invite)
        return await self._logged_in(user.user_id, device, new_id())

    async def login(self, username: str, password: str, device: str, device_token: str) -> Login:
        """Begin a session. Raises BAD_CREDENTIALS, INVALID_ARGUMENT or OVERLOADED."""
        username, device = folded(username), check_device(device)
        password = check_password(password)
        credentials = await self._users.credentials(username) if is_username(username) else None
        device_id = guesses.device_of(device_token, credentials.user_id, self._device_key) if credentials else None
        who = guesses.of_device(username, device_id) if device_id else guesses.of_stranger(username)
        if not await self._is_right(who, username, credentials, password) or credentials is None:
            raise wrong_credentials()
        login = await self._logged_in(credentials.user_id, device, device_id or new_id())
        # Whoever changes the password ends the sessions that are there then: this one came just before it, or just after.
        if await self._users.credentials(username) != credentials:
            await self._sessions.end(credentials.user_id, login.tokens.session_id, "password")
            raise wrong_credentials()
        return login

    async def change_password(self, caller: Caller, old_password: str, new_password: str) -> None:
        """Give the caller another password and end their other sessions. Raises BAD_CREDENTIALS, INVALID_ARGUMENT or OVERLOADED."""
        new_password = check_new_password(new_password)
        user, credentials = await self._confirmed(caller, old_password)
        if not await self._users.replace_password(user.username, credentials, await self._passwords.hash(new_password)):
            raise wrong_credentials()  # it is another one since a moment ago
        log.info("password_changed", user_id=caller.user_id)
        await self._sessions.end_others(caller, "password")

    async def confirm(self, caller: Caller, password: str) -> None:
        """Raise BAD_CREDENTIALS or OVERLOADED unless the password is the caller's."""
        await self._confirmed(caller, password)

    async def delete(self, caller: Caller, password: str) -> None:
        """Delete the caller's account. Raises BAD_CREDENTIALS or OVERLOADED."""
        user, _ = await self._confirmed(caller, password)
        await self._erasure.erase(user)

    async def _confirmed(self, caller: Caller, password: str) -> tuple[User, Credentials]:
        """Return the caller and their credentials if the password is theirs and their session lives."""
        password = check_password(password)
        await self._sessions.of(caller)
        user = await self._users.user(caller.user_id)
        if user is None:
            raise wrong_credentials()
        credentials = await self._users.credentials(user.username)
        who = guesses.of_device(user.username, caller.session_id)
        if not await self._is_right(who, user.username, credentials, password) or credentials is None:
            raise wrong_credentials()
        return user, credentials

    async def _is_right(self, who: str, username: str, credentials: Credentials | None, password: str) -> bool:
        """Tell whether a password is right: in the same time, and with the same waits, if there is no such user."""
        password_hash = credentials.password_hash if credentials else None

        async def matches() -> bool:
            return await self._passwords.verify(password_hash, password)

        # What nobody can be called needs no count.
        return await (self._guard.allows(who, matches) if is_username(username) else matches())

    async def _logged_in(self, user_id: UserId, device: str, device_id: str) -> Login:
        tokens = await self._sessions.begin(user_id, device)
        return Login(tokens, guesses.device_token(device_id, user_id, self._device_key))

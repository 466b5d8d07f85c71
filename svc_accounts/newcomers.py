"""How a user comes to be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from svc_accounts.core.invites import Registration
from svc_accounts.core.passwords import check_new_password
from svc_accounts.core.users import Role, User, check_display_name, check_username
from svc_accounts.invites import Invites
from svc_accounts.passwords import Passwords
from svc_accounts.store import UserStore

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is said of somebody who is to be a user."""

    username: str
    password: str
    display_name: str


class Newcomers:
    """Makes users. `registration` says who may become one by themselves. Every method raises USERNAME_TAKEN, INVALID_ARGUMENT or
    OVERLOADED.
    """

    def __init__(self, users: UserStore, invites: Invites, passwords: Passwords, clock: Clock, registration: Registration) -> None:
        self._users = users
        self._invites = invites
        self._passwords = passwords
        self._clock = clock
        self._registration = registration

    async def register(self, newcomer: Newcomer, invite_code: str) -> User:
        """Make a user who wants to be one. Raises BAD_INVITE or PERMISSION_DENIED, too."""
        match self._registration:
            case Registration.OPEN:
                return await self.create(newcomer, Role.USER)
            case Registration.CLOSED:
                raise ChatError(Reason.PERMISSION_DENIED, "nobody can register here: ask an administrator for an account")
            case Registration.INVITE:
                invite = await self._invites.take(invite_code)
        try:
            return await self.create(newcomer, Role.USER)
        except ChatError:
            await self._invites.give_back(invite)
            raise

    async def create(self, newcomer: Newcomer, role: Role) -> User:
        """Make a user with a password."""
        user = replace(self._new(newcomer.username, newcomer.display_name), role=role)
        password = check_new_password(newcomer.password)
        # looked up first, so that a taken name costs no hash; who is really first is decided when the user is added
        if await self._users.credentials(user.username) is not None:
            raise ChatError(Reason.USERNAME_TAKEN)
        return await self._added(user, await self._passwords.hash(password))

    async def create_bot(self, username: str, display_name: str) -> User:
        """Make a user who is a program, and has no password."""
        return await self._added(replace(self._new(username, display_name), is_bot=True), None)

    async def create_named(self, username: str, display_name: str) -> User:
        """Make a user whom another provider has named, and who has no password. A name that can't be shown is not shown."""
        try:
            user = self._new(username, display_name)
        except ChatError:
            user = self._new(username, "")
        return await self._added(user, None)

    async def take_back(self, user: User) -> None:
        """Undo that a user was made, a moment ago; the user name is free again."""
        await self._users.remove_user(user)

    def _new(self, username: str, display_name: str) -> User:
        username = check_username(username)
        return User(UserId(new_id()), username, check_display_name(display_name, username), self._clock.now_ms())

    async def _added(self, user: User, password_hash: str | None) -> User:
        if not await self._users.add_user(user, password_hash):
            raise ChatError(Reason.USERNAME_TAKEN)
        log.info("user_registered", user_id=user.user_id)
        return user

"""Logins by another provider, from their beginning to the user whom they are of."""

from __future__ import annotations

import secrets
from collections.abc import Collection

import structlog

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.rpc.caller import Caller
from svc_accounts.core import oidc as rules
from svc_accounts.core.oidc import Attempt, Identity
from svc_accounts.core.users import User, check_device
from svc_accounts.issuer import Tokens
from svc_accounts.logins import Logins
from svc_accounts.newcomers import Newcomers
from svc_accounts.oidc.provider import Provider
from svc_accounts.sessions import Sessions
from svc_accounts.store import AttemptStore, IdentityStore

log = structlog.get_logger()


class OidcLogins:
    """Logins by `provider`, which is None if there is none. Who has no account gets one if `may_sign_up`."""

    def __init__(
        self,
        provider: Provider | None,
        redirect_uris: Collection[str],
        *,
        may_sign_up: bool,
        attempts: AttemptStore,
        identities: IdentityStore,
        newcomers: Newcomers,
        sessions: Sessions,
        logins: Logins,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._redirect_uris = frozenset(redirect_uris)
        self._may_sign_up = may_sign_up
        self._attempts = attempts
        self._identities = identities
        self._newcomers = newcomers
        self._sessions = sessions
        self._logins = logins
        self._clock = clock

    async def start(self, redirect_uri: str) -> tuple[str, str, str]:
        """Begin a login; return where to send the user, the state, and the secret without which nobody finishes it."""
        provider = self._there()
        if redirect_uri not in self._redirect_uris:
            raise ChatError(Reason.INVALID_ARGUMENT, "redirect_uri must be one of CHAT_ACCOUNTS_OIDC_REDIRECT_URIS")
        state, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        expires_at_ms = self._clock.now_ms() + rules.ATTEMPT_S * 1000
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        attempt = Attempt(rules.hash_of(state), rules.hash_of(secret), nonce, verifier, redirect_uri, expires_at_ms)
        url = await provider.authorization_url(attempt, state)
        await self._attempts.add_attempt(attempt)
        return url, state, secret

    async def finish(self, state: str, code: str, secret: str, device: str) -> Tokens:
        """Begin a session of the user whom the provider names. Raises UNAUTHENTICATED, ACCOUNT_DISABLED, PERMISSION_DENIED or
        UNAVAILABLE.
        """
        device = check_device(device)
        identity = await self._named(state, code, secret)
        user_id = await self._identities.user_of(identity) or await self._signed_up(identity)
        return await self._sessions.begin(user_id, device)

    async def link(self, caller: Caller, state: str, code: str, secret: str, password: str) -> None:
        """Let whom the provider names log in as the caller. Raises PERMISSION_DENIED if that is somebody else's login already."""
        await self._logins.confirm(caller, password)
        if await self._identities.link(await self._named(state, code, secret), caller.user_id) != caller.user_id:
            raise ChatError(Reason.PERMISSION_DENIED, "that login belongs to another account: unlink it there first")
        log.info("identity_linked", user_id=caller.user_id)

    async def unlink(self, caller: Caller, password: str) -> None:
        """Let nobody log in as the caller by the provider any more."""
        await self._logins.confirm(caller, password)
        await self._identities.unlink_all(caller.user_id)
        log.info("identities_unlinked", user_id=caller.user_id)

    def _there(self) -> Provider:
        if self._provider is None:
            raise ChatError(Reason.NOT_FOUND, "no other provider is set up here: log in by user name and password")
        return self._provider

    async def _named(self, state: str, code: str, secret: str) -> Identity:
        """Return whom the provider names for a login that was begun here. It can be tried once."""
        provider = self._there()
        attempt = await self._attempts.take_attempt(rules.hash_of(state))
        return await provider.identity(rules.check_secret(attempt, secret, self._clock.now_ms()), code)

    async def _signed_up(self, identity: Identity) -> UserId:
        """Make a user for somebody who has none yet.

        The user comes first, and is taken back if another login of the same person was faster to make one. If this process dies between the
        two, a user is left whom nobody is: that only costs a name.
        """
        if not self._may_sign_up:
            raise ChatError(
                Reason.PERMISSION_DENIED, "nobody here is known by that login: ask an administrator for an account, and link it"
            )
        user = await self._made(identity)
        user_id = await self._identities.link(identity, user.user_id)
        if user_id != user.user_id:
            await self._newcomers.take_back(user)
        return user_id

    async def _made(self, identity: Identity) -> User:
        for username in rules.usernames(identity.username):
            try:
                return await self._newcomers.create_named(username, identity.display_name)
            except ChatError as error:
                if error.reason is not Reason.USERNAME_TAKEN:
                    raise
        raise ChatError(Reason.UNAVAILABLE, "no user name was free: begin anew")

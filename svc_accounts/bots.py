"""Bots: users who come in by service tokens, which are exchanged for access tokens."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, is_uuid, new_id
from svc_accounts.connections import Closing
from svc_accounts.core import service_tokens as rules
from svc_accounts.core.opaque import Opaque
from svc_accounts.core.service_tokens import ServiceToken
from svc_accounts.core.users import User, check_token_name, kept_out
from svc_accounts.issuer import Issuer
from svc_accounts.store import ServiceTokenStore, UserStore

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pass:
    """What a bot gets for a service token: the fields of the answer."""

    user_id: UserId
    session_id: SessionId
    access_token: str
    expires_in: int


class Bots:
    """The service tokens of all bots."""

    def __init__(self, store: ServiceTokenStore, users: UserStore, issuer: Issuer, closing: Closing, clock: Clock) -> None:
        self._store = store
        self._users = users
        self._issuer = issuer
        self._closing = closing
        self._clock = clock

    async def create(self, bot: User, name: str, created_by: str) -> tuple[ServiceToken, str]:
        """Make a service token; return what is kept of it, and what is told only now. Raises INVALID_ARGUMENT or LIMIT_REACHED."""
        if not bot.is_bot:
            raise ChatError(Reason.INVALID_ARGUMENT, "user_id is that of a person: only bots have service tokens")
        name = check_token_name(name)
        if len(await self._store.tokens(bot.user_id)) >= rules.MAX_TOKENS:
            raise ChatError(Reason.LIMIT_REACHED, f"a bot has at most {rules.MAX_TOKENS} service tokens: withdraw some")
        secret = Opaque.new(rules.KIND, bot.user_id, new_id())
        token = ServiceToken(bot.user_id, secret.ids[1], secret.hash, SessionId(new_id()), name, created_by, self._clock.now_ms())
        await self._store.add_token(token)
        log.info("service_token_created", user_id=bot.user_id, token_id=token.token_id, by=created_by or "operator")
        return token, secret.encode()

    async def all(self, bot: User) -> list[ServiceToken]:
        """Return the service tokens of a bot, the newest first."""
        return sorted(await self._store.tokens(bot.user_id), key=lambda token: token.token_id, reverse=True)

    async def withdraw(self, bot: User, token_id: str) -> None:
        """Make a service token worthless, and close its connections. Raises INVALID_ARGUMENT if that is no id."""
        if not is_uuid(token_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "token_id must be one of those that ListServiceTokens names")
        token = await self._store.token(bot.user_id, token_id)
        if token is not None:
            await self._withdraw(token)

    async def exchange(self, text: str) -> Pass:
        """Return an access token. Raises UNAUTHENTICATED, ACCOUNT_DISABLED or ACCOUNT_SUSPENDED."""
        secret = Opaque.decode(rules.KIND, 2, text)
        if secret is None:
            raise rules.refused()
        user_id = UserId(secret.ids[0])
        token, user = await asyncio.gather(self._store.token(user_id, secret.ids[1]), self._users.user(user_id))
        if token is None or user is None or not hmac.compare_digest(token.secret_hash, secret.hash):
            raise rules.refused()
        if not user.may_come_in(self._clock.now_ms()):
            raise kept_out(user, self._clock.now_ms())
        if not await self._store.use_token(token, self._clock.now_ms()):
            raise rules.refused()
        access_token = self._issuer.access_token(user, token.session_id)
        return Pass(user_id, token.session_id, access_token, self._issuer.lifetime_s)

    async def shut(self, user_id: UserId) -> None:
        """Close the connections of all service tokens of a bot that was disabled or suspended."""
        await self._each(user_id, lambda token: self._closing.close(user_id, token.session_id))

    async def reopen(self, user_id: UserId) -> None:
        """Let the service tokens of a bot that is to be enabled be worth something again: under other names than those that have ended."""
        await self._each(user_id, lambda token: self._store.rename_token(token, SessionId(new_id())))

    async def withdraw_all(self, user_id: UserId) -> None:
        """Make all service tokens of a bot worthless."""
        await self._each(user_id, self._withdraw)

    async def _withdraw(self, token: ServiceToken) -> None:
        # Connections first: whoever repeats a call that failed must still find the token.
        await self._closing.close(token.user_id, token.session_id)
        await self._store.remove_token(token.user_id, token.token_id)
        log.info("service_token_withdrawn", user_id=token.user_id, token_id=token.token_id)

    async def _each(self, user_id: UserId, work: Callable[[ServiceToken], Awaitable[object]]) -> None:
        await asyncio.gather(*(work(token) for token in await self._store.tokens(user_id)))

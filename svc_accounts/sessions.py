"""Login sessions: they begin with a login, go on with refresh tokens, are shown to their user, and end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, get_args

import structlog

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, is_uuid, new_id
from chatkit.metrics import counter
from chatkit.rpc.caller import Caller
from svc_accounts.connections import Closing
from svc_accounts.core import sessions as rules
from svc_accounts.core.sessions import RefreshToken, Session, Use
from svc_accounts.core.users import State, kept_out
from svc_accounts.issuer import Issuer, Tokens
from svc_accounts.store import SessionStore, UserStore

log = structlog.get_logger()

Cause = Literal["logout", "ended", "reuse", "password", "disabled", "suspended", "deleted", "surplus"]
ENDED = counter("chat_accounts_sessions_ended_total", "Login sessions that were ended, by cause.", cause=get_args(Cause))

TRIES = 3
"""How often a refresh looks again after another one came before it: the second look finds what that one did."""


class Sessions:
    """The sessions of all users. A refresh token's successor is made with `successor_key`; a session that is not refreshed for `lifetime`
    has ended.
    """

    def __init__(
        self,
        store: SessionStore,
        users: UserStore,
        issuer: Issuer,
        closing: Closing,
        clock: Clock,
        successor_key: bytes,
        lifetime: timedelta,
    ) -> None:
        self._store = store
        self._users = users
        self._issuer = issuer
        self._closing = closing
        self._clock = clock
        self._successor_key = successor_key
        self._lifetime_ms = int(lifetime.total_seconds() * 1000)

    async def begin(self, user_id: UserId, device: str) -> Tokens:
        """Begin a session of a user who has proved who they are. Raises ACCOUNT_DISABLED or ACCOUNT_SUSPENDED."""
        family, secret = secrets.token_bytes(rules.FAMILY_BYTES), secrets.token_bytes(rules.SECRET_BYTES)
        token = RefreshToken(user_id, SessionId(new_id()), family, secret)
        await self._store.add_session(rules.opened(token, device, self._clock.now_ms(), self._lifetime_ms))
        # Whoever disables or suspends a user ends the sessions that are there then: this one came just before it, or just after.
        user = await self._users.user(user_id)
        if user is None or not user.may_come_in(self._clock.now_ms()):
            await self.end(user_id, token.session_id, "disabled" if user is None or user.state is not State.ACTIVE else "suspended")
            raise kept_out(user, self._clock.now_ms())
        log.info("session_started", user_id=user_id, session_id=token.session_id)
        await self._end_each(rules.surplus(await self._store.sessions(user_id)), "surplus")
        return self._issuer.tokens(user, token)

    async def refresh(self, text: str) -> Tokens:
        """Return new tokens for a refresh token, or raise UNAUTHENTICATED; a token that was used before ends its session."""
        token = RefreshToken.decode(text)
        successor = token.successor(self._successor_key)
        for _ in range(TRIES):
            now_ms = self._clock.now_ms()
            session, user = await asyncio.gather(self._store.session(token.user_id, token.session_id), self._users.user(token.user_id))
            if session is None or user is None or not user.may_come_in(now_ms):
                raise rules.refused()
            use = rules.judge(token, successor, session, now_ms)
            if use is Use.REUSE:
                log.warning("refresh_token_reused", user_id=token.user_id, session_id=token.session_id)
                await self.end(token.user_id, token.session_id, "reuse")
            if use in {Use.REUSE, Use.STRAY}:
                raise rules.refused()
            rotated = rules.rotated(session, successor, now_ms, self._lifetime_ms)
            if use is Use.REPEAT or await self._store.replace_session(session, rotated):
                return self._issuer.tokens(user, successor)
        raise ChatError(Reason.UNAVAILABLE, "the session changes too fast: try again with the same token")

    async def of(self, caller: Caller) -> list[Session]:
        """Return every session of the caller, the one that was used last before the others. Raises UNAUTHENTICATED if the caller's own has
        ended: an access token outlives it.
        """
        sessions = await self._store.sessions(caller.user_id)
        if all(session.session_id != caller.session_id for session in sessions):
            raise ChatError(Reason.UNAUTHENTICATED, "the login session has ended: log in again")
        return rules.by_use(sessions)

    async def end(self, user_id: UserId, session_id: SessionId, cause: Cause) -> None:
        """End a session and have its connections closed. Idempotent: an earlier call may have failed half-way."""
        # Connections first: whoever repeats a call that failed must still find the session.
        await self._closing.close(user_id, session_id)
        if await self._store.end_session(user_id, session_id):
            ENDED[cause].inc()
            log.info("session_ended", user_id=user_id, session_id=session_id, cause=cause)

    async def end_one(self, caller: Caller, session_id: str) -> None:
        """End one of the caller's sessions."""
        if not is_uuid(session_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "session_id must be one of those that ListSessions names")
        if any(session.session_id == session_id for session in await self.of(caller)):
            await self.end(caller.user_id, SessionId(session_id), "ended")

    async def end_others(self, caller: Caller, cause: Cause) -> None:
        """End every session of the caller but the one that calls."""
        await self._end_each([session for session in await self.of(caller) if session.session_id != caller.session_id], cause)

    async def end_all(self, user_id: UserId, cause: Cause) -> None:
        """End every session of a user."""
        await self._end_each(await self._store.sessions(user_id), cause)

    async def _end_each(self, sessions: Iterable[Session], cause: Cause) -> None:
        await asyncio.gather(*(self.end(session.user_id, session.session_id, cause) for session in sessions))

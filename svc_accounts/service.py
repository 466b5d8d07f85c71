"""AccountsService: proto/elastic_chat/accounts/v1 tells what each method promises."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, is_uuid, new_id
from chatkit.rpc.caller import caller_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc
from svc_accounts import core
from svc_accounts.connections import Connections
from svc_accounts.passwords import Passwords
from svc_accounts.signer import Signer
from svc_accounts.store import AccountStore

log = structlog.get_logger()

ENDED = Counter("chat_accounts_sessions_ended_total", "Login sessions that were ended, by cause: logout or reuse.", ("cause",))

TRIES = 3
"""How often a refresh looks again after another one came before it: the second look finds what that one did."""

Context = Any
"""gRPC's own class is generic over what no method needs."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens are good for."""

    access_token: timedelta
    refresh_token: timedelta

    @property
    def access_token_s(self) -> int:
        return int(self.access_token.total_seconds())

    @property
    def refresh_token_ms(self) -> int:
        return int(self.refresh_token.total_seconds() * 1000)


class AccountsServicer(rpc.AccountsServiceServicer):
    """The methods of accounts."""

    def __init__(
        self,
        store: AccountStore,
        passwords: Passwords,
        signer: Signer,
        connections: Connections,
        clock: Clock,
        lifetimes: Lifetimes,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._signer = signer
        self._connections = connections
        self._clock = clock
        self._lifetimes = lifetimes
        self._successor_key = signer.derive(b"elastic-chat refresh token successor")

    async def Register(self, request: pb.RegisterRequest, context: Context) -> pb.RegisterResponse:  # noqa: ARG002, N802
        username = core.check_username(request.username)
        password = core.check_new_password(request.password)
        display_name = core.check_display_name(request.display_name, username)
        user = core.User(UserId(new_id()), username, display_name, self._clock.now_ms())
        # looked up first, so that a taken name costs no hash; who is really first is decided when the user is added
        taken = await self._store.credentials(username) is not None
        if taken or not await self._store.add_user(user, await self._passwords.hash(password)):
            raise ChatError(Reason.USERNAME_TAKEN)
        log.info("user_registered", user_id=user.user_id)
        token = await self._begin(user.user_id)
        return pb.RegisterResponse(**self._tokens(token))

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginResponse:  # noqa: ARG002, N802
        password = core.check_password(request.password)
        credentials = await self._store.credentials(core.folded(request.username))
        matches = await self._passwords.verify(credentials.password_hash if credentials else None, password)
        if credentials is None or not matches:
            raise core.wrong_credentials()
        token = await self._begin(credentials.user_id)
        return pb.LoginResponse(**self._tokens(token))

    async def Refresh(self, request: pb.RefreshRequest, context: Context) -> pb.RefreshResponse:  # noqa: ARG002, N802
        token = core.RefreshToken.decode(request.refresh_token)
        successor = token.successor(self._successor_key)
        for _ in range(TRIES):
            now_ms = self._clock.now_ms()
            session = await self._store.session(token.user_id, token.session_id)
            if session is None:
                raise core.refused()
            use = core.judge(token, successor, session, now_ms)
            if use is core.Use.REUSE:
                log.warning("refresh_token_reused", user_id=token.user_id, session_id=token.session_id)
                await self._end(token.user_id, token.session_id, "reuse")
            if use in {core.Use.REUSE, core.Use.STRAY}:
                raise core.refused()
            rotated = core.rotated(session, successor, now_ms, self._lifetimes.refresh_token_ms)
            if use is core.Use.REPEAT or await self._store.replace_session(session, rotated):
                return pb.RefreshResponse(**self._tokens(successor))
        raise ChatError(Reason.UNAVAILABLE, "the session changes too fast: try again with the same token")

    async def Logout(self, request: pb.LogoutRequest, context: Context) -> pb.LogoutResponse:  # noqa: ARG002, N802
        caller = caller_of(context)
        if not is_uuid(caller.session_id):
            raise ChatError(Reason.UNAUTHENTICATED, "the call names no login session: send an access token from Login")
        await self._end(caller.user_id, caller.session_id, "logout")
        return pb.LogoutResponse()

    async def GetJwks(self, request: pb.GetJwksRequest, context: Context) -> pb.GetJwksResponse:  # noqa: ARG002, N802
        return pb.GetJwksResponse(keys=[pb.Jwk(**self._signer.jwk)])

    async def FindUsers(self, request: pb.FindUsersRequest, context: Context) -> pb.FindUsersResponse:  # noqa: N802
        caller_of(context)
        user_ids = core.check_user_ids(list(request.user_ids))
        if bool(request.username) == bool(user_ids):
            raise ChatError(Reason.INVALID_ARGUMENT, "give either username or user_ids")
        if request.username:
            credentials = await self._store.credentials(core.folded(request.username))
            user_ids = [credentials.user_id] if credentials else []
        return pb.FindUsersResponse(users=[_user(user) for user in await self._store.users(user_ids)])

    async def _begin(self, user_id: UserId) -> core.RefreshToken:
        token = core.RefreshToken(
            user_id,
            SessionId(new_id()),
            secrets.token_bytes(core.FAMILY_BYTES),
            secrets.token_bytes(core.SECRET_BYTES),
        )
        await self._store.add_session(core.opened(token, self._clock.now_ms(), self._lifetimes.refresh_token_ms))
        log.info("session_started", user_id=user_id, session_id=token.session_id)
        return token

    async def _end(self, user_id: UserId, session_id: SessionId, cause: str) -> None:
        if await self._store.end_session(user_id, session_id):
            ENDED.labels(cause).inc()
            log.info("session_ended", user_id=user_id, session_id=session_id, cause=cause)
        # also if the session had ended: an earlier call may have failed after that
        await self._connections.close(user_id, session_id)

    def _tokens(self, token: core.RefreshToken) -> dict[str, Any]:
        """Return the fields that every answer with tokens has."""
        lifetime_s = self._lifetimes.access_token_s
        return {
            "user_id": token.user_id,
            "session_id": token.session_id,
            "access_token": self._signer.access_token(token.user_id, token.session_id, new_id(), self._clock.now_ms() // 1000, lifetime_s),
            "refresh_token": token.encode(),
            "expires_in": lifetime_s,
        }


def _user(user: core.User) -> pb.User:
    result = pb.User(user_id=user.user_id, username=user.username, display_name=user.display_name)
    result.created_at.FromMilliseconds(user.created_at_ms)
    return result

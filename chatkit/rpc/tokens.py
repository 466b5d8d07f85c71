"""Access tokens: what they look like, and how a service checks one by itself.

An access token is a JWT of the kind that RFC 9068 describes, signed with EdDSA. What is checked is fixed here and never taken from the
token: a token that names another algorithm, type, issuer or audience is refused, however well it is signed. Keys come from
AccountsService.GetJwks and are named by `kid`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chatkit.core.backoff import spread
from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, is_uuid
from chatkit.rpc.errors import error_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc

log = structlog.get_logger()

ISSUER = "elastic-chat"
AUDIENCE = "elastic-chat"
TYPE = "at+jwt"
ALGORITHM = "EdDSA"
CLAIMS = ("iss", "aud", "sub", "sid", "exp", "iat", "jti")

MAX_TOKEN = 4096
"""Characters of a token; ours have about 500."""
SKEW_MS = 5_000
"""How far the clock of who made a token may be from ours. The edge is told the same: a token ends everywhere at once."""
REFRESH_S = 300.0
"""How often the keys are asked for, whether there is a reason or not."""
PAUSE_S = 5.0
"""The keys are not asked for again before this, however many tokens name an unknown one."""
PAUSE_AFTER_FAILURE_S = 1.0
REMEMBERED = 20_000
"""Tokens that were found good and need not be checked again until there are other keys: clients come back with the one that they have."""

Keys = dict[str, Ed25519PublicKey]
Fetch = Callable[[], Awaitable[Iterable[pb.Jwk]]]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that was found good: whose it is, and until when in Unix milliseconds."""

    user_id: UserId
    session_id: SessionId
    expires_at_ms: int


class TokenVerifier:
    """Checks access tokens, with keys that `run` keeps fresh; without it they are asked for when a token names one that is unknown."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Keys = {}
        self._good: dict[str, AccessToken] = {}
        self._reachable = False
        self._not_before_s = float("-inf")
        self._asking = asyncio.Lock()
        self._has_keys = asyncio.Event()

    @classmethod
    def over(cls, channel: grpc.aio.Channel, clock: Clock) -> TokenVerifier:
        """Return a verifier that asks the accounts service for its keys through the mesh."""
        stub: Any = rpc.AccountsServiceStub(channel)

        async def fetch() -> Iterable[pb.Jwk]:
            response: pb.GetJwksResponse = await stub.GetJwks(pb.GetJwksRequest())
            return response.keys

        return cls(fetch, clock)

    async def run(self) -> None:
        """Keep the keys fresh, for ever: a key that was withdrawn is forgotten within minutes."""
        while True:
            async with self._asking:
                await self._ask()
            await asyncio.sleep(spread(REFRESH_S) if self._reachable else PAUSE_AFTER_FAILURE_S)

    async def ready(self) -> None:
        """Return when there are keys to check tokens with."""
        await self._has_keys.wait()

    async def verify(self, token: str) -> AccessToken:
        """Return whose token it is. Raises UNAUTHENTICATED, TOKEN_EXPIRED, or UNAVAILABLE if the keys can't be asked for."""
        known = self._good.get(token)
        if known is not None:
            return _still_good(known, self._clock.now_ms())
        key = await self._key(_kid(token))
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # the time is compared below, with the clock that we are given
                options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError as error:
            raise _forged() from error
        now_ms = self._clock.now_ms()
        good = _still_good(_checked(claims, now_ms), now_ms)
        if len(self._good) >= REMEMBERED:
            self._good.clear()
        self._good[token] = good
        return good

    async def _key(self, kid: str) -> Ed25519PublicKey:
        if kid not in self._keys:
            async with self._asking:
                if kid not in self._keys and self._clock.monotonic() >= self._not_before_s:
                    await self._ask()
        key = self._keys.get(kid)
        if key is not None:
            return key
        if not self._reachable:
            raise ChatError(Reason.UNAVAILABLE, "access tokens can't be checked right now", retry_after=timedelta(seconds=1))
        raise _forged()

    async def _ask(self) -> None:
        """Replace the keys by those that the accounts service has now; keep them if it does not answer."""
        try:
            self._keys = _keys(await self._fetch())
            self._good.clear()  # and with it those of keys that were withdrawn
            self._reachable = True
            self._has_keys.set()
        except grpc.aio.AioRpcError as failure:
            self._reachable = False
            log.warning("keys_not_fetched", reason=error_of(failure).reason)
        pause = PAUSE_S if self._reachable else PAUSE_AFTER_FAILURE_S
        self._not_before_s = self._clock.monotonic() + pause


def _kid(token: str) -> str:
    """Return the name of the key that a token says it is signed with. Nothing is believed yet."""
    if len(token) > MAX_TOKEN:
        raise _forged()
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise _forged() from error
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or not isinstance(kid, str):
        raise _forged()
    return kid


def _checked(claims: dict[str, Any], now_ms: int) -> AccessToken:
    sub, sid, exp, nbf = claims["sub"], claims["sid"], claims["exp"], claims.get("nbf", 0)
    if not (isinstance(sub, str) and is_uuid(sub) and isinstance(sid, str) and is_uuid(sid) and type(exp) is type(nbf) is int):
        raise _forged()
    if nbf * 1000 > now_ms + SKEW_MS:
        raise _forged()
    return AccessToken(UserId(sub), SessionId(sid), exp * 1000)


def _still_good(token: AccessToken, now_ms: int) -> AccessToken:
    if token.expires_at_ms + SKEW_MS <= now_ms:
        raise ChatError(Reason.TOKEN_EXPIRED)
    return token


def _keys(jwks: Iterable[pb.Jwk]) -> Keys:
    keys: Keys = {}
    for jwk in jwks:
        if (jwk.kty, jwk.crv, jwk.alg) != ("OKP", "Ed25519", ALGORITHM):
            continue
        try:
            keys[jwk.kid] = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk.x + "=="))
        except (binascii.Error, ValueError):
            log.warning("key_not_readable", kid=jwk.kid)
    return keys


def _forged() -> ChatError:
    return ChatError(Reason.UNAUTHENTICATED, "the access token is not valid here: log in again")

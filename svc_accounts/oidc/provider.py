"""The provider: where it sends people, and whom it names. Its addresses and keys come from its discovery document.

Authlib and joserfc check what it says. What may be believed is fixed here, and never taken from a token: the issuer, the audience, the
nonce, and signatures by a public key alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import quote_plus

import aiohttp
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from svc_accounts.core.oidc import MAX_SUBJECT, Attempt, Identity, refused

log = structlog.get_logger()

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by a key of the provider's; never "none", and none by a secret that we have, too."""
SCOPE = "openid profile"
TIMEOUT_S = 5.0
LEEWAY_S = 60
"""How far its clock and ours may be apart."""
KNOWN_S = 3600.0
"""How long its discovery document and its keys are believed without being asked for again."""
PAUSE_S = 10.0
"""They are not asked for again before this, however many tokens name an unknown key."""


class Provider(Protocol):
    """Names people. Its methods raise UNAVAILABLE if it can't be reached."""

    async def authorization_url(self, attempt: Attempt, state: str) -> str:
        """Return where to send somebody who wants to log in."""
        ...

    async def identity(self, attempt: Attempt, code: str) -> Identity:
        """Return whom the provider names for a code. Raises UNAUTHENTICATED if it does not, or not in a way that can be believed."""
        ...


class OidcProvider:
    """A Provider, by its issuer."""

    def __init__(self, http: aiohttp.ClientSession, clock: Clock, issuer: str, client_id: str, client_secret: str) -> None:
        self._http = http
        self._clock = clock
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._document: Mapping[str, Any] = {}
        self._keys = KeySet([])
        self._asked_s = float("-inf")

    async def authorization_url(self, attempt: Attempt, state: str) -> str:
        document = await self._discovered()
        url: str = prepare_grant_uri(
            document["authorization_endpoint"],
            self._client_id,
            "code",
            redirect_uri=attempt.redirect_uri,
            scope=SCOPE,
            state=state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.code_verifier),
            code_challenge_method="S256",
        )
        return url

    async def identity(self, attempt: Attempt, code: str) -> Identity:
        answer = await self._exchanged(attempt, code)
        try:
            claims = await self._claims(str(answer.get("id_token", "")), attempt.nonce, str(answer.get("access_token", "")))
        except (JoseError, ValueError) as error:
            log.warning("id_token_refused", issuer=self._issuer, error=str(error))
            raise refused("what the provider says can't be believed: begin anew") from error
        subject = claims["sub"]
        if not 1 <= len(subject) <= MAX_SUBJECT:
            raise refused("the provider names nobody")
        names = claims if "preferred_username" in claims else await self._profile(subject, str(answer.get("access_token", "")))
        return Identity(self._issuer, subject, _text(names, "preferred_username"), _text(names, "name"))

    async def _exchanged(self, attempt: Attempt, code: str) -> Mapping[str, Any]:
        """Return the tokens that the provider gives for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.code_verifier,
        }
        headers = {}
        if self._client_secret:
            # RFC 6749, 2.3.1: both are encoded as in a form first
            headers["Authorization"] = aiohttp.encode_basic_auth(quote_plus(self._client_id), quote_plus(self._client_secret))
        else:
            form["client_id"] = self._client_id
        status, answer = await self._ask("POST", (await self._discovered())["token_endpoint"], data=form, headers=headers)
        if status != 200:  # noqa: PLR2004 - HTTP's own
            log.warning("code_refused", issuer=self._issuer, status=status, error=str(answer.get("error", "")))
            raise refused("the provider does not confirm this login: begin anew")
        return answer

    async def _profile(self, subject: str, access_token: str) -> Mapping[str, Any]:
        """Return what somebody is called, which most providers tell only to who asks; nothing if this one does not tell."""
        url = (await self._discovered()).get("userinfo_endpoint")
        if not url:
            return {}
        status, profile = await self._ask("GET", url, headers={"Authorization": f"Bearer {access_token}"})
        return profile if status == 200 and profile.get("sub") == subject else {}  # noqa: PLR2004 - HTTP's own

    async def _claims(self, id_token: str, nonce: str, access_token: str) -> Mapping[str, Any]:
        """Return what an ID token says. Raises JoseError or ValueError if it can't be believed."""
        await self._discovered()
        try:
            token = jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # the provider may have changed its keys
            if not await self._look_again():
                raise
            token = jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
        options = {"iss": {"essential": True, "value": self._issuer}, "aud": {"essential": True, "value": self._client_id}}
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(now=self._clock.now_ms() // 1000, leeway=LEEWAY_S)
        return dict(claims)

    async def _discovered(self) -> Mapping[str, Any]:
        if not self._document or self._clock.monotonic() - self._asked_s > KNOWN_S:
            await self._discover()
        return self._document

    async def _look_again(self) -> bool:
        """Ask for the keys again, unless that was done a moment ago."""
        if self._clock.monotonic() - self._asked_s < PAUSE_S:
            return False
        await self._discover()
        return True

    async def _discover(self) -> None:
        status, document = await self._ask("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if status != 200 or document.get("issuer") != self._issuer:  # noqa: PLR2004 - HTTP's own
            log.error("provider_not_discovered", issuer=self._issuer, status=status, told=str(document.get("issuer")))
            raise _unreachable()
        status, keys = await self._ask("GET", str(document.get("jwks_uri")))
        try:
            self._keys = KeySet.import_key_set({"keys": [key for key in keys["keys"] if key.get("use", "sig") == "sig"]})
        except (JoseError, KeyError, ValueError) as error:
            raise _unreachable() from error
        self._document = document
        self._asked_s = self._clock.monotonic()

    async def _ask(self, method: str, url: str, **what: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - aiohttp's own arguments
        """Return status and JSON of an answer. Redirects are not followed: a code goes nowhere else."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with self._http.request(method, url, timeout=timeout, allow_redirects=False, **what) as response:
                answer = await response.json(content_type=None)
                if response.status >= 500:  # noqa: PLR2004 - HTTP's own
                    raise _unreachable()
                return response.status, answer if isinstance(answer, dict) else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("provider_not_reached", issuer=self._issuer, error=repr(error))
            raise _unreachable() from error


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _unreachable() -> ChatError:
    return ChatError(Reason.UNAVAILABLE, "the provider can't be reached: begin anew later", retry_after=timedelta(seconds=5))

"""Web Push (RFC 8030): what browsers, and apps by UnifiedPush, are reached by."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from http import HTTPStatus

import aiohttp
import structlog

from chatkit.core.backoff import Backoff
from chatkit.core.errors import ChatError, Reason
from svc_presence.push.encryption import check_keys, encrypt
from svc_presence.push.endpoints import PublicResolver, check_endpoint, origin_of
from svc_presence.push.port import Outcome, Push, Target
from svc_presence.push.vapid import Vapid

log = structlog.get_logger()

TIMEOUT_S = 10
TRIES = 4
FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 30.0
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def open_session(allowed: Collection[str]) -> aiohttp.ClientSession:
    """Return a client that reaches public addresses only, and those that are allowed, and follows nobody elsewhere."""
    connector = aiohttp.TCPConnector(resolver=PublicResolver(allowed), limit=64, limit_per_host=32)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), cookie_jar=aiohttp.DummyCookieJar())


class WebPush:
    """A PushService."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        vapid: Vapid,
        allowed: Collection[str],
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self._http = http
        self._vapid = vapid
        self._allowed = frozenset(allowed)
        self._first_pause_s = first_pause_s

    def check(self, target: Target) -> None:
        check_endpoint(target.endpoint, self._allowed)
        try:
            check_keys(target.public_key, target.secret)
        except ValueError as error:
            raise ChatError(Reason.INVALID_ARGUMENT, f"keys are not those of a browser: {error}") from error

    async def send(self, target: Target, push: Push) -> Outcome:
        try:
            self.check(target)
            body = encrypt(push.payload, target)
        except (ChatError, ValueError):
            return Outcome.REFUSED  # what may be sent to was narrowed since the device was registered, or the row is no device
        backoff = Backoff(self._first_pause_s, LAST_PAUSE_S)
        for tries_left in reversed(range(TRIES)):
            outcome, asked_s = await self._attempt(target.endpoint, push, body)
            if outcome is not Outcome.LOST:
                return outcome
            if tries_left:
                await asyncio.sleep(max(backoff.next(), asked_s))
        return Outcome.LOST

    async def _attempt(self, endpoint: str, push: Push, body: bytes) -> tuple[Outcome, float]:
        """Try once; return what became of it, and for how many seconds we are asked to wait before the next time."""
        headers = {
            "Authorization": self._vapid.authorization(origin_of(endpoint)),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(push.ttl_s),
            "Urgency": push.urgency,
            "Topic": push.topic,
        }
        try:
            async with self._http.post(endpoint, data=body, headers=headers, allow_redirects=False) as response:
                return _outcome(response.status), _asked(response.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("push_service_away", origin=origin_of(endpoint), error=type(error).__name__)
            return Outcome.LOST, 0.0


def _outcome(status: int) -> Outcome:
    if status in GONE:
        return Outcome.GONE
    if status in LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome.LOST
    return Outcome.SENT if status < HTTPStatus.MULTIPLE_CHOICES else Outcome.REFUSED


def _asked(text: str) -> float:
    """Return the seconds of a Retry-After, no more than we are ready to wait; a date is taken for nothing."""
    return min(float(text), LAST_PAUSE_S) if text.isascii() and text.isdigit() else 0.0

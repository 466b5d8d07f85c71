"""Fetches what a link leads to, and is led nowhere else.

The name is resolved once, all of its addresses are checked, and the connection goes to one that was: what the name means a moment later
does not matter. Where a socket is opened it is checked again, whatever was resolved before. A redirect is another link.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from chatkit.core.errors import ChatError, Reason
from svc_files.core.pages import absolute
from svc_files.previews.outside import Outside

MAX_REDIRECTS = 3
USER_AGENT = "Elastic-Chat link preview"
TIMES = aiohttp.ClientTimeout(total=None, connect=3, sock_read=3)
"""Whoever fetches sets a time for all of it."""
BLOCK = 64 * 1024
FAILURES = (aiohttp.ClientError, OSError, ValueError)
REDIRECTS = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Accept-Language": "en"}
"""The same for everyone. What is packed nevertheless is not unpacked."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was at the end of a link: the link that it was at, its media type and character set as it says, and its first bytes."""

    link: URL
    media_type: str
    charset: str
    body: bytes


class Fetcher:
    """Gets what is outside. Raises NO_PREVIEW if it can't be had, or may not."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def get(self, link: URL, types: Collection[str], most_bytes: int, *, whole: bool) -> Fetched:
        """Return the first bytes of what a link leads to, if it is of one of the types; all of it, if it must be `whole`."""
        async with self._session() as session:
            for _ in range(MAX_REDIRECTS + 1):
                found = await self._ask(session, link, types, most_bytes, whole=whole)
                if isinstance(found, Fetched):
                    return found
                link = found
        raise _none("it leads from one to the next")

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Hold what makes connections: anew each time, so that nothing of one link is known to the next."""
        connector = aiohttp.TCPConnector(
            resolver=_Resolver(self._outside), use_dns_cache=False, force_close=True, socket_factory=self._socket, limit=1
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=TIMES,
            headers=HEADERS,
            auto_decompress=False,
            trust_env=False,
        ) as session:
            yield session

    def _socket(self, place: aiohttp.AddrInfoType) -> socket.socket:
        """Open a socket, unless it would lead where nobody may go."""
        family, kind, protocol, _, address = place
        if not self._outside.may_reach(ip_address(str(address[0]))):
            raise ForbiddenError
        return socket.socket(family, kind, protocol)

    async def _ask(
        self, session: aiohttp.ClientSession, link: URL, types: Collection[str], most_bytes: int, *, whole: bool
    ) -> Fetched | URL:
        try:
            async with session.get(link, allow_redirects=False, headers={"Accept": ", ".join(sorted(types))}) as answer:
                if answer.status in REDIRECTS:
                    return _next(link, answer.headers.get("Location", ""))
                if answer.status != HTTPStatus.OK or answer.headers.get("Content-Encoding", "identity") != "identity":
                    raise _none("it answers with something else")
                if answer.content_type not in types:
                    raise _none("it is no page")
                body = await _first(answer.content, most_bytes)
                if whole and len(body) > most_bytes:
                    raise _none("it is too large")
                return Fetched(link, answer.content_type, answer.charset or "", body[:most_bytes])
        except FAILURES as error:
            is_forbidden = isinstance(getattr(error, "os_error", error), ForbiddenError)
            raise _none("it leads where nobody may go" if is_forbidden else "it can't be reached") from error


class ForbiddenError(OSError):
    """An address is not one of the public internet."""


class _Resolver(AbstractResolver):
    """Gives addresses that were checked, and none if any of them may not be reached: who mixes them means no good."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        del family
        places = await self._outside.places(host, port)
        if not places or not all(self._outside.may_reach(address) for address, _ in places):
            raise ForbiddenError
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=to,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,  # noqa: PLR2004 - a version of IP
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address, to in places
        ]

    async def close(self) -> None:
        pass


def _next(link: URL, location: str) -> URL:
    """Return where a redirect leads."""
    try:
        if location:
            return absolute(link, location)
    except ChatError as error:
        raise _none("it leads to what is not looked up") from error
    raise _none("it leads nowhere")


async def _first(content: aiohttp.StreamReader, most_bytes: int) -> bytes:
    """Return the first bytes of a body, and some more if there are more."""
    body = bytearray()
    while len(body) <= most_bytes and (block := await content.read(BLOCK)):
        body += block
    return bytes(body)


def _none(why: str) -> ChatError:
    return ChatError(Reason.NO_PREVIEW, f"there is nothing to show for this link: {why}")

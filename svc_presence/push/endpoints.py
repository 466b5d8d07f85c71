"""Where a push may be sent: a device says where it is reached, and must not send us to what only we can reach."""

from __future__ import annotations

import socket
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from chatkit.core.errors import ChatError, Reason

MAX_ENDPOINT = 1024


def check_endpoint(endpoint: str, allowed: Collection[str]) -> None:
    """Refuse an endpoint that is not https on a public host's usual port; `allowed` are HOST:PORT that may be reached in any way."""
    if not _is_fit(endpoint, allowed):
        raise ChatError(Reason.INVALID_ARGUMENT, "endpoint must be an https address of a push service, as the browser gives it")


def origin_of(endpoint: str) -> str:
    """Return the scheme and host of an endpoint: by that a push service names itself."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def _is_fit(endpoint: str, allowed: Collection[str]) -> bool:
    if len(endpoint) > MAX_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    if f"{host}:{port}" in allowed:
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and port in {None, 443} and "." in host and not _is_number(host)


def _is_number(host: str) -> bool:
    """Tell whether a host is an address in any way of writing one, so that it would be looked up by nobody."""
    try:
        socket.inet_aton(host)
    except OSError:
        return ":" in host
    return True


class PublicResolver(AbstractResolver):
    """Finds hosts, and of their addresses those that everyone can reach: a name can be made to mean any address, at any time."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._inner = ThreadedResolver()
        self._allowed = frozenset(allowed)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if f"{host}:{port}" not in self._allowed:
            found = [one for one in found if ip_address(one["host"].partition("%")[0]).is_global]
        if not found:
            raise OSError(None, f"{host} has no public address")
        return found

    async def close(self) -> None:
        await self._inner.close()

"""The internet, as far as links lead there: which addresses a name has, and which of them may be spoken to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Protocol

from svc_files.core.addresses import Address, is_public


class Outside(Protocol):
    """Where links lead."""

    async def places(self, host: str, port: int) -> Sequence[tuple[Address, int]]:
        """Return where a host can be reached. Raises OSError if it has no address."""
        ...

    def may_reach(self, address: Address) -> bool:
        """Tell whether an address may be spoken to."""
        ...


class Internet:
    """Names as the system resolves them, and public addresses alone."""

    async def places(self, host: str, port: int) -> Sequence[tuple[Address, int]]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        return [(ip_address(str(place[0])), port) for *_, place in found]

    def may_reach(self, address: Address) -> bool:
        return is_public(address)

"""Web sites for tests of what links lead to: one server on this machine, that stands for as many hosts as are named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

from aiohttp import web

from svc_files.core.addresses import Address, is_public

HERE = ip_address("127.0.0.77")
"""Where the sites are: of this machine, and yet none of the addresses that anything else listens on."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Neighbourhood:
    """An Outside where names lead to the sites, or to whatever address they are said to have; each time to the next, if to several."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.asked: list[str] = []
        self.checked: list[Address] = []
        self._names: dict[str, list[Sequence[str]]] = {}

    def name(self, host: str, *turns: Sequence[str]) -> None:
        """Let a host have these addresses; the last ones for good."""
        self._names[host] = list(turns)

    async def places(self, host: str, port: int) -> Sequence[tuple[Address, int]]:
        self.asked.append(host)
        turns = self._names.get(host, [[str(HERE)]])
        addresses = turns.pop(0) if len(turns) > 1 else turns[0]
        return [(ip_address(one), self.port if ip_address(one) == HERE else port) for one in addresses]

    def may_reach(self, address: Address) -> bool:
        self.checked.append(address)
        return address == HERE or is_public(address)


@asynccontextmanager
async def sites(handler: Handler) -> AsyncIterator[Neighbourhood]:
    """Run the sites."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, str(HERE), 0)
    await site.start()
    assert isinstance(site._server, asyncio.Server)
    yield Neighbourhood(site._server.sockets[0].getsockname()[1])
    await runner.cleanup()

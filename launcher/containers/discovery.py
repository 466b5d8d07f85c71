"""Where the containers of each service are: asked of DNS, and written where the Envoy beside us watches."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

from launcher.containers.layout import instance_of, mesh_name, node_id
from launcher.home import write_atomically
from launcher.mesh.rendering import ENDPOINTS, Endpoint, render_found
from launcher.topology import DEFAULT_ZONE

LOOK_S = 1.0
"""Between two questions: so long a new container may wait for its first call. One that is gone is noticed by health checks, too."""

NONE = {socket.EAI_NONAME, socket.EAI_NODATA}
"""What DNS says when a name has no address: nothing of that service runs. Any other failure says nothing about it."""


async def addresses_of(name: str) -> list[str]:
    """Return the IPv4 addresses of a name, sorted; none if it has none.

    Raises:
        socket.gaierror: DNS did not answer.

    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in NONE:
            return []
        raise
    return sorted({str(address[0]) for *_, address in found})


async def own_address(service: str) -> str | None:
    """Return under which address others find this container, or None if DNS does not know it yet, or does not answer just now.

    Raises:
        socket.gaierror: DNS can't be asked at all.

    """
    own = {one.address for addresses in psutil.net_if_addrs().values() for one in addresses}
    try:
        found = await addresses_of(mesh_name(service))
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            return None
        raise
    return next((address for address in found if address in own), None)


class Discovery:
    """Keeps the files of endpoints in `folder` as DNS has them."""

    def __init__(self, folder: Path, services: Iterable[str]) -> None:
        self._folder = folder / ENDPOINTS
        self._known: dict[str, Sequence[str] | None] = dict.fromkeys(services)

    async def look(self) -> None:
        """Ask for every service, and write what has changed. What DNS does not answer for stays as it is."""
        services = list(self._known)
        answers = await asyncio.gather(*(addresses_of(mesh_name(service)) for service in services), return_exceptions=True)
        for service, answer in zip(services, answers, strict=True):
            if isinstance(answer, OSError):
                found = self._known[service] or []
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found = answer
            if found != self._known[service]:
                self._known[service] = found
                write_atomically(self._folder / f"{service}.yaml", render_found(service, endpoints(service, found)))

    async def follow(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()


def endpoints(service: str, addresses: Iterable[str]) -> list[Endpoint]:
    """Return where the instances at these addresses take calls."""
    port = instance_of(service).ingress_port
    return [Endpoint(node_id(service, address), address, port, DEFAULT_ZONE) for address in addresses]

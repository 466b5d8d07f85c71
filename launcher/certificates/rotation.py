"""Giving everyone in the mesh a new certificate at once, and replacing the authority that signs them."""

from __future__ import annotations

import asyncio

from launcher import probes
from launcher.certificates import delivery
from launcher.certificates.authority import Authority
from launcher.display import Display
from launcher.envoys import admin
from launcher.errors import LaunchError
from launcher.recording import running_topology
from launcher.settings import Settings


def rotate(settings: Settings, display: Display, *, authority: bool) -> int:
    """Give every Envoy of the stack that runs, and its operator, a new certificate; `authority`: from a new one. Return how many got one.

    Nothing is dropped: connections last, and new ones show the new certificate.

    Raises:
        LaunchError: nothing runs, or an Envoy does not follow.

    """
    running_topology(settings)  # where nothing has ever run there is no lock to hold
    home = settings.home
    with home.exclusively(display.note_wait):
        topology = running_topology(settings)
        envoys = [probes.Certified(one.name, one.admin_port, home.envoy / delivery.SDS) for one in admin.of(topology)]
        if authority:
            # First all must trust it, then all may show what it signed. Those whose certificates are older are trusted until the next time.
            delivery.write_trust(Authority.replaced(home.keys), home.envoy)
            asyncio.run(_until_known(envoys))
        delivery.renew(home, topology)
        asyncio.run(_until_known(envoys))
    return len(envoys)


async def _until_known(envoys: list[probes.Certified]) -> None:
    answers = await asyncio.gather(*(probes.still_not(envoy, probes.NOTICE_S) for envoy in envoys))
    for envoy, answer in zip(envoys, answers, strict=True):
        if answer is not None:
            raise LaunchError(f"{envoy.name} has not taken its new certificate: {answer}", f"See `elastic-chat logs {envoy.name}`")

"""Giving everyone in the mesh a new certificate at once, and replacing the authority that signs them."""

from __future__ import annotations

import asyncio
import time

from launcher import operate, probes
from launcher.certificates import delivery
from launcher.certificates.authority import Authority
from launcher.display import Display
from launcher.envoys import admin
from launcher.errors import LaunchError
from launcher.settings import Settings

NOTICE_S = 10.0
"""How long the Envoys may take to read their files. They watch them, and take milliseconds."""
LOOK_S = 0.1


def rotate(settings: Settings, display: Display, *, authority: bool) -> int:
    """Give every Envoy of the stack that runs, and its operator, a new certificate; `authority`: from a new one. Return how many got one.

    Nothing is dropped: connections last, and new ones show the new certificate.

    Raises:
        LaunchError: nothing runs, or an Envoy does not follow.

    """
    operate.running_topology(settings)  # where nothing has ever run there is no lock to hold
    home = settings.home
    with home.exclusively(display.note_wait):
        topology = operate.running_topology(settings)
        envoys = [probes.Certified(one.name, one.admin_port, home.envoy / delivery.SDS) for one in admin.of(topology)]
        if authority:
            # First all must trust it, then all may show what it signed. Those whose certificates are older are trusted until the next time.
            delivery.write_trust(Authority.replaced(home.keys), home.envoy)
            asyncio.run(_until_known(envoys))
        delivery.renew(home, topology)
        asyncio.run(_until_known(envoys))
    return len(envoys)


async def _until_known(envoys: list[probes.Certified]) -> None:
    deadline = time.monotonic() + NOTICE_S
    while True:
        answers = await asyncio.gather(*(probes.why_not(envoy) for envoy in envoys))
        missing = [(envoy.name, answer) for envoy, answer in zip(envoys, answers, strict=True) if answer is not None]
        if not missing:
            return
        if time.monotonic() > deadline:
            name, answer = missing[0]
            raise LaunchError(f"{name} has not taken its new certificate: {answer}", f"See `elastic-chat logs {name}`")
        await asyncio.sleep(LOOK_S)

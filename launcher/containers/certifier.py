"""`python -m launcher.containers.certifier` gives every workload its certificate, and again every few hours; and the keys that some keep.

It alone has the authority's key. Each workload has a volume of its own for its certificate, so that none can read that of another.
"""

from __future__ import annotations

import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from types import FrameType

from launcher.certificates import delivery
from launcher.certificates.authority import EDGE, WEB, Authority
from launcher.containers.layout import HOME, IDENTITIES, KEYS, WORKLOADS, instance_of
from launcher.home import Home, write_atomically
from launcher.keys import ensure_link_key, ensure_push_key, ensure_signing_key


def main() -> int:
    """Deliver, and renew until SIGTERM."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    make_keys(KEYS)
    while not stopping.is_set():
        deliver(HOME, IDENTITIES)
        stopping.wait(delivery.RENEWAL / timedelta(seconds=1))
    return 0


def make_keys(folder: Path) -> None:
    """Make the keys that services keep, each in the volume of its service, if they are not there."""
    ensure_signing_key(folder / "accounts" / HOME.signing_key.name)
    ensure_link_key(folder / "files" / HOME.link_key.name)
    ensure_push_key(folder / "presence" / HOME.push_key.name)


def deliver(home: Home, identities: Path) -> None:
    """Give every workload a new certificate, in its own folder; the operator, too, and the edge what it shows to browsers.

    The operator's come last: with them it is said that everyone has one.
    """
    authority = Authority.of(home.keys)
    for workload in WORKLOADS:
        folder = identities / workload
        delivery.write_trust(authority, folder)
        delivery.write_identity(authority, folder, envoy_name(workload), workload)
    web = Authority.of(home.keys, WEB)
    delivery.write_outside(web, identities / EDGE)
    write_atomically(home.web_authority, web.certificate)
    delivery.write_operator(authority, home)


def envoy_name(workload: str) -> str:
    """Return what the Envoy of a workload calls itself."""
    return EDGE if workload == EDGE else f"{instance_of(workload).name}-sidecar"


if __name__ == "__main__":
    sys.exit(main())

"""`python -m launcher.certificates.certifier HOME`: gives everyone in a mesh a new certificate, hours before the old one ends."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from launcher.certificates import delivery
from launcher.home import Home
from launcher.recording import recorded_topology

LOOK_S = 60.0
"""Between two looks at the clock: a machine may have slept in between, and its certificates got older all the same."""


def main(home: Home) -> None:
    """Renew whenever it is time."""
    while True:
        if delivery.age_s(home) >= delivery.RENEWAL.total_seconds():
            with home.exclusively(lambda: None):  # never while an operator replaces the authority
                delivery.renew(home, recorded_topology(home))
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main(Home(Path(sys.argv[1])))

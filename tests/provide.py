"""Fetches and builds what the tests run, before them: the first time takes minutes, which are no test's."""

from __future__ import annotations

import os
import subprocess
import sys

from clients.builds import BUILDS
from launcher import engines
from launcher.display import Display
from launcher.errors import LaunchError
from launcher.settings import Settings
from tests import s3


def main() -> None:
    """Provide it all. What can't be had is told; the tests that need it say what they lack, as they do without this."""
    cache, display = Settings.from_environment(os.environ).cache, Display()
    try:
        engines.provide(cache, display)
        s3.program(cache)
        for build in BUILDS.values():
            build(cache, display)
    except (LaunchError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"Not everything that the tests run can be had: {error}\n")


if __name__ == "__main__":
    main()

"""`python -m clients [LANGUAGE...]` builds the example clients and runs each against the running stack."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from clients.builds import BUILDS
from launcher.display import Display
from launcher.errors import LaunchError
from launcher.settings import Settings

TIMEOUT_S = 60


def main() -> int:
    """Return 0 if every client was built, and found all as it should be."""
    parser = argparse.ArgumentParser(prog="python -m clients", description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=f"{', '.join(BUILDS)}; all unless named")
    languages = parser.parse_args().languages or list(BUILDS)
    if unknown := set(languages) - BUILDS.keys():
        parser.error(f"there is no client in {', '.join(sorted(unknown))}")
    settings = Settings.from_environment(os.environ)
    display = Display()
    try:
        commands = [BUILDS[language](settings.cache, display) for language in languages]
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1
    edge = f"localhost:{settings.port}"
    codes = [subprocess.run([*command, edge], check=False, timeout=TIMEOUT_S).returncode for command in commands]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())

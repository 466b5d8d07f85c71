"""Node and its npm: the machine's own if they are new enough, else those that come as a wheel.

`python -m launcher.engines.node COMMAND...` runs a command that needs them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from launcher.display import Display
from launcher.engines import provide_program
from launcher.engines.store import made_once
from launcher.errors import LaunchError
from launcher.settings import Settings

OLDEST = (20, 19)
"""What the web client's `package.json` asks for."""

PACKAGES = ("npm", "npx")
"""What comes with Node, and is written for it."""


def environment(cache: Path, display: Display) -> dict[str, str]:
    """Return the environment of this process, with `node` and `npm` on its path that are new enough to build the web client.

    Raises:
        LaunchError: the machine has none, and they could not be fetched.

    """
    environ = dict(os.environ)
    if not _machine_has_them():
        environ["PATH"] = os.pathsep.join((str(provide(cache, display)), environ.get("PATH", os.defpath)))
    return environ


def provide(cache: Path, display: Display) -> Path:
    """Return a folder with the commands of the wheel, fetched into `cache` if it isn't there.

    Raises:
        LaunchError: it could not be fetched, or was not what its lock file says.

    """
    node = provide_program("node", cache, display)
    wheel = next(parent for parent in node.parents if parent.parent.name == "engines")
    commands = wheel.with_name(f"{wheel.name}-commands")
    made_once(commands, partial(_link, node))
    return commands


def is_new_enough(version: str) -> bool:
    """Tell whether the web client can be built by the Node that calls itself so."""
    found = re.match(r"v(\d+)\.(\d+)\.", version)
    return found is not None and tuple(map(int, found.groups())) >= OLDEST


def _machine_has_them() -> bool:
    program = shutil.which("node")
    if program is None or shutil.which("npm") is None:
        return False
    return is_new_enough(subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=30).stdout)


def _link(node: Path, folder: Path) -> None:
    """Lay out the commands as an installation has them: in a wheel, which holds no links, npm does not find itself."""
    (folder / "node").symlink_to(node)
    for name in PACKAGES:
        (folder / name).symlink_to(node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js")


def main() -> None:
    """Become the command that is given."""
    try:
        environ = environment(Settings.from_environment(os.environ).cache, Display())
    except LaunchError as error:
        sys.exit(str(error))
    _, *command = sys.argv
    os.execvpe(command[0], command, environ)  # noqa: S606


if __name__ == "__main__":
    main()

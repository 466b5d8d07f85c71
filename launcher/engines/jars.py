"""Engines that come as jars: jgo fetches what their lock files name, and checks every jar's hash."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from pathlib import Path

from launcher.errors import LaunchError

DOWNLOADS_AT_ONCE = 8
TIMEOUT_S = 60


def lock_of(engine: str) -> Path:
    """Return the lock file of an engine."""
    return Path(__file__).with_name(f"{engine}.lock.toml")


def fetch(engine: str, target: Path) -> None:
    """Put every jar of `engine` into `target`, laid out as a Maven repository.

    Raises:
        LaunchError: one could not be downloaded, or is not the file that was locked.

    """
    from jgo.env import LockFile  # noqa: PLC0415 - half a second of imports that only a first start needs
    from jgo.maven import MavenContext  # noqa: PLC0415

    lock = LockFile.load(lock_of(engine))
    context = MavenContext(repo_cache=target, timeout=TIMEOUT_S)
    artifacts = [
        context.project(jar.groupId, jar.artifactId).at_version(jar.version).artifact(jar.classifier or "", jar.packaging)
        for jar in lock.dependencies
    ]
    try:
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            for _ in pool.map(methodcaller("resolve"), artifacts):
                pass
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
        raise LaunchError(
            f"Could not download the jars of {engine} ({_first_line(error)})",
            "Check the network (a first start needs it) and run the command again",
        ) from error
    raise_if_any(engine, lock.verify_checksums(target))


def raise_if_any(engine: str, faults: Sequence[str]) -> None:
    """Refuse jars that are not those of the lock file."""
    if faults:
        raise LaunchError(
            f"What was downloaded for {engine} is not what {lock_of(engine).name} names ({faults[0]})",
            "Check the Maven repository that this machine reaches",
        )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")

"""The engines: whether each is there, runs, and is of the version that its lock names."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from launcher import engines
from launcher.display import Display
from launcher.doctor.finding import Finding, skipped, well, wrong
from launcher.engines.versions import CASSANDRA, KAFKA, of_folder, of_jar

TIMEOUT_S = 20
ASK = {"envoy": "--version", "valkey": "--version", "nginx": "-v", "java": "-version"}
_VERSION = re.compile(r"(?:/|v=|version \")(\d+(?:\.\d+)+)")


def programs(cache: Path) -> Iterator[Finding]:
    """Look at all that was fetched."""
    missing = engines.missing(cache)
    for name in missing:
        yield skipped(name, "not fetched yet: the first `up` does")
    if missing:
        return
    there = engines.provide(cache, Display())
    for name, option in ASK.items():
        yield program(name, getattr(there, name), option)
    for name, artifact in (("kafka", KAFKA), ("cassandra", CASSANDRA)):
        jars = getattr(there, name)
        version = of_jar(artifact, jars)
        yield well(name, f"{version}, {len(jars)} jars") if version else _incomplete(name, f"{artifact} is not among its jars", cache)


def program(name: str, path: Path, option: str) -> Finding:
    """Ask a program for its version, and compare it with the one that was locked."""
    folder = next(parent for parent in path.parents if parent.parent.name == "engines")
    try:
        done = subprocess.run([path, option], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _incomplete(name, f"{path} does not run ({type(error).__name__})", folder)
    locked, found = of_folder(name, path), _VERSION.search(done.stdout + done.stderr)
    if done.returncode or not found:
        return _incomplete(name, f"{path} does not tell its version", folder)
    # The package of Java counts its own releases after the version of what is in it.
    if locked is None or not f"{locked}.".startswith(f"{found[1]}."):
        return _incomplete(name, f"it is {found[1]}, and {locked} was locked", folder)
    return well(name, found[1])


def _incomplete(name: str, seen: str, folder: Path) -> Finding:
    return wrong(name, seen, f"Remove {folder}; `up` fetches it again")

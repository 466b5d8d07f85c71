"""The web client, built when its sources are newer than the build."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from launcher.display import Display
from launcher.engines import node
from launcher.errors import LaunchError

NOT_SOURCES = {"node_modules", "dist", "test-results"}
RECORD = ".sources"
"""Lies in `dist`: the hash of the sources that it was built from. nginx serves no file whose name begins with a dot."""

INSTALLED = "node_modules/.stamp"
"""As new as the lock file that was installed; the Makefile keeps it too."""

TIMEOUT_S = 900


def build(folder: Path, cache: Path, display: Display) -> None:
    """Build the web client in `folder` if it has no build, or one of other sources. Without a web client there, do nothing.

    Raises:
        LaunchError: Node could not be had, or the build failed.

    """
    if not (folder / "package.json").exists():
        return
    sources = fingerprint(folder)
    record = folder / "dist" / RECORD
    if record.exists() and record.read_text(encoding="ascii") == sources:
        return
    environ = node.environment(cache, display)
    log = folder / "node_modules" / ".elastic-chat-build.log"
    stamp = folder / INSTALLED
    if not stamp.exists() or stamp.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        display.note("Web client: installing its locked packages")
        _npm(environ, ("ci", "--no-audit", "--no-fund"), folder, log)
        stamp.touch()
    display.note("Web client: building")
    _npm(environ, ("run", "build"), folder, log)
    record.write_text(sources, encoding="ascii")


def fingerprint(folder: Path) -> str:
    """Return a hash of the names and contents of everything that the build reads."""
    digest = hashlib.sha256()
    for path in sorted(_files(folder)):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in NOT_SOURCES or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _npm(environ: Mapping[str, str], command: tuple[str, ...], folder: Path, log: Path) -> None:
    done = subprocess.run(
        ["npm", *command],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        log.parent.mkdir(exist_ok=True)
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise LaunchError(
            f"The web client could not be built (`npm {' '.join(command)}` ended with {done.returncode})",
            f"Read {log}; a first build needs the network",
        )

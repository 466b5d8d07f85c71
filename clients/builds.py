"""How the example clients are made: each build fetches what it needs, generates the contracts, compiles, and returns the command to run.

Toolchains come from the lock files of launcher/engines into the cache, libraries as each language's own lock file says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from launcher import engines
from launcher.display import Display
from launcher.engines import node
from launcher.errors import LaunchError

FOLDER = Path(__file__).resolve().parent
OUTPUT = FOLDER.parent / "build" / "clients"
LOCK = FOLDER / "java" / "java-client.lock.toml"
TIMEOUT_S = 240
"""For one step of a build: a first one downloads what a language's lock file names."""

Command = tuple[str, ...]
"""What runs a client, but for its argument: the address of an edge."""


def go(cache: Path, display: Display) -> Command:
    """Build the Go client: its generators are tools of its module."""
    program = engines.provide_program("go", cache, display)
    environ = go_environ(cache)
    display.note("Go client: building (a first time takes a minute)")
    _generate("go", (program.parent,), environ)
    binary = OUTPUT / "go" / "client"
    _run((str(program), "build", "-o", str(binary), "."), "go", environ=environ)
    return (str(binary),)


def go_environ(cache: Path) -> dict[str, str]:
    """Return what keeps Go to its lock file, to the toolchain that was fetched, and to our cache."""
    return {
        "CGO_ENABLED": "0",
        "GOCACHE": str(cache / "clients" / "go-build"),
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GOMODCACHE": str(cache / "clients" / "go-modules"),
        "GOTOOLCHAIN": "local",
    }


def typescript(cache: Path, display: Display) -> Command:
    """Build the TypeScript client: Node runs its sources as they are, and the compiler only checks them."""
    commands = node.provide(cache, display)
    folder = FOLDER / "typescript"
    display.note("TypeScript client: building")
    installed, locked = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        _run(("npm", "ci", "--no-audit", "--no-fund"), "typescript", (commands,))
        installed.touch()
    _generate("typescript", (folder / "node_modules" / ".bin", commands))
    _run(("npm", "run", "--silent", "check"), "typescript", (commands,))
    return (str(commands / "node"), str(folder / "src" / "main.ts"))


def java(cache: Path, display: Display) -> Command:
    """Build the Java client with the Eclipse compiler: the runtime that Cassandra runs on has none."""
    program = engines.provide_program("java", cache, display)
    jars = engines.provide_jars(LOCK, cache, display)
    display.note("Java client: building")
    output = OUTPUT / "java"
    shutil.rmtree(output, ignore_errors=True)
    (output / "bin").mkdir(parents=True)
    for generator in jars.rglob("*.exe"):
        (output / "bin" / generator.parent.parent.name).symlink_to(generator)
    _generate("java", (output / "bin",))
    path = os.pathsep.join(map(str, sorted(jars.rglob("*.jar"))))
    compiler = (str(program), "-cp", path, "org.eclipse.jdt.internal.compiler.batch.Main")
    _run((*compiler, "-17", "-nowarn", "-proc:none", "-cp", path, "-d", str(output / "classes"), "src", "gen"), "java")
    return (str(program), "-cp", f"{output / 'classes'}{os.pathsep}{path}", "client.Main")


BUILDS: dict[str, Callable[[Path, Display], Command]] = {"go": go, "typescript": typescript, "java": java}


def _generate(language: str, programs: tuple[Path, ...], environ: Mapping[str, str] | None = None) -> None:
    buf = Path(sys.executable).parent / "buf"
    _run((str(buf), "generate"), language, programs, environ)


def _run(command: Command, language: str, programs: tuple[Path, ...] = (), environ: Mapping[str, str] | None = None) -> None:
    """Run a step of a build in the folder of its language, with `programs` found before those of the machine.

    Raises:
        LaunchError: it failed, or took too long.

    """
    path = os.pathsep.join((*map(str, programs), os.environ.get("PATH", "")))
    try:
        done = subprocess.run(
            command,
            cwd=FOLDER / language,
            env={**os.environ, **(environ or {}), "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LaunchError(
            f"Building the {language} client took longer than {TIMEOUT_S // 60} minutes",
            "Check the network (a first build needs it) and run the command again",
        ) from error
    if done.returncode:
        raise LaunchError(f"The {language} client could not be built", f"Read what {Path(command[0]).name} said", done.stdout)

"""For maintainers: `python -m launcher.engines.relock` pins the engines again, as `make lock` does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from jgo.env import LockFile
from jgo.maven import MavenContext

from launcher.engines import jars, wheels

JARS = {
    "kafka": ("org.apache.kafka:kafka_2.13:4.4.0", "org.slf4j:slf4j-simple:1.7.36"),
    "cassandra": ("org.apache.cassandra:cassandra-all:5.0.9",),
}
"""What each engine is: everything else follows from its own dependencies."""


def lock_wheels() -> None:
    """Pin the wheels of `wheels.in`, with the hashes of all platforms."""
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
            *("--no-header", "--no-annotate", "--no-deps", "wheels.in", "--output-file", wheels.LOCK.name),
        ],
        cwd=wheels.LOCK.parent,
        check=True,
    )


def lock_jars(path: Path, coordinates: tuple[str, ...], programs: tuple[str, ...] = ()) -> None:
    """Resolve dependencies in an empty repository, and pin them with their hashes in the lock file `path` if they changed.

    `programs` are pinned as they are: they depend on nothing.
    """
    with tempfile.TemporaryDirectory() as repository:
        context = MavenContext(repo_cache=Path(repository), timeout=jars.TIMEOUT_S)
        direct, transitive = context.resolver.resolve([context.create_dependency(each) for each in coordinates])
        alone = [context.create_dependency(each) for each in programs]
        lock = LockFile.from_resolved_dependencies([*direct, *transitive, *alone], environment_name=jars.name_of(path))
    pinned = [jar.to_dict() for jar in lock.dependencies]
    if not path.exists() or [jar.to_dict() for jar in LockFile.load(path).dependencies] != pinned:
        lock.save(path)


def main() -> None:
    """Rewrite every lock file of the engines."""
    lock_wheels()
    for engine, coordinates in JARS.items():
        lock_jars(jars.lock_of(engine), coordinates)


if __name__ == "__main__":
    main()

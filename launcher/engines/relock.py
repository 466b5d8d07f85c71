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


def lock_jars(engine: str, coordinates: tuple[str, ...]) -> None:
    """Resolve an engine's dependencies in an empty repository, and pin them with their hashes if they changed."""
    with tempfile.TemporaryDirectory() as repository:
        context = MavenContext(repo_cache=Path(repository), timeout=jars.TIMEOUT_S)
        direct, transitive = context.resolver.resolve([context.create_dependency(each) for each in coordinates])
        lock = LockFile.from_resolved_dependencies([*direct, *transitive], environment_name=engine)
    path = jars.lock_of(engine)
    pinned = [jar.to_dict() for jar in lock.dependencies]
    if not path.exists() or [jar.to_dict() for jar in LockFile.load(path).dependencies] != pinned:
        lock.save(path)


def main() -> None:
    """Rewrite every lock file of the engines."""
    lock_wheels()
    for engine, coordinates in JARS.items():
        lock_jars(engine, coordinates)


if __name__ == "__main__":
    main()

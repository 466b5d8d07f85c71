"""`python -m launcher.containers.roots FOLDER ENGINE...` puts together what the images of engines are made of.

`FOLDER/<engine>` is laid over the root of an image: the program as the lock files of the launcher have it, and its configuration, from
the launcher's templates. Images are built by this; nothing that serves runs it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher import render
from launcher.containers.layout import ENGINES, stack_of
from launcher.display import Display
from launcher.engines import jars, provide_jars, provide_program
from launcher.home import write_atomically
from launcher.settings import Settings

ON_JAVA = ("kafka", "cassandra")


def lay_out(engine: str, root: Path, cache: Path) -> None:
    """Write the root of an engine's image, with what is fetched into `cache`.

    Raises:
        LaunchError: the engine could not be fetched, or was not what its lock file says.

    """
    display = Display()
    if engine in ON_JAVA:
        shutil.copytree(provide_program("java", cache, display).parents[1], root / "opt" / "java", symlinks=True)
        classes = root / "opt" / engine
        classes.mkdir()
        for jar in provide_jars(jars.lock_of(engine), cache, display).rglob("*.jar"):
            shutil.copy(jar, classes)
    else:
        program: Path = getattr(ENGINES, engine)
        target = root / program.relative_to("/")
        target.parent.mkdir(parents=True)
        shutil.copy(provide_program(engine, cache, display), target)
    for path, text in configurations().get(engine, {}).items():
        write_atomically(root / path.relative_to("/"), text)


def configurations() -> Mapping[str, Mapping[Path, str]]:
    """Return the configuration of each engine by the path of its file. That of an Envoy is made where it runs."""
    found: dict[str, dict[Path, str]] = {}
    for path, text in render.engine_configuration(stack_of({})).items():
        found.setdefault(path.parent.name, {})[path] = text
    return found


def main(folder: Path, engines: Sequence[str]) -> None:
    """Fetch engines, as far as the cache of this user has not got them, and lay them out."""
    cache = Settings.from_environment(os.environ).cache
    for engine in engines:
        lay_out(engine, folder / engine, cache)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

"""Which versions of the engines this launcher starts: as the files that it has fetched are called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from launcher.engines import Engines

KAFKA, CASSANDRA = "kafka_2.13", "cassandra-all"
"""The jars that have the version of what runs."""


def version_of(process: str, engines: Engines) -> str | None:
    """Return the version of the engine behind a process, or None if there is none."""
    match process:
        case "kafka":
            return of_jar(KAFKA, engines.kafka)
        case "cassandra":
            return of_jar(CASSANDRA, engines.cassandra)
        case "valkey":
            return of_folder("valkey", engines.valkey)
        case "web":
            return of_folder("nginx", engines.nginx)
        case _:
            return None


def of_jar(artifact: str, class_path: Iterable[Path]) -> str | None:
    """Return the version of an artifact: that of its jar `ARTIFACT-VERSION.jar`."""
    for jar in class_path:
        if found := re.fullmatch(rf"{re.escape(artifact)}-(\d[\w.]*)\.jar", jar.name):
            return found[1]
    return None


def of_folder(name: str, program: Path) -> str | None:
    """Return the version of a program that lies somewhere in a folder `NAME-VERSION-LOCK`, without the number of its packaging."""
    for part in program.parts:
        if found := re.fullmatch(rf"{re.escape(name)}-(\d[\d.]*?)(?:\.post\d+)?-[0-9a-f]{{12}}", part):
            return found[1]
    return None

"""Where the processes of a stack find each other: all on one machine, or each in a container of its own. Nothing here does I/O."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from launcher.topology import HOST


@dataclass(frozen=True, slots=True)
class Places:
    """Under which names processes are reached that others talk to, and what they listen on for that.

    What talks only to its neighbour, such as a service to its sidecar, is on loopback wherever it runs.
    """

    bind: str = HOST
    """Where the edge, the ingress of each sidecar, the engines and nginx listen."""

    redis: str = HOST
    kafka: str = HOST
    cassandra: str = HOST
    web: str = HOST

    has_console: bool = True
    """Whether a console for operators is beside the edge."""

    measures: bool = False
    """Whether each Envoy hands out metrics to whoever can reach it: its own, and those of the service that only it can reach."""

    scratch: Path | None = None
    """The folder for what engines write and need not find again, if that is not beside their configuration."""

    secrets: Path | None = None
    """The folder with the files of secret discovery, if that is not beside the configuration of the Envoys."""


ONE_MACHINE = Places()

"""A look at a stack: everything that `elastic-chat status` and `elastic-chat mesh` would find, at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from launcher import status
from launcher.envoys import certificates, links, methods
from launcher.envoys.certificates import Certificate
from launcher.envoys.links import Links
from launcher.envoys.methods import Sample
from launcher.errors import LaunchError
from launcher.recording import running_topology
from launcher.settings import Settings
from launcher.status.process import ProcessStatus
from launcher.topology import Topology

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """What was found. A part that could not be had is None, and `faults` says why."""

    at: datetime
    clock_s: float
    """When, on a clock that nobody sets."""

    topology: Topology
    processes: tuple[ProcessStatus, ...] | None = None
    links: Links | None = None
    methods: Sample | None = None
    certificates: tuple[Certificate, ...] | None = None
    faults: dict[str, str] = field(default_factory=dict)


async def look(settings: Settings) -> Look:
    """Ask everyone. Raises LaunchError if nothing runs here that could be asked."""
    at, clock_s, topology = datetime.now(UTC), time.monotonic(), await asyncio.to_thread(running_topology, settings)
    faults: dict[str, str] = {}
    processes, seen, called, in_use = await asyncio.gather(
        _part("processes", partial(_processes, settings), faults),
        _part("links", partial(links.look, topology), faults),
        _part("methods", partial(methods.look, topology), faults),
        _part("certificates", partial(_certificates, topology), faults),
    )
    return Look(at, clock_s, topology, processes, seen, called, in_use, faults)


async def _part(name: str, ask: Callable[[], T], faults: dict[str, str]) -> T | None:
    """Ask for a part of a look in a thread of its own: one that fails spoils no other."""
    try:
        return await asyncio.to_thread(ask)
    except LaunchError as error:
        faults[name] = str(error)
    except (OSError, ValueError, LookupError) as error:  # whoever was asked has ended meanwhile, or speaks in another way than we know
        faults[name] = f"It could not be asked ({type(error).__name__})"
    return None


def _processes(settings: Settings) -> tuple[ProcessStatus, ...]:
    _, found = status.look(settings)
    return tuple(found)


def _certificates(topology: Topology) -> tuple[Certificate, ...]:
    return tuple(certificates.look(topology))

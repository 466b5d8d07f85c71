"""The admin interfaces of all Envoys of a stack, asked at once."""

from __future__ import annotations

import http.client
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

from launcher import probes
from launcher.topology import Topology

EDGE = "edge"


@dataclass(frozen=True, slots=True)
class Envoy:
    """An Envoy: the name of its process, and for whom it calls, a service or the edge's clients."""

    name: str
    caller: str
    admin_port: int


def of(topology: Topology) -> Iterator[Envoy]:
    """Yield all Envoys of a stack, the edge first."""
    yield Envoy(EDGE, EDGE, topology.edge_admin_port)
    for instance in topology.instances():
        yield Envoy(f"{instance.name}-sidecar", instance.service, instance.admin_port)


def ask(envoys: Iterable[Envoy], path: str) -> dict[Envoy, bytes | None]:
    """Return the answer of each, None if it gives none."""
    asked = list(envoys)
    with ThreadPoolExecutor(len(asked)) as pool:
        return dict(zip(asked, pool.map(_get, (envoy.admin_port for envoy in asked), repeat(path)), strict=True))


def _get(port: int, path: str) -> bytes | None:
    try:
        status, body = probes.get(port, path)
    except (OSError, http.client.HTTPException):
        return None
    return body if status == probes.OK else None

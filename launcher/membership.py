"""Which instances the mesh sends calls to: all of a stack's, but for those that an operator took out.

The Envoys watch one list for each service, and a file beside them says who is missing there on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from launcher import probes
from launcher.home import Home, write_atomically
from launcher.mesh.calls import ANYONE, INNER, USERS
from launcher.mesh.rendering import ENDPOINTS, render_endpoints
from launcher.plan import Process
from launcher.topology import SERVICES, Instance, Topology


def drained(home: Home) -> frozenset[str]:
    """Return the names of the instances that were taken out."""
    try:
        return frozenset(json.loads(home.drained.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return frozenset()


def take_out(home: Home, topology: Topology, instance: Instance) -> None:
    """Let an instance get no new calls. It keeps those that it has."""
    _tell(home, topology, drained(home) | {instance.name}, [instance.service])


def put_back(home: Home, topology: Topology, instance: Instance) -> None:
    """Let an instance get calls again, as soon as it is healthy. Harmless if it was not taken out."""
    _tell(home, topology, drained(home) - {instance.name}, [instance.service])


def follow(home: Home, topology: Topology, service: str) -> None:
    """Let the mesh know of all instances that a service has now."""
    names = {instance.name for instance in topology.instances()}
    _tell(home, topology, drained(home) & names, [service])


def put_back_all(home: Home, topology: Topology) -> None:
    """Let all instances get calls again."""
    _tell(home, topology, frozenset(), SERVICES)


def callers(service: str, topology: Topology) -> Iterable[int]:
    """Yield the admin ports of all Envoys that know the way to `service`."""
    if service in ANYONE or service in USERS:
        yield topology.edge_admin_port
    for instance in topology.instances():
        if service in INNER.get(instance.service, ()):
            yield instance.admin_port


def serving(plan: Iterable[Process], topology: Topology) -> list[Process]:
    """Return the processes of `plan`, an instance of a service being ready only when all Envoys send calls to it, too."""
    members = {
        instance.name: probes.Member(tuple(callers(instance.service, topology)), instance.ingress_port) for instance in topology.instances()
    }
    return [replace(one, ready=probes.Both(one.ready, members[one.name])) if one.name in members else one for one in plan]


def _tell(home: Home, topology: Topology, missing: frozenset[str], services: Iterable[str]) -> None:
    # The record comes first: an endpoint that is missing without a reason would be looked for in vain.
    write_atomically(home.drained, json.dumps(sorted(missing)))
    for service in services:
        write_atomically(home.envoy / ENDPOINTS / f"{service}.yaml", render_endpoints(service, topology, missing))

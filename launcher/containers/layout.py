"""Where everything is in a container, and under which names containers find each other. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from launcher.certificates.authority import EDGE
from launcher.engines import Engines
from launcher.home import Home
from launcher.places import Places
from launcher.plan import Stack
from launcher.settings import Settings
from launcher.topology import SERVICES, Instance, Topology

HOME = Home(Path("/elastic-chat"))
"""The home of every container: `data` and `keys` are volumes, `run` is in memory."""

SECRETS = HOME.root / "identity"
"""The volume with a workload's own certificate, and with whose it trusts."""

IDENTITIES, KEYS = HOME.root / "identities", HOME.root / "made"
"""Where the certifier has the volumes of all workloads: of their certificates, and of the keys that they keep."""

WORKLOADS = (*SERVICES, EDGE)

ENGINES = Engines(
    envoy=Path("/opt/envoy"),
    valkey=Path("/opt/valkey"),
    nginx=Path("/opt/nginx"),
    java=Path("/opt/java/bin/java"),
    kafka=(Path("/opt/kafka/*"),),
    cassandra=(Path("/opt/cassandra/*"),),
)

WEB = Path("/srv/web")

PLACES = Places(
    bind="0.0.0.0",
    redis="valkey",
    kafka="kafka",
    cassandra="cassandra",
    web="web",
    has_console=False,
    measures=True,
    scratch=Path("/tmp"),  # noqa: S108 - of the container alone, and in memory
    secrets=SECRETS,
)

TOPOLOGY = Topology(scale=dict.fromkeys(SERVICES, 1))
"""Each container is the first of its kind, whichever it is: all copies have the same ports, on an address of their own."""


def instance_of(service: str) -> Instance:
    """Return the instance that is in every container of a service."""
    return next(TOPOLOGY.instances(service))


def stack_of(environment: Mapping[str, str]) -> Stack:
    """Return the stack of which a container with this environment is a part.

    Raises:
        LaunchError: the environment can't be used.

    """
    told = Settings.from_environment(environment)
    return Stack(HOME, TOPOLOGY, ENGINES, told.log_level, told.origins, told.tracing, web=WEB, environment=told.environment, places=PLACES)


def mesh_name(service: str) -> str:
    """Return the name that has the addresses of all containers of a service in the network of the mesh, and in no other."""
    return f"{service}.mesh"


def node_id(service: str, address: str) -> str:
    """Return the node id of the instance at an address. Whoever finds the address knows the name, too."""
    return f"{service}-{address.replace('.', '-')}"

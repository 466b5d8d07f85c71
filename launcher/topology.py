"""Which processes a local stack has, what they are called and where they listen.

Every port derives from one number, `ELASTIC_CHAT_PORT`, so that several stacks can run side by side; two of them need numbers
at least 1,000 apart. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

HOST = "127.0.0.1"
DEFAULT_PORT = 8080
DEFAULT_ZONE = "local"
MAX_INSTANCES = 10
"""Instances a service can have: each has ten ports in its service's block of a hundred."""

SERVICES = {"gateway": 100, "router": 200, "presence": 300, "history": 400, "writer": 500, "accounts": 600, "files": 700, "search": 800}
"""Service name to the offset of its block of ports."""

HAS_ROUTES = ("gateway", "accounts", "files")
"""Which services answer more over HTTP than how they are: their sidecars know the way to that."""

DEFAULT_SCALE = {"gateway": 2, "router": 2, "presence": 1, "history": 1, "writer": 1, "accounts": 1, "files": 1, "search": 1}


@dataclass(frozen=True, slots=True)
class Instance:
    """One process of a service, and the sidecar beside it."""

    service: str
    number: int
    base: int
    zone: str

    @property
    def name(self) -> str:
        """Its node id in the mesh, such as `gateway-2`."""
        return f"{self.service}-{self.number}"

    @property
    def grpc_port(self) -> int:
        """Where the service itself serves gRPC: for its own sidecar only."""
        return self.base

    @property
    def http_port(self) -> int:
        """Where the service itself serves HTTP: `/metrics`, `/healthz`, `/readyz`, the gateway's WebSocket, the accounts' JWKS, files."""
        return self.base + 1

    @property
    def ingress_port(self) -> int:
        """Where its sidecar takes calls from the mesh."""
        return self.base + 2

    @property
    def egress_port(self) -> int:
        """Where its sidecar takes the service's own calls to the mesh."""
        return self.base + 3

    @property
    def admin_port(self) -> int:
        """Its sidecar's admin interface."""
        return self.base + 4

    @property
    def metrics_port(self) -> int:
        """Where its sidecar hands out metrics, if it does."""
        return self.base + 5


@dataclass(frozen=True, slots=True)
class Topology:
    """A whole stack: `port` is the edge's, `scale` the number of instances of each service, `zones` where they are, in turn."""

    port: int = DEFAULT_PORT
    scale: dict[str, int] = field(default_factory=lambda: dict(DEFAULT_SCALE))
    zones: list[str] = field(default_factory=lambda: [DEFAULT_ZONE])

    def scaled(self, service: str, count: int) -> Topology:
        """Return the stack with so many instances of a service."""
        return replace(self, scale=self.scale | {service: count})

    @property
    def largest(self) -> Topology:
        """The stack with every instance that it can ever have."""
        return replace(self, scale=dict.fromkeys(SERVICES, MAX_INSTANCES))

    @property
    def edge_port(self) -> int:
        return self.port

    @property
    def edge_tls_port(self) -> int:
        return self.port + 1

    @property
    def edge_admin_port(self) -> int:
        return self.port + 2

    @property
    def web_port(self) -> int:
        return self.port + 3

    @property
    def redis_port(self) -> int:
        return self.port + 4

    @property
    def kafka_port(self) -> int:
        return self.port + 5

    @property
    def kafka_controller_port(self) -> int:
        return self.port + 6

    @property
    def cassandra_port(self) -> int:
        return self.port + 7

    @property
    def cassandra_storage_port(self) -> int:
        return self.port + 8

    @property
    def collector_port(self) -> int:
        return self.port + 9

    @property
    def edge_metrics_port(self) -> int:
        return self.port + 10

    def instances(self, service: str | None = None) -> Iterator[Instance]:
        """Yield the instances of `service`, or of every service in the order of `SERVICES`."""
        for name, block in SERVICES.items():
            if service in (None, name):
                for number in range(1, self.scale.get(name, 0) + 1):  # a stack of before the service came has none
                    zone = self.zones[(number - 1) % len(self.zones)]
                    yield Instance(name, number, self.port + block + 10 * (number - 1), zone)

"""How every Envoy sees every service that it calls: the instances and their health, retries, and open circuit breakers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from launcher.envoys import admin
from launcher.envoys.admin import Envoy
from launcher.topology import SERVICES, Topology

ORDER = list(SERVICES)
CLUSTERS = "/clusters?format=json"
STATS = "/stats?format=json&filter=^cluster%5C."  # `^cluster\.`

REASONS = {
    "failed_active_health_check": "fails its health check",
    "failed_outlier_check": "ejected",
    "failed_degraded_outlier_detection": "degraded",
    "degraded_active_health": "degraded",
    "pending_active_hc": "not checked yet",
    "pending_dynamic_removal": "leaving",
    "excluded_via_immediate_hc_fail": "fails its health check",
    "active_hc_timeout": "its health check times out",
}
"""What Envoy has against a host, and how we say it."""

BREAKERS = {
    "cx_open": "connections",
    "cx_pool_open": "connection pools",
    "rq_open": "requests",
    "rq_pending_open": "waiting requests",
    "rq_retry_open": "retries",
}


@dataclass(frozen=True, slots=True)
class Host:
    """An instance as one Envoy sees it: `faults` is what that has against it."""

    instance: str
    address: str
    faults: tuple[str, ...]
    active_requests: int
    requests: int
    errors: int

    @property
    def healthy(self) -> bool:
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """Return it as `mesh --json` shows it."""
        return {
            "instance": self.instance,
            "address": self.address,
            "healthy": self.healthy,
            "faults": list(self.faults),
            "activeRequests": self.active_requests,
            "requests": self.requests,
            "errors": self.errors,
        }


@dataclass(frozen=True, slots=True)
class Link:
    """The way from an Envoy to a service. A service that is called in two manners has two, by the names of Envoy's clusters."""

    envoy: str
    cluster: str
    service: str
    hosts: tuple[Host, ...]
    retries: int = 0
    retries_given_up: int = 0
    """Calls that had failed after their last retry, or that were not tried again because too many were."""

    ejections: int = 0
    open_breakers: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with it."""
        against = [f"{host.instance} {' and '.join(host.faults)}" for host in self.hosts if not host.healthy]
        nobody = [] if self.hosts else ["no instance"]
        return (*nobody, *against, *(f"no more {what}" for what in self.open_breakers))

    def as_json(self) -> dict[str, Any]:
        """Return it as `mesh --json` shows it."""
        return {
            "envoy": self.envoy,
            "cluster": self.cluster,
            "service": self.service,
            "hosts": [host.as_json() for host in self.hosts],
            "retries": self.retries,
            "retriesGivenUp": self.retries_given_up,
            "ejections": self.ejections,
            "openBreakers": list(self.open_breakers),
        }


@dataclass(frozen=True, slots=True)
class Links:
    """All links of a stack, and the Envoys that did not answer."""

    links: tuple[Link, ...]
    silent: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return not self.silent and not any(link.faults for link in self.links)


def look(topology: Topology) -> Links:
    """Ask every Envoy."""
    envoys = list(admin.of(topology))
    clusters, stats = admin.ask(envoys, CLUSTERS), admin.ask(envoys, STATS)
    names = {instance.ingress_port: instance.name for instance in topology.instances()}
    found: list[Link] = []
    silent: list[str] = []
    for envoy in envoys:
        known, counted = clusters[envoy], stats[envoy]
        if known is None or counted is None:
            silent.append(envoy.name)
        else:
            found += read(envoy, known, counted, names)
    return Links(tuple(found), tuple(silent))


def read(envoy: Envoy, clusters: bytes, stats: bytes, names: Mapping[int, str]) -> Iterator[Link]:
    """Read what an Envoy answers: of its clusters those whose hosts it has from the mesh. `names` has instances by their ingress ports."""
    values = read_values(stats)
    of_mesh = [cluster for cluster in json.loads(clusters)["cluster_statuses"] if "eds_service_name" in cluster]
    for cluster in sorted(of_mesh, key=lambda cluster: (ORDER.index(cluster["eds_service_name"]), cluster["name"])):
        name = cluster["name"]

        def value(counter: str, of: str = name) -> int:
            return values.get(f"cluster.{of}.{counter}", 0)

        yield Link(
            envoy=envoy.name,
            cluster=name,
            service=cluster["eds_service_name"],
            hosts=tuple(_host(host, names) for host in cluster.get("host_statuses", [])),
            retries=value("upstream_rq_retry"),
            retries_given_up=value("upstream_rq_retry_limit_exceeded") + value("upstream_rq_retry_overflow"),
            ejections=value("outlier_detection.ejections_enforced_total"),
            open_breakers=tuple(what for gauge, what in BREAKERS.items() if value(f"circuit_breakers.default.{gauge}")),
        )


def read_values(stats: bytes) -> dict[str, int]:
    """Read Envoy's `/stats?format=json`: counters and gauges by name. What was never used is missing, and is 0."""
    return {one["name"]: one["value"] for one in json.loads(stats)["stats"] if isinstance(one.get("value"), int)}


def _host(status: Mapping[str, Any], names: Mapping[int, str]) -> Host:
    address = status["address"].get("socket_address", {})
    port = address.get("port_value", 0)
    values = {one["name"]: int(one.get("value", 0)) for one in status["stats"]}
    return Host(
        instance=names.get(port, f"port {port}"),
        address=f"{address.get('address', '')}:{port}",
        faults=tuple(_faults(status["health_status"])),
        active_requests=values.get("rq_active", 0),
        requests=values.get("rq_total", 0),
        errors=values.get("rq_error", 0),
    )


def _faults(health: Mapping[str, Any]) -> Iterator[str]:
    listed = health.get("eds_health_status", "HEALTHY")
    if listed not in {"HEALTHY", "UNKNOWN"}:
        yield f"listed as {str(listed).lower()}"
    for name, holds in health.items():
        if name != "eds_health_status" and holds:
            yield REASONS.get(name, name.replace("_", " "))

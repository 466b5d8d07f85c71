"""What a Prometheus beside a stack scrapes: every service and every Envoy, in the format of its file discovery. Nothing here does I/O."""

from __future__ import annotations

import json

from launcher.topology import HOST, Topology

OF_ENVOY = (
    r"^(server\.(live|memory_allocated|uptime)"
    r"|cluster\..*\.(upstream_rq_(total|5xx|timeout|retry|pending_overflow)|membership_(healthy|total)|.*ejections_active|.*rq_open))$"
)
"""Which of an Envoy's statistics are scraped, by Envoy's own names for them: of thousands, those that tell how the mesh is."""


def targets(topology: Topology) -> str:
    """Return the list of targets of a stack."""
    found = []
    for instance in topology.instances():
        found.append(_target(instance.http_port, "elastic-chat", instance.name, instance.service))
        found.append(_envoy(instance.admin_port, f"{instance.name}-sidecar", instance.service))
    found.append(_envoy(topology.edge_admin_port, "edge", "edge"))
    return json.dumps(found, indent=2)


def _target(port: int, job: str, instance: str, service: str, **how: str) -> dict[str, object]:
    return {"targets": [f"{HOST}:{port}"], "labels": {"job": job, "instance": instance, "service": service, **how}}


def _envoy(port: int, instance: str, service: str) -> dict[str, object]:
    return _target(port, "envoy", instance, service, __metrics_path__="/stats/prometheus", __param_filter=OF_ENVOY)

"""What a process tells of itself besides whether it is well: a service in its metrics, an Envoy at its admin interface."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from launcher import probes

LAG, CONNECTIONS, BUILD = "chat_writer_lag_records", "chat_gateway_connections", "chat_build_info"
COMMANDS, DELIVERIES = "chat_router_commands_total", "chat_gateway_deliveries_total"


@dataclass(frozen=True, slots=True)
class Told:
    """What is not known, or does not apply, is None: only gateways have connections, and only writers can be behind.

    `commands` are those that a router has answered since its start, `deliveries` the frames that a gateway has given to sessions.
    """

    version: str | None = None
    connections: int | None = None
    lag_records: int | None = None
    commands: int | None = None
    deliveries: int | None = None


NOTHING = Told()


def by_service(service: str, http_port: int) -> Told:
    """Return what an instance of a service tells, or `NOTHING` if it does not answer: that is told in its own place."""
    body = _get(http_port, "/metrics")
    return NOTHING if body is None else read_metrics(service, body)


def by_envoy(admin_port: int) -> Told:
    """Return what an Envoy tells, or `NOTHING` if it does not answer."""
    body = _get(admin_port, "/server_info")
    return NOTHING if body is None else read_server_info(body)


def read_metrics(service: str, text: str) -> Told:
    """Read Prometheus' text format."""
    version, sums = None, dict.fromkeys((LAG, CONNECTIONS, COMMANDS, DELIVERIES), 0.0)
    found: set[str] = set()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == BUILD:
                version = sample.labels["version"]
            elif sample.name in sums:
                sums[sample.name] += sample.value
                found.add(sample.name)
    return Told(
        version=version,
        # A door that nobody has come through yet has no number, and neither has a command that nobody has given.
        connections=int(sums[CONNECTIONS]) if service == "gateway" else None,
        lag_records=int(sums[LAG]) if LAG in found else None,
        commands=int(sums[COMMANDS]) if service == "router" else None,
        deliveries=int(sums[DELIVERIES]) if service == "gateway" else None,
    )


def read_server_info(text: str) -> Told:
    """Read Envoy's `/server_info`, whose version is `COMMIT/VERSION/STATE/BUILD/TLS`."""
    return Told(version=str(json.loads(text)["version"]).split("/")[1])


def _get(port: int, path: str) -> str | None:
    try:
        status, body = probes.get(port, path)
    except (OSError, http.client.HTTPException):
        return None
    return body.decode() if status == probes.OK else None

"""`elastic-chat mesh links` and `hosts`: who calls which service and instance, and how well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from launcher.commands.fit import Column, Fitted, Row
from launcher.commands.frame import Answer, command
from launcher.commands.mesh.asked import of_service, topology
from launcher.envoys import links as mesh_links
from launcher.envoys.links import Link, Links


@command(
    examples={
        "elastic-chat mesh": "every Envoy, and every service that it calls",
        "elastic-chat mesh links router --watch": "how the routers are seen, while they restart",
    },
    exits={0: "Every Envoy has a healthy way to every instance.", 1: "Some do not, do not answer, or nothing runs."},
    facts={
        "links": (
            "for each Envoy and service: envoy, cluster, service, hosts (instance, address, healthy, faults, activeRequests, requests, "
            "errors), retries, retriesGivenUp, ejections, openBreakers"
        ),
        "silent": "the Envoys that do not answer",
    },
    watch=True,
)
@of_service
def links(service: str | None) -> Answer:
    """Show who calls which service, and how well.

    Each Envoy has an opinion of its own on each instance, from its own health checks and from the calls that failed. `hosts` is how many it
    sends calls to, of how many it knows; what was drained is known to none. Numbers count from the start of the Envoy.
    """
    seen = _links(service)
    rows = [
        Row(
            (
                one.envoy,
                one.cluster,
                f"{sum(host.healthy for host in one.hosts)}/{len(one.hosts)}",
                f"{sum(host.active_requests for host in one.hosts):,}",
                f"{sum(host.requests for host in one.hosts):,}",
                f"{sum(host.errors for host in one.hosts):,}",
                f"{one.retries:,}",
                f"{one.retries_given_up:,}",
                f"{one.ejections:,}",
                "; ".join(one.faults),
            ),
            "red" if one.faults else "green",
            urgent=bool(one.faults),
        )
        for one in seen.links
    ]
    columns = (
        Column("caller"),
        Column("calls"),
        Column("hosts"),
        Column("active", spare=4, right=True),
        Column("requests", spare=3, right=True),
        Column("errors", spare=2, right=True),
        Column("retries", spare=1, right=True),
        Column("given up", spare=5, right=True),
        Column("ejections", spare=6, right=True),
        Column("note", wraps=True),
    )
    return Answer(_facts(seen), Fitted(_head(seen), columns, rows), ok=seen.ok)


@command(
    examples={"elastic-chat mesh hosts": "everything", "elastic-chat mesh hosts writer": "who sees the writer, and how"},
    exits={0: "Every Envoy has a healthy way to every instance.", 1: "Some do not, do not answer, or nothing runs."},
    facts={"links": "as those of `mesh links`", "silent": "the Envoys that do not answer"},
    watch=True,
)
@of_service
def hosts(service: str | None) -> Answer:
    """Show how each caller sees each instance."""
    seen = _links(service)
    rows = [
        Row(
            (
                host.instance,
                "healthy" if host.healthy else " and ".join(host.faults),
                one.envoy,
                one.cluster,
                host.address,
                f"{host.active_requests:,}",
                f"{host.requests:,}",
                f"{host.errors:,}",
            ),
            "green" if host.healthy else "red",
            urgent=not host.healthy,
        )
        for one in seen.links
        for host in one.hosts
    ]
    columns = (
        Column("instance"),
        Column("health"),
        Column("seen by"),
        Column("as", spare=4),
        Column("address", spare=5),
        Column("active", spare=3, right=True),
        Column("requests", spare=2, right=True),
        Column("errors", spare=1, right=True),
    )
    return Answer(_facts(seen), Fitted(_head(seen), columns, sorted(rows, key=lambda row: row.cells[0])), ok=seen.ok)


def _links(service: str | None) -> Links:
    seen = mesh_links.look(topology())
    return Links(tuple(one for one in seen.links if service in {None, one.service}), seen.silent)


def _facts(seen: Links) -> dict[str, Any]:
    return {"links": [one.as_json() for one in seen.links], "silent": list(seen.silent)}


def _head(seen: Links) -> str:
    return "\n".join(_heads(seen.links, seen.silent))


def _heads(found: tuple[Link, ...], silent: tuple[str, ...]) -> Iterator[str]:
    bad = sum(bool(one.faults) for one in found)
    yield f"{len(found) - bad} of {len(found)} ways are without fault"
    if silent:
        yield f"These do not answer: {', '.join(silent)}"

"""What the operations page is told: a look, and what has come since the one before. Nothing here does I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from launcher.console.look import Look
from launcher.envoys.links import Host, Link, Links
from launcher.envoys.methods import QUANTILES, Calls, Measured, measured
from launcher.mesh.calls import INNER, STREAMS, outside
from launcher.plan import USES_CASSANDRA, USES_KAFKA, USES_REDIS
from launcher.status.process import ProcessStatus
from launcher.topology import SERVICES

ENGINES = {"valkey": USES_REDIS, "kafka": USES_KAFKA, "cassandra": USES_CASSANDRA}
"""The processes that no Envoy stands before, and which services use them."""


def report(now: Look, before: Look | None) -> dict[str, Any]:
    """Return a look as JSON. Without one before there are no rates: they are null, and so is a part that could not be had."""
    seconds = now.clock_s - before.clock_s if before else None
    called = None if now.methods is None else measured(now.methods, before.methods if before else None, seconds)
    return {
        "at": now.at.isoformat(),
        "seconds": seconds,
        "port": now.topology.port,
        "services": [_service(name) for name in SERVICES],
        "edge": [name for name in SERVICES if outside(name)],
        "processes": None if now.processes is None else _processes(now.processes, before, seconds),
        "links": None if now.links is None else _links(now.links, before, seconds),
        "silent": [] if now.links is None else list(now.links.silent),
        "methods": None if called is None else [one.as_json() for one in called],
        "ways": None if called is None else [_way(*way, some) for way, some in _by_way(called).items()],
        "all": None if called is None else _traffic(called),
        "certificates": None if now.certificates is None else [one.as_json() for one in now.certificates],
        "faults": now.faults,
    }


def _service(name: str) -> dict[str, Any]:
    """Return whom a service calls, and which engines it uses: what there should be, even if nobody says so."""
    return {
        "name": name,
        "calls": list(INNER.get(name, {})),
        "engines": [engine for engine, users in ENGINES.items() if name in users],
    }


def _processes(found: tuple[ProcessStatus, ...], before: Look | None, seconds: float | None) -> list[dict[str, Any]]:
    earlier = {(one.name, one.pid): one for one in (before.processes if before else None) or ()}
    return [one.as_json() | _paces(one, earlier.get((one.name, one.pid)), seconds) for one in found]


def _paces(now: ProcessStatus, before: ProcessStatus | None, seconds: float | None) -> dict[str, float | None]:
    """Return how many cores a process keeps busy, and how fast it works. One that was started meanwhile has no pace yet."""
    return {
        "cores": _pace(_cpu_seconds(now), _cpu_seconds(before), seconds),
        "commandsPerSecond": _pace(now.told.commands, before.told.commands if before else None, seconds),
        "deliveriesPerSecond": _pace(now.told.deliveries, before.told.deliveries if before else None, seconds),
    }


def _cpu_seconds(of: ProcessStatus | None) -> float | None:
    return of.usage.cpu_seconds if of and of.usage else None


def _pace(now: float | None, before: float | None, seconds: float | None) -> float | None:
    """Return how much has come in a second. A child that has ended takes its time with it: then it is 0, and not less."""
    if not seconds or now is None or before is None:
        return None
    return max(0.0, now - before) / seconds


def _by_way(called: Sequence[Measured]) -> dict[tuple[str, str], list[Measured]]:
    """Return what is called by who calls whom."""
    ways: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for one in called:
        ways[one.method.caller, one.method.service].append(one)
    return ways


def _way(caller: str, service: str, called: Sequence[Measured]) -> dict[str, Any]:
    return {"caller": caller, "service": service, **_traffic(called)}


def _traffic(called: Sequence[Measured]) -> dict[str, Any]:
    """Return how much goes over a way, and how fast. Streams take as long as they last, which says nothing of that."""
    seconds = called[0].seconds if called else None
    unary = [one.sampled for one in called if one.method.name not in STREAMS.get(one.method.service, ())]
    all_of_it, timed = sum((one.sampled for one in called), Calls()), sum(unary, Calls())
    return {
        "perSecond": all_of_it.total / seconds if seconds else None,
        "messagesPerSecond": (all_of_it.sent + all_of_it.received) / seconds if seconds else None,
        "calls": all_of_it.total,
        "failed": all_of_it.failed,
        "faults": all_of_it.faults,
        **{f"p{part * 100:.0f}Ms": timed.quantile(part) if seconds else None for part in QUANTILES},
    }


def _links(found: Links, before: Look | None, seconds: float | None) -> list[dict[str, Any]]:
    earlier = {
        (link.envoy, link.cluster, host.address): host
        for link in (before.links.links if before and before.links else ())
        for host in link.hosts
    }
    return [_link(link, earlier, seconds) for link in found.links]


def _link(link: Link, earlier: Mapping[tuple[str, str, str], Host], seconds: float | None) -> dict[str, Any]:
    hosts = [host.as_json() | _rates(host, earlier.get((link.envoy, link.cluster, host.address)), seconds) for host in link.hosts]
    return link.as_json() | {"hosts": hosts, "faults": list(link.faults)}


def _rates(now: Host, before: Host | None, seconds: float | None) -> dict[str, float | None]:
    """Return what an Envoy has sent to a host. One that was restarted meanwhile has begun at 0: what it has counted since then."""
    if not seconds:
        return {"perSecond": None, "errorsPerSecond": None}
    base = before if before and before.requests <= now.requests else None
    return {
        "perSecond": (now.requests - (base.requests if base else 0)) / seconds,
        "errorsPerSecond": max(0, now.errors - (base.errors if base else 0)) / seconds,
    }

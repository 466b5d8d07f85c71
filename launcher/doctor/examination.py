"""All checks, in the order in which one would look: first the machine, and then what runs on it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from launcher import membership, status
from launcher.config import chosen
from launcher.doctor import machine, mesh, work
from launcher.doctor.cassandra import cassandra
from launcher.doctor.finding import Check, Finding, skipped, wrong
from launcher.doctor.kafka import kafka
from launcher.doctor.programs import programs
from launcher.doctor.redis import redis
from launcher.envoys import certificates, links
from launcher.errors import LaunchError
from launcher.mesh.rendering import watches
from launcher.plan import Stack, given_environment, processes
from launcher.recording import running_topology
from launcher.settings import Settings
from launcher.supervision.daemon import Daemon
from launcher.topology import Topology

REPLICAS = "CHAT_KAFKA_REPLICATION_FACTOR"


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that can be looked at, at the same time, and return what was found, in order."""
    # What the clients of engines say when they can't reach them is said by a finding.
    logging.getLogger().addHandler(logging.NullHandler())
    running = Daemon(settings.home).alive()
    checks = [*_of_machine(settings, running=running), *(_of_stack(settings) if running else [_nothing_runs])]
    with ThreadPoolExecutor(len(checks)) as pool:
        return [finding for found in pool.map(_run, checks) for finding in found]


def _of_machine(settings: Settings, *, running: bool) -> Iterator[Check]:
    home, topology = settings.home, running_topology(settings) if running else Topology(settings.port)
    plan = list(processes(Stack(home, topology, chosen.ANYWHERE)))
    yield machine.cores
    yield partial(machine.memory, running=running)
    yield partial(machine.disk, (home.root, settings.cache), running=running)
    yield machine.open_files
    yield partial(machine.watches, watches(topology), running=running)
    yield partial(machine.ports, topology.port, plan, running=running)
    yield machine.python
    yield partial(machine.clock, home)
    yield partial(machine.folder, home)
    yield partial(machine.environment, settings)
    yield partial(programs, settings.cache)


def _of_stack(settings: Settings) -> Iterator[Check]:
    topology = running_topology(settings)
    daemon, found = status.look(settings)
    writer = next(topology.instances("writer"))
    replicas = given_environment(writer, Stack(settings.home, topology, chosen.ANYWHERE))[REPLICAS]
    yield partial(work.processes, found)
    yield partial(work.crashes, daemon.record().crashes)
    yield lambda: mesh.agreement(links.look(topology), topology, membership.drained(settings.home))
    yield lambda: mesh.certificates(certificates.look(topology))
    yield partial(work.lag, found)
    yield partial(work.dead_letters, settings.home, topology)
    yield partial(redis, topology.redis_port)
    yield partial(kafka, topology.kafka_port, int(replicas))
    yield partial(cassandra, topology.cassandra_port)


def _nothing_runs() -> Iterable[Finding]:
    yield skipped("stack", "none runs here")


def _run(check: Check) -> list[Finding]:
    """Return what a check finds. One that can't look has found something, too."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except LaunchError as error:
        found.append(wrong("stack", error.cause, error.cure))
    return found

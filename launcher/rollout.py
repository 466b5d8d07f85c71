"""Taking instances out of service and bringing them back, one at a time, so that nobody who uses the stack notices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from launcher import membership, operate, preflight, probes
from launcher.certificates import delivery
from launcher.display import Display
from launcher.errors import LaunchError
from launcher.home import write_atomically
from launcher.mesh.rendering import render_sidecar, watches
from launcher.plan import Stack, processes
from launcher.recording import record_topology, running_topology
from launcher.settings import Settings
from launcher.supervision.daemon import Daemon
from launcher.topology import MAX_INSTANCES, SERVICES, Instance, Topology

ALL = "all"
ORDER = ("writer", "search", "history", "presence", "files", "accounts", "router", "gateway")
"""In which order `restart all` takes the services: from who makes the tables to the clients, who come back once, to a stack that is new."""


@dataclass(frozen=True, slots=True)
class Stop:
    """How an instance stopped: in how many seconds, and whether it was done by then or was killed."""

    took_s: float
    clean: bool


def find(name: str, topology: Topology) -> list[Instance]:
    """Return what `name` stands for, in the order in which it is to be restarted: an instance, those of a service, or all.

    Returns nothing if it is none of these.
    """
    if name == ALL:
        return [instance for service in ORDER for instance in topology.instances(service)]
    return [instance for instance in topology.instances() if name in {instance.name, instance.service}]


def in_turn(instances: Iterable[Instance], healthy: Collection[str]) -> list[Instance]:
    """Order the instances of each service so that those which do nothing yet come first, and then stand in for the others."""
    order: dict[str, list[Instance]] = {}
    for instance in instances:
        order.setdefault(instance.service, []).append(instance)
    return [one for members in order.values() for one in sorted(members, key=lambda member: member.name in healthy)]


def stand_ins(instance: Instance, healthy: Collection[str], topology: Topology) -> list[str]:
    """Return who serves while `instance` does not."""
    return [other.name for other in topology.instances(instance.service) if other != instance and other.name in healthy]


def check_drainable(instance: Instance, healthy: Collection[str], topology: Topology) -> None:
    """Raise LaunchError if nobody would serve without `instance`."""
    if not stand_ins(instance, healthy, topology):
        raise LaunchError(
            f"Without {instance.name} no healthy {instance.service} would be left",
            f"See `elastic-chat status`, restart it instead (`elastic-chat restart {instance.name}`), or drain it with --force",
        )


def drain(settings: Settings, display: Display, name: str, *, force: bool) -> Stop | None:
    """Let an instance get nothing new, wait until it has done what it has, and leave it stopped. Return None if it is so already.

    Raises:
        LaunchError: nothing runs, there is no such instance, it is the last healthy one and not `force`, or an Envoy does not follow.

    """
    with _alone(settings, display) as (daemon, stack):
        topology = stack.topology
        instance = next((one for one in topology.instances() if one.name == name), None)
        if instance is None:
            names = ", ".join(one.name for one in topology.instances())
            raise LaunchError(f"{name} is no instance of a service", f"Take one of {names}")
        if name in membership.drained(stack.home) and daemon.states()[name].pid is None:
            return None
        if not force:
            check_drainable(instance, _healthy(stack, instance.service), topology)
        display.note(f"Draining {name}")
        return _drain(daemon, stack, instance)


def restart(settings: Settings, display: Display, name: str) -> list[str]:
    """Restart a process, every instance of a service, or all services: one after the other, each when the one before serves again.

    An instance of several gets no calls while it restarts. Returns the names of what was restarted.

    Raises:
        LaunchError: nothing runs, there is no such process, or one does not get ready; those that come after it are left as they were.

    """
    if not find(name, running_topology(settings)):
        operate.restart(settings, display, name)
        return [name]
    with _alone(settings, display) as (daemon, stack):
        plan = {process.name: process for process in processes(stack)}
        order = in_turn(find(name, stack.topology), _healthy(stack))
        for number, instance in enumerate(order, 1):
            what = f"Restarting {instance.name}" + (f", {number} of {len(order)}" if len(order) > 1 else "")
            _restart(daemon, stack, instance, display)
            operate.await_ready(daemon, membership.serving([plan[instance.name]], stack.topology), display, what)
    return [instance.name for instance in order]


def scale(settings: Settings, display: Display, service: str, count: int) -> list[str]:
    """Let a service have so many instances. New ones get calls when they are ready; those that go are drained first.

    Returns the names of all instances that it has then.

    Raises:
        LaunchError: nothing runs, there is no such service, it can't have so many, or one does not get ready.

    """
    if service not in SERVICES:
        raise LaunchError(f"{service} is no service", f"Take one of {', '.join(SERVICES)}")
    if not 1 <= count <= MAX_INSTANCES:
        raise LaunchError(f"{service} can't have {count} instances", f"Give a number from 1 to {MAX_INSTANCES}")
    with _alone(settings, display) as (daemon, stack):
        wanted = replace(stack, topology=stack.topology.scaled(service, count))
        before, after = (list(one.topology.instances(service)) for one in (stack, wanted))
        if count < len(before) and not _healthy(stack, service) & {instance.name for instance in after}:
            raise LaunchError(
                f"None of the {count} that would be left of {service} serves now",
                "See `elastic-chat status`, and restart one of them",
            )
        if count > len(before):
            preflight.check_watches(watches(wanted.topology) - watches(stack.topology))
            _grow(daemon, wanted, after[len(before) :], display)
        for instance in reversed(before[count:]):
            display.note(f"Draining {instance.name}")
            _drain(daemon, stack, instance)
            daemon.stop(f"{instance.name}-sidecar")
        record_topology(stack.home, wanted.topology)
        membership.follow(stack.home, wanted.topology, service)
        if count > len(before):
            plan = {process.name: process for process in processes(wanted)}
            joining = membership.serving([plan[instance.name] for instance in after[len(before) :]], wanted.topology)
            operate.await_ready(daemon, joining, display, "Joining the mesh")
    return [instance.name for instance in after]


@contextmanager
def _alone(settings: Settings, display: Display) -> Iterator[tuple[Daemon, Stack]]:
    """Yield the stack that runs, as whoever held it before has left it, and hold it."""
    running_topology(settings)  # where nothing has ever run there is no lock to hold
    with settings.home.exclusively(display.note_wait):
        yield operate.running(settings)


def _grow(daemon: Daemon, stack: Stack, added: list[Instance], display: Display) -> None:
    """Start instances that were not there, each after its sidecar."""
    names = {name for instance in added for name in (instance.name, f"{instance.name}-sidecar")}
    plan = [process for process in processes(stack) if process.name in names]
    preflight.check_ports(plan)
    delivery.renew(stack.home, stack.topology)
    for instance in added:
        path = stack.home.envoy / f"{instance.name}-sidecar.yaml"
        write_atomically(path, render_sidecar(instance, stack.topology, stack.home.envoy, stack.tracing))
    try:
        daemon.launch(*(process.name for process in plan))
        operate.await_ready(daemon, plan, display, "New instances")
    except BaseException:  # nothing may be left that no later command knows of
        for process in reversed(plan):
            daemon.stop(process.name)
        raise


def _restart(daemon: Daemon, stack: Stack, instance: Instance, display: Display) -> None:
    """Stop and start an instance. If others stand in for it, they get its calls before it stops."""
    if stand_ins(instance, _healthy(stack, instance.service), stack.topology):
        stop = _drain(daemon, stack, instance)
    else:
        stop = _stop(daemon, instance)
    if not stop.clean:
        display.note(f"{instance.name} did not drain in time, and was killed after {stop.took_s:.0f} s")
    # No Envoy sends it anything before it has passed a health check, so that it may be back on the list right away.
    membership.put_back(stack.home, stack.topology, instance)
    daemon.launch(instance.name)


def _drain(daemon: Daemon, stack: Stack, instance: Instance) -> Stop:
    membership.take_out(stack.home, stack.topology, instance)
    try:
        asyncio.run(_until_out(instance, stack.topology))
    except BaseException:  # also an impatient Ctrl-C: what has not been told to stop goes on serving
        membership.put_back(stack.home, stack.topology, instance)
        raise
    return _stop(daemon, instance)


def _stop(daemon: Daemon, instance: Instance) -> Stop:
    began = time.monotonic()
    clean = daemon.stop(instance.name)
    return Stop(time.monotonic() - began, clean)


async def _until_out(instance: Instance, topology: Topology) -> None:
    probe = probes.NoMember(tuple(membership.callers(instance.service, topology)), instance.ingress_port)
    if reason := await probes.still_not(probe, probes.NOTICE_S):
        raise LaunchError(f"{instance.name} can't be drained: {reason}", "See `elastic-chat status` for what the Envoys lack")


def _healthy(stack: Stack, *services: str) -> set[str]:
    """Return the names of the instances, of all services or of some, that are ready and that the mesh sends calls to."""
    plan = {process.name: process for process in processes(stack)}
    instances = [one for service in services or SERVICES for one in stack.topology.instances(service)]
    answers = asyncio.run(operate.ask(membership.serving([plan[one.name] for one in instances], stack.topology)))
    return {one.name for one, answer in zip(instances, answers, strict=True) if answer is None}

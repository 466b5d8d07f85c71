"""How every process of a stack is: whether it does its work, since when, what it takes, and what an operator should know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version

from launcher import membership, operate
from launcher.engines import Engines
from launcher.engines.versions import version_of
from launcher.plan import Process, Stack, processes
from launcher.settings import Settings
from launcher.status import told, usage
from launcher.status.process import ProcessStatus, assess
from launcher.status.told import Told
from launcher.supervision.daemon import Daemon

OURS = ("certifier", "console", "collector")
"""The processes that are the launcher's own."""


def look(settings: Settings) -> tuple[Daemon, list[ProcessStatus]]:
    """Return how every process is, in the order in which they start.

    Raises:
        LaunchError: nothing runs.

    """
    daemon, stack = operate.running(settings)
    plan = list(processes(stack))
    states, record, drained = daemon.states(), daemon.record(), membership.drained(settings.home)
    answers, tellings = asyncio.run(_ask(stack, plan))
    taken = usage.of_trees(usage.running(), [state.pid for state in states.values() if state.pid])
    services = {instance.name: instance.service for instance in stack.topology.instances()}
    return daemon, [
        assess(
            states[process.name],
            answer,
            record.crashes_of(process.name),
            drained=process.name in drained,
            service=services.get(process.name),
            usage=taken.get(states[process.name].pid or 0),
            told=telling,
        )
        for process, answer, telling in zip(plan, answers, tellings, strict=True)
    ]


async def _ask(stack: Stack, plan: Sequence[Process]) -> tuple[list[str | None], list[Told]]:
    tellers = _tellers(stack)
    return await asyncio.gather(
        operate.ask(plan),
        asyncio.gather(*(asyncio.to_thread(tellers.get(one.name, partial(_by_engine, one.name, stack.engines))) for one in plan)),
    )


def _tellers(stack: Stack) -> dict[str, Callable[[], Told]]:
    """Return how those are asked that can be."""
    topology = stack.topology
    found: dict[str, Callable[[], Told]] = {
        "edge": partial(told.by_envoy, topology.edge_admin_port),
        **{name: partial(Told, version=version("elastic-chat")) for name in OURS},
    }
    for instance in topology.instances():
        found[instance.name] = partial(told.by_service, instance.service, instance.http_port)
        found[f"{instance.name}-sidecar"] = partial(told.by_envoy, instance.admin_port)
    return found


def _by_engine(name: str, engines: Engines) -> Told:
    """Engines tell nothing that can be had without a client of theirs. But we know what we start."""
    return Told(version=version_of(name, engines))

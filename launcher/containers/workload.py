"""`python -m launcher.containers.workload SERVICE` is what a container of a service runs: an instance, and the sidecar beside it.

`... workload edge` runs the edge, which is an Envoy alone, and `... workload SERVICE --sidecar` a sidecar alone, for orchestrators that
put two containers under one address. At SIGTERM the service drains while its sidecar still carries its calls. If one of the two ends, or
nobody looks any more where the others are, so does the rest, and the container: whoever runs it starts it again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from launcher.certificates.authority import EDGE
from launcher.containers.discovery import LOOK_S, Discovery, own_address
from launcher.containers.layout import ENGINES, HOME, TOPOLOGY, instance_of, node_id, stack_of
from launcher.errors import LaunchError
from launcher.home import write_atomically
from launcher.mesh import calls
from launcher.mesh.rendering import render_edge, render_sidecar
from launcher.plan import GATEWAY_STOP_S, MESH_STOP_S, SERVICE_STOP_S
from launcher.topology import SERVICES

T = TypeVar("T")

SIDECAR_ONLY = "--sidecar"
ENDED, UNUSABLE = 1, 2


def configuration(workload: str, environment: Mapping[str, str]) -> str:
    """Return the configuration of the Envoy of a workload.

    Raises:
        LaunchError: the environment can't be used.

    """
    stack = stack_of(environment)
    if workload == EDGE:
        return render_edge(TOPOLOGY, HOME.envoy, stack.all_origins, stack.tracing, stack.places)
    return render_sidecar(instance_of(workload), TOPOLOGY, HOME.envoy, stack.tracing, stack.places)


def called_by(workload: str) -> set[str]:
    """Return the services that a workload calls."""
    return {*calls.ANYONE, *calls.USERS} if workload == EDGE else set(calls.INNER.get(workload, {}))


def envoy_of(path: Path) -> list[str]:
    """Return the command that runs an Envoy by a configuration."""
    return [str(ENGINES.envoy), "-c", str(path), "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]


def service_of(service: str) -> list[str]:
    """Return the command that runs a service."""
    return [sys.executable, "-m", f"svc_{service}"]


async def run(workload: str, environment: Mapping[str, str], *, sidecar_only: bool) -> int:
    """Run a workload until SIGTERM. Return what the container should end with: 0 only if it was asked to end.

    Raises:
        LaunchError: the environment can't be used.
        OSError: it could not be found out, or written for the Envoy, where others are. What ran has drained.

    """
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    path = HOME.envoy / f"{workload}.yaml"
    write_atomically(path, configuration(workload, environment))
    discovery = Discovery(HOME.envoy, called_by(workload))
    await discovery.look()
    envoy = await asyncio.create_subprocess_exec(*envoy_of(path))
    processes = [(envoy, MESH_STOP_S)]
    asked, following = asyncio.create_task(stopping.wait()), asyncio.create_task(discovery.follow())
    ends: list[asyncio.Task[Any]] = [asked, following, asyncio.create_task(envoy.wait())]
    try:
        if workload != EDGE and not sidecar_only and (address := await _before(ends, _address(workload))) is not None:
            environ = {**environment, "CHAT_NODE_ID": node_id(workload, address)}
            service = await asyncio.create_subprocess_exec(*service_of(workload), env=environ)
            processes.append((service, GATEWAY_STOP_S if workload == "gateway" else SERVICE_STOP_S))
            ends.append(asyncio.create_task(service.wait()))
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        was_asked = stopping.is_set()
    finally:
        # The service first: what it still has to say goes through its sidecar.
        for process, patience_s in reversed(processes):
            await _end(process, patience_s)
        asked.cancel()
        following.cancel()
    if was_asked:
        return 0
    if following.done():
        following.result()
    return ENDED


async def _before(ends: Collection[asyncio.Task[Any]], awaited: Coroutine[Any, Any, T]) -> T | None:
    """Return what is awaited, or None if one of `ends` comes first."""
    task = asyncio.create_task(awaited)
    await asyncio.wait([task, *ends], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        return task.result()
    task.cancel()
    return None


async def _address(service: str) -> str:
    """Return the address of this container, as soon as others can know it."""
    while (address := await own_address(service)) is None:  # noqa: ASYNC110 - nothing but DNS tells it
        await asyncio.sleep(LOOK_S)
    return address


async def _end(process: asyncio.subprocess.Process, patience_s: float) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), patience_s)
        except TimeoutError:
            process.kill()
            await process.wait()


def main(arguments: Sequence[str]) -> int:
    """Run the workload that is named."""
    match arguments:
        case [workload] if workload in {*SERVICES, EDGE}:
            sidecar_only = False
        case [workload, option] if workload in SERVICES and option == SIDECAR_ONLY:
            sidecar_only = True
        case _:
            sys.stderr.write(f"Say which workload: {', '.join((*SERVICES, EDGE))}\n")
            return UNUSABLE
    try:
        return asyncio.run(run(workload, os.environ, sidecar_only=sidecar_only))
    except LaunchError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

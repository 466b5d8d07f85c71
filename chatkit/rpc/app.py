"""The life of a service process: start, serve, drain at SIGTERM, end."""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, TypeVar

import grpc
import structlog
import uvloop
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, Histogram, Info, generate_latest

from chatkit import logging
from chatkit.metrics import SECONDS
from chatkit.rpc.server import GrpcServer
from chatkit.settings import ServiceSettings, SettingsError, load
from chatkit.tracing import NOTHING, Tracer

log = structlog.get_logger()

LOOP_LAG = Histogram(
    "chat_loop_lag_seconds",
    "How late the event loop was, in seconds, looked at once a second: what a busy process adds to everything.",
    buckets=SECONDS,
)
READY = Gauge("chat_ready", "Whether the service takes work: 1, or 0 while it starts or drains.")
BUILD = Info("chat_build", "What runs: the version of our code, and of Python.")
LOOK_S = 1.0
COLLECT_AFTER = (20_000, 20, 20)
"""New objects after which the garbage collector looks at the youngest, and so on: what serves requests makes few cycles."""
BACKLOG = 4096
"""Connections that may wait to be accepted: everyone who comes back at once after a cut."""
NOTICE_S = 1.0
"""How long the mesh has to notice NOT_SERVING before streams are ended."""


async def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A service, wired.

    `services` are the full gRPC names, `register` adds their servicers, `tasks` run for as long as the process, and `routes` are what it
    answers over HTTP besides its health. `ready` returns when the service can do its work; `drain` ends what would not end by itself, after
    NOT_SERVING was announced. Calls that come with a trace context are traced by `tracer`.
    """

    services: Sequence[str]
    register: Callable[[grpc.aio.Server], None]
    tasks: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    routes: Sequence[web.RouteDef] = ()
    ready: Callable[[], Coroutine[Any, Any, None]] = field(default=_nothing)
    drain: Callable[[], Awaitable[None]] = field(default=_nothing)
    tracer: Tracer = NOTHING


Settings = TypeVar("Settings", bound=ServiceSettings)
Build = Callable[[Settings, AsyncExitStack], Awaitable[App]]
"""Connects what the service needs (what is to be closed goes on the stack) and wires it."""


def main(service: str, settings_class: type[Settings], build: Build[Settings], environ: Mapping[str, str] = os.environ) -> None:
    """Run a service until SIGTERM or SIGINT. Exits with 2 and a list of faults if the environment makes no valid settings."""
    try:
        settings = load(settings_class, service, environ)
    except SettingsError as error:
        sys.stderr.write(f"{service} can't start with these settings:\n{error}\n")
        sys.exit(2)
    logging.configure(node_id=settings.node_id, level=settings.log_level, fmt=settings.log_format)
    uvloop.run(_run(service, settings, build))


async def _run(service: str, settings: Settings, build: Build[Settings]) -> None:
    BUILD.info({"version": version("elastic-chat"), "python": platform.python_version()})
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        app = await build(settings, stack)
        _spare_the_collector()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(task()) for task in (*app.tasks, _watch_loop)]
            await serve(app, settings, stopping, service)
            for task in tasks:
                task.cancel()
    log.info("stopped", service=service)


async def serve(app: App, settings: ServiceSettings, stopping: asyncio.Event, service: str) -> None:
    """Serve until `stopping` is set, then drain: say NOT_SERVING, let the mesh notice, end streams, finish calls, leave."""
    server = GrpcServer(f"{settings.bind}:{settings.grpc_port}", app.services, app.register, app.tracer)
    ready = asyncio.Event()
    runner = web.AppRunner(_http(app, ready), access_log=None, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, settings.bind, settings.http_port, backlog=BACKLOG).start()
    if settings.http_socket:
        await web.UnixSite(runner, settings.http_socket, backlog=BACKLOG).start()
    if not await _before(app.ready, stopping):
        await runner.cleanup()
        return
    await server.start()
    ready.set()
    READY.set(1)
    log.info("serving", service=service, grpc_port=settings.grpc_port, http_port=settings.http_port)
    await stopping.wait()
    log.info("draining", service=service)
    ready.clear()
    READY.set(0)
    await server.announce_stop()
    await asyncio.sleep(NOTICE_S)
    await app.drain()
    await server.stop(settings.drain.total_seconds())
    await runner.cleanup()


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what was made to start the service, and look at the rest less often: it stops everyone else."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _before(ready: Callable[[], Coroutine[Any, Any, None]], stopping: asyncio.Event) -> bool:
    """Wait until the service is ready; False if it is to stop before that."""
    async with asyncio.TaskGroup() as group:
        becoming, ending = group.create_task(ready()), group.create_task(stopping.wait())
        done, _ = await asyncio.wait((becoming, ending), return_when=asyncio.FIRST_COMPLETED)
        becoming.cancel()
        ending.cancel()
    return becoming in done


def _http(app: App, ready: asyncio.Event) -> web.Application:
    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readiness(_: web.Request) -> web.Response:
        return web.Response(text="ready\n") if ready.is_set() else web.Response(text="not ready\n", status=503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    http = web.Application()
    http.add_routes([web.get("/healthz", alive), web.get("/readyz", readiness), web.get("/metrics", metrics), *app.routes])
    return http


async def _watch_loop() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOK_S
        await asyncio.sleep(LOOK_S)
        LOOP_LAG.observe(loop.time() - due)

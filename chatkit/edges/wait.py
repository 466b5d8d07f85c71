"""Engines may come up after us: wait for them a while, then say plainly which one is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

log = structlog.get_logger()
Result = TypeVar("Result")

PATIENCE_S = 60.0
PAUSE_S = 0.5


async def wait_for_engine(
    name: str,
    attempt: Callable[[], Awaitable[Result]],
    errors: tuple[type[Exception], ...],
    patience_s: float = PATIENCE_S,
) -> Result:
    """Return what `attempt` returns, trying again after `errors` for `patience_s` seconds; then the last of them is raised with the
    engine's name.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_s
    while True:
        try:
            return await attempt()
        except errors as error:
            if loop.time() > deadline:
                raise ConnectionError(
                    f"{name} did not answer for {patience_s:.0f} s ({error}): is it running, and where the settings say?"
                ) from error
            log.info("waiting_for_engine", engine=name, error=str(error))
            await asyncio.sleep(PAUSE_S)

"""Patience with an engine that is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from chatkit.core.backoff import Backoff
from chatkit.core.errors import ChatError

log = structlog.get_logger()
Result = TypeVar("Result")


async def until_done(attempt: Callable[[], Awaitable[Result]], event: str) -> Result:
    """Try until an engine that is away is back, and note each time that it is not. Whatever is tried can be repeated."""
    backoff = Backoff(0.1, 5.0)
    while True:
        try:
            return await attempt()
        except ChatError as error:
            log.warning(event, reason=error.reason)
            await asyncio.sleep(backoff.next())

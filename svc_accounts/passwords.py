"""Passwords are hashed away from the event loop, by few threads and behind a short queue: a flood of logins is shed, not piled up."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError
from prometheus_client import Gauge, Histogram

from chatkit.core.errors import ChatError, Reason

MEMORY_KIB = 19 * 1024
TIME_COST = 2
RETRY_AFTER = timedelta(seconds=1)

WAITING = Gauge("chat_accounts_passwords_waiting", "Passwords that are being hashed or wait for it.")
SECONDS = Histogram("chat_accounts_password_seconds", "Seconds that hashing a password took.", buckets=(0.01, 0.02, 0.05, 0.1, 0.5, 1))

Result = TypeVar("Result")


class Passwords:
    """Argon2id with 19 MiB, 2 passes and 1 lane: about 20 ms of one core."""

    def __init__(self, threads: int, limit: int) -> None:
        self._argon2 = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1, type=Type.ID)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._limit = limit
        self._waiting = 0
        self._nobodys = self._argon2.hash(secrets.token_hex())

    async def hash(self, password: str) -> str:
        """Return the hash to keep, with its salt and parameters in it. Raises OVERLOADED if too many passwords wait."""
        return await self._aside(lambda: self._argon2.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether `password` is the one that was hashed; None, for a user who does not exist, takes as long and is never right.

        Raises OVERLOADED if too many passwords wait.
        """
        matches = await self._aside(lambda: self._matches(password_hash or self._nobodys, password))
        return matches and password_hash is not None

    async def close(self) -> None:
        """End the threads, after what they are hashing."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except VerifyMismatchError:
            return False

    async def _aside(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= self._limit:
            raise ChatError(Reason.OVERLOADED, "too many people log in right now", retry_after=RETRY_AFTER)
        loop = asyncio.get_running_loop()
        self._count(1)
        future = self._pool.submit(_timed, work)
        # A caller who gives up does not free the thread: it counts until it has ended.
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._count, -1))
        return await _of(future)

    def _count(self, change: int) -> None:
        self._waiting += change
        WAITING.inc(change)


def _timed(work: Callable[[], Result]) -> Result:
    with SECONDS.time():
        return work()


async def _of(future: Future[Result]) -> Result:
    return await asyncio.wrap_future(future)

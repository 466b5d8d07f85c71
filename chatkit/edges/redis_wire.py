"""Redis without a library between: for the hot path, where each command of a client library costs more than the server's work for it.

What is asked in one tick of the loop is written at once, by whomever; Redis answers in order. Its protocol (RESP2) is read and written by
hiredis; everything that is not hot goes through redis-py.
"""

from __future__ import annotations

import asyncio
import builtins
import ssl
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import hiredis
from redis.asyncio.connection import ConnectionPool, SSLConnection
from redis.exceptions import BusyLoadingError, ConnectionError, NoScriptError, RedisError, ResponseError, TimeoutError  # noqa: A004

from chatkit.edges.engine_metrics import FAILED, REDIS, TOOK

TIMEOUT_S = 5.0
"""How long Redis may take to answer before its connection is taken for broken."""
LOOK_S = 1.0
Command = tuple[str | bytes | int | float, ...]
_ERRORS = {"NOSCRIPT": NoScriptError, "LOADING": BusyLoadingError}
_NOTHING = object()


class Connection(asyncio.Protocol):
    """A connection: groups of commands out, groups of replies in; or, once `push_to` was called, whatever comes."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(replyError=_error, notEnoughData=_NOTHING)
        self._pushed: Callable[[Any], None] | None = None
        self._lost: Callable[[], None] = lambda: None
        self._asked: deque[_Group] = deque()
        self._unwritten: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.heard_at = self._loop.time()

    @property
    def is_open(self) -> bool:
        """Whether commands can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, commands: Sequence[Command]) -> asyncio.Future[list[Any]]:
        """Send commands; the future has their replies, an error reply among them. A future that is cancelled keeps its place."""
        group = _Group(len(commands), self._loop)
        self.tell(commands)  # first: what can't be packed must not leave a place in the queue of replies
        self._asked.append(group)
        if self._watch is None:
            self._watch = self._loop.call_later(LOOK_S, self._look)
        return group.replied

    def push_to(self, pushed: Callable[[Any], None], lost: Callable[[], None]) -> None:
        """Give every reply to `pushed` from now on, and call `lost` when the connection is."""
        self._pushed, self._lost = pushed, lost

    def tell(self, commands: Sequence[Command]) -> None:
        """Send commands; nobody waits for their replies."""
        packed = [hiredis.pack_command(command) for command in commands]  # type: ignore[arg-type]  # of any length
        if not self._unwritten:
            self._loop.call_soon(self._write)
        self._unwritten += packed

    def close(self) -> None:
        """Close at once; what has no reply yet fails."""
        if self._transport is not None:
            self._transport.abort()

    def _write(self) -> None:
        data, self._unwritten = b"".join(self._unwritten), []
        if self._transport is not None:
            self._transport.write(data)

    def _look(self) -> None:
        self._watch = None
        if not self._asked:
            return
        if self._loop.time() - self._asked[0].asked_at > TIMEOUT_S:
            self._fail(TimeoutError("Redis does not answer"))
            self.close()
        else:
            self._watch = self._loop.call_later(LOOK_S, self._look)

    # --- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods of asyncio's, and not their class
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not _NOTHING:
            if self._pushed is not None:
                self._pushed(reply)
            elif self._asked[0].take(reply):
                self._asked.popleft()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._watch is not None:
            self._watch.cancel()
        self._fail(ConnectionError(f"the connection to Redis is lost: {exc or 'closed'}"))
        self._lost()

    def _fail(self, error: RedisError) -> None:
        while self._asked:
            self._asked.popleft().fail(error)


class _Group:
    """Commands that were sent together."""

    __slots__ = ("_count", "_replies", "asked_at", "replied")

    def __init__(self, count: int, loop: asyncio.AbstractEventLoop) -> None:
        self.asked_at = loop.time()
        self.replied: asyncio.Future[list[Any]] = loop.create_future()
        self._count = count
        self._replies: list[Any] = []

    def take(self, reply: object) -> bool:
        """Take a reply; True if it is the last."""
        self._replies.append(reply)
        if len(self._replies) < self._count:
            return False
        if not self.replied.done():
            self.replied.set_result(self._replies)
        return True

    def fail(self, error: RedisError) -> None:
        if not self.replied.done():
            self.replied.set_exception(error)


def _error(text: str) -> RedisError:
    return _ERRORS.get(text.partition(" ")[0], ResponseError)(text)


class Wire:
    """A connection that is made when it is needed, and again when it was lost."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._options: dict[str, Any] = pool.connection_kwargs
        self._tls = issubclass(pool.connection_class, SSLConnection)
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[Connection] | None = None

    async def run(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands in one round trip and return their replies. Raises the first error among them, or why there is no reply."""
        if not commands:
            return []
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            replies = await self._replies(commands)
        except (RedisError, OSError):
            FAILED[REDIS].inc()
            raise
        TOOK[REDIS].observe(loop.time() - began)
        return _checked(replies)

    async def _replies(self, commands: Sequence[Command]) -> list[Any]:
        connection = self._connection
        if connection is None or not connection.is_open:
            connection = await self._connected()
        return await connection.ask(commands)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    async def _connected(self) -> Connection:
        """Return a connection that was made for all who need one now: nobody tries again behind another's failure."""
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self.open())
            self._connecting.add_done_callback(self._made)
        return await asyncio.shield(self._connecting)

    def _made(self, connecting: asyncio.Task[Connection]) -> None:
        self._connecting = None
        if not connecting.cancelled() and connecting.exception() is None:
            self._connection = connecting.result()

    async def open(self) -> Connection:
        """Return another connection, which the caller closes. Raises an error of redis-py, or an OSError."""
        options, loop = self._options, asyncio.get_running_loop()
        tls = ssl.create_default_context(cafile=options.get("ssl_ca_certs")) if self._tls else None
        connection = Connection()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await loop.create_connection(lambda: connection, options.get("host", "localhost"), options.get("port", 6379), ssl=tls)
                _checked(await connection.ask(_greeting(options)))
        except BaseException as error:
            connection.close()
            if isinstance(error, builtins.TimeoutError):
                raise TimeoutError("Redis takes no connection") from error
            raise
        return connection


def _greeting(options: Mapping[str, Any]) -> list[Command]:
    """Return what a connection begins with; PING, because of what a server says that is still loading."""
    greeting: list[Command] = [("PING",), ("SELECT", options.get("db") or 0)]
    if password := options.get("password"):
        username = options.get("username")
        greeting.insert(0, ("AUTH", username, password) if username else ("AUTH", password))
    return greeting


def _checked(replies: list[Any]) -> list[Any]:
    for reply in replies:
        if isinstance(reply, RedisError):
            raise reply
    return replies

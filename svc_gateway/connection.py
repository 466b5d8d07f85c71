"""What is under a session: bytes out, and an end. Flushed once a loop tick, with one write for everything that waits."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from itertools import islice
from typing import Protocol

from prometheus_client import Counter, Gauge

from chatkit.core.errors import ChatError, Reason
from chatkit.metrics import counter
from svc_gateway.core import Outbox
from svc_gateway.frames import CLOSE, Codec, Outgoing, websocket_frame

ENOUGH = 64 * 1024
"""Bytes in the socket's own buffer above which the rest waits in the outbox, where it can still be dropped."""
TRY_AGAIN, REFUSED = 1013, 1008
"""Close codes of RFC 6455 for reasons that end a connection only because they came with its hello."""
A_TICK = 500
"""Connections that are flushed in one tick."""
AGAIN_S = 0.02
"""How often connections whose socket is full are looked at."""

BYTES = Counter("chat_gateway_sent_bytes_total", "Bytes written to connections.")
DROPPED = Counter("chat_gateway_dropped_total", "Ephemeral frames that were dropped because a connection was slow.")
CLOSED = counter("chat_gateway_closed_total", "Connections that the gateway closed, by reason.", reason=Reason)
FULL = Gauge("chat_gateway_slow_connections", "Connections whose clients read more slowly than they are sent.")


class Pipe(Protocol):
    """A way to the client."""

    codec: Codec

    def write(self, data: bytes) -> None:
        """Send bytes, without waiting."""

    def waiting(self) -> int:
        """Return how many bytes were written and are not on the wire yet."""
        ...

    def end(self, error: ChatError) -> None:
        """Tell the client why, and close; what was written before goes first."""

    def abort(self) -> None:
        """Close at once."""


class Flusher:
    """Flushes every connection that has something to send, once a tick; those whose socket is full, a little later.

    A room of thousands is flushed in several ticks, so that nobody else waits for it.
    """

    def __init__(self) -> None:
        self._dirty: dict[Connection, None] = {}
        self._full: set[Connection] = set()
        FULL.set_function(lambda: len(self._full))

    def mark(self, connection: Connection) -> None:
        """Have a connection flushed at the end of this tick; one whose socket is full waits for its own turn."""
        if connection in self._full:
            return
        if not self._dirty:
            asyncio.get_running_loop().call_soon(self._flush)
        self._dirty[connection] = None

    def _flush(self) -> None:
        dirty = list(islice(self._dirty, A_TICK))
        for connection in dirty:
            del self._dirty[connection]
        self._set_full({connection for connection in dirty if not connection.flush()})
        if self._dirty:
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush_full(self) -> None:
        full, self._full = self._full, set()
        self._set_full({connection for connection in full if not connection.flush()})

    def _set_full(self, full: set[Connection]) -> None:
        if full and not self._full:
            asyncio.get_running_loop().call_later(AGAIN_S, self._flush_full)
        self._full |= full


class Connection:
    """The way to one client, with its outbox."""

    __slots__ = ("_flusher", "_outbox", "_pipe", "ended", "on_drop", "on_end")

    def __init__(self, pipe: Pipe, flusher: Flusher, cap: int) -> None:
        self._pipe = pipe
        self._flusher = flusher
        self._outbox = Outbox(cap)
        self.ended: ChatError | None = None
        self.on_end: Callable[[], None] = _nothing
        self.on_drop: Callable[[], None] = _nothing

    def send(self, frame: Outgoing, *, ephemeral: bool = False) -> None:
        """Send a frame; if the client is too slow for it, drop it if it is ephemeral, and else end the connection."""
        if self.ended is not None:
            return
        dropped = self._outbox.dropped
        if not self._outbox.put(frame.written(self._pipe.codec), ephemeral=ephemeral, in_flight=self._pipe.waiting()):
            self.end(ChatError(Reason.SLOW_CONSUMER))
            return
        if self._outbox.dropped > dropped:
            DROPPED.inc(self._outbox.dropped - dropped)
            self.on_drop()
        self._flusher.mark(self)

    def flush(self) -> bool:
        """Write what waits; False if the socket is too full for that."""
        if not len(self._outbox):
            return True
        if self._pipe.waiting() > ENOUGH:
            return False
        data = self._outbox.take()
        BYTES.inc(len(data))
        self._pipe.write(data)
        return True

    async def room(self) -> None:
        """Wait until a good part of what was sent is on the wire: for who sends much, and can wait."""
        while self.ended is None and self._outbox.size + self._pipe.waiting() > ENOUGH:  # noqa: ASYNC110 - the socket tells no event
            await asyncio.sleep(AGAIN_S)

    def end(self, error: ChatError) -> None:
        """End the connection and tell the client why. What waits is sent first, unless the client is too slow."""
        if self.ended is not None:
            return
        self.ended = error
        CLOSED[error.reason].inc()
        rest = self._outbox.take()
        if error.reason is not Reason.SLOW_CONSUMER:
            self._pipe.write(rest)
        self._pipe.end(error)
        self.on_end()

    def abort(self) -> None:
        """Close at once: the client did not react to the end."""
        self._pipe.abort()


def _nothing() -> None:
    """Nobody wants to know."""


class WebSocketPipe:
    """A WebSocket. Whole frames are written to its socket directly: aiohttp's own writer would frame each again, for each reader."""

    def __init__(self, codec: Codec, transport: asyncio.Transport) -> None:
        self.codec = codec
        self._transport = transport

    def write(self, data: bytes) -> None:
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def waiting(self) -> int:
        return self._transport.get_write_buffer_size()

    def end(self, error: ChatError) -> None:
        code = error.row.close_code or (TRY_AGAIN if error.row.retryable else REFUSED)
        reason = f"{error.reason}: {error.message}".encode()[:120].decode(errors="ignore")
        self.write(websocket_frame(CLOSE, struct.pack("!H", code) + reason.encode()))

    def abort(self) -> None:
        self._transport.abort()

"""A TCP proxy that can be a bad network: slow, silent, deaf in one direction, or cut."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from launcher.topology import HOST

CHUNK = 64 * 1024


class Proxy:
    """Forwards to a port of this machine. Whatever is set holds for what passes from then on."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server
        self.pieces = 0
        """How many have come, from either side, whether they were passed on or not."""
        self.delay_s = (0.0, 0.0)
        """Least and most seconds that a piece takes longer; pieces keep their order."""
        self.is_deaf = False
        """What comes to the target is swallowed; what it says passes."""
        self.is_mute = False
        """What the target says is swallowed; what comes to it passes."""
        self.is_closed = False
        """New connections are refused."""

    async def start(self) -> int:
        """Listen, and return the port."""
        self._server = await asyncio.start_server(self._connect, HOST, 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Cut everything, and listen no more."""
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Cut every connection with a reset."""
        for writer in self._writers:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_closed:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        for one in (self._pump(reader, back, to_target=True), self._pump(there, writer, to_target=False)):
            task = asyncio.get_running_loop().create_task(one)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_target: bool) -> None:
        with suppress(OSError):
            while piece := await reader.read(CHUNK):
                self.pieces += 1
                if self.delay_s[1]:
                    await asyncio.sleep(random.uniform(*self.delay_s))
                if not (self.is_deaf if to_target else self.is_mute):
                    writer.write(piece)
                    await writer.drain()
        self._writers.discard(writer)
        writer.transport.abort()

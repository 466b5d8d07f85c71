"""The fan-out over Redis Pub/Sub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import structlog
from redis.exceptions import RedisError

from chatkit.edges.fanout import Hearing
from chatkit.edges.redis import RedisClient, channel
from chatkit.edges.redis_wire import Connection

log = structlog.get_logger()

SILENCE_S = 5.0
"""Silence after which the connection is asked whether it is still there; twice that without an answer, and it is taken for broken."""


class RedisFanout:
    """Publishes with PUBLISH."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client

    async def publish(self, batches: Mapping[str, bytes]) -> None:
        await self._client.repeatable([("PUBLISH", channel(node), batch) for node, batch in batches.items()])


class RedisNodeChannel:
    """Subscribes with a connection of its own, watched by PING, because a broken subscription can look like a quiet one."""

    def __init__(self, client: RedisClient, retry_s: float = 0.2) -> None:
        self._client = client
        self._retry_s = retry_s

    async def listen(self, node: str) -> AsyncIterator[bytes | Hearing]:
        while True:
            subscription = _Subscription(await self._connected(), channel(node))
            try:
                while items := await subscription.heard():
                    for item in items:
                        yield item
            finally:
                subscription.end()
            log.warning("subscription_broken", channel=channel(node))
            if subscription.was_whole:
                yield Hearing.BROKEN
            await asyncio.sleep(self._retry_s)

    async def _connected(self) -> Connection:
        while True:
            try:
                return await self._client.wire.open()
            except (RedisError, OSError) as error:
                log.warning("no_subscription", error=str(error))
            await asyncio.sleep(self._retry_s)


class _Subscription:
    """What comes over a subscribed connection, in its order."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._items: list[bytes | Hearing] = []
        self._more = asyncio.Event()
        self.was_whole = False
        self._watch = asyncio.get_running_loop().create_task(self._look())
        connection.push_to(self._take, self._more.set)
        connection.tell([("SUBSCRIBE", name)])

    async def heard(self) -> list[bytes | Hearing]:
        """Wait for what comes next; nothing, if the connection is lost."""
        if not self._items and self._connection.is_open:
            await self._more.wait()
        self._more.clear()
        items, self._items = self._items, []
        return items

    def end(self) -> None:
        """Close the connection."""
        self._watch.cancel()
        self._connection.close()

    def _take(self, reply: Any) -> None:  # noqa: ANN401 - whatever Redis says
        match reply:
            case [b"message", _, bytes(data)]:
                self._items.append(data)
            case [b"subscribe", *_]:
                self.was_whole = True
                self._items.append(Hearing.WHOLE)
            case _:
                return  # the answer to PING
        self._more.set()

    async def _look(self) -> None:
        """Close a connection over which nothing comes any more, not even the answer to a PING."""
        loop = asyncio.get_running_loop()
        while (silence_s := loop.time() - self._connection.heard_at) < 2 * SILENCE_S:
            if silence_s > SILENCE_S / 2:
                self._connection.tell([("PING",)])
            await asyncio.sleep(SILENCE_S)
        self._connection.close()

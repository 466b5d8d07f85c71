"""The fan-out over Redis Pub/Sub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from chatkit.edges.redis import channel, pipelined

log = structlog.get_logger()

SILENCE_S = 5.0
"""Silence after which the connection is asked whether it is still there; twice that without an answer, and it is taken for broken."""


class RedisFanout:
    """Publishes with PUBLISH, pipelined."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def publish(self, batches: Mapping[str, bytes]) -> None:
        if not batches:
            return
        await pipelined(self._client, lambda pipeline: [pipeline.publish(channel(node), batch) for node, batch in batches.items()])


class RedisNodeChannel:
    """Subscribes with a connection of its own, watched by PING, because a broken subscription can look like a quiet one."""

    def __init__(self, client: Redis, retry_s: float = 0.2) -> None:
        self._client = client
        self._retry_s = retry_s

    async def listen(self, node: str) -> AsyncIterator[bytes | None]:
        while True:
            subscription = self._client.pubsub()
            try:
                await subscription.subscribe(channel(node))
                async for item in self._read(subscription):
                    yield item
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("subscription_broken", channel=channel(node), error=str(error))
                await asyncio.sleep(self._retry_s)
            finally:
                with suppress(RedisError, OSError):
                    await subscription.aclose()  # type: ignore[no-untyped-call]

    async def _read(self, subscription: PubSub) -> AsyncIterator[bytes | None]:
        asked = False
        while True:
            message = await subscription.get_message(timeout=SILENCE_S)
            if message is None:
                if asked:
                    raise TimeoutError("no answer to PING")
                await subscription.ping()
                asked = True
                continue
            asked = False
            if message["type"] == "message":
                yield cast("bytes", message["data"])
            elif message["type"] == "subscribe":
                yield None

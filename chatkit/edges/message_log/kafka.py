"""The log in Kafka: idempotent producer, acks=all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.message_log import MAX_LETTER_BYTES, REQUEST_ID_HEADER, Record
from chatkit.edges.wait import wait_for_engine

TIMEOUT_MS = 8_000
"""How long a record may take to become durable before its sender is told to try again."""


class KafkaMessageLog:
    """Appends through one producer, which keeps the order of records of a partition through its own retries."""

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            client_id=client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_request_size=MAX_LETTER_BYTES,  # what a topic takes is for the topic to say
            request_timeout_ms=TIMEOUT_MS,
            metadata_max_age_ms=30_000,
        )

    async def start(self, topics: Sequence[str]) -> None:
        """Connect, and wait for `topics` to exist. Raises ConnectionError if Kafka or they do not come up."""
        await wait_for_engine("Kafka", self._producer.start, (KafkaError, OSError))
        for topic in topics:
            await wait_for_engine(f"Kafka topic {topic}", lambda topic=topic: self._find(topic), (KafkaError, LookupError))  # type: ignore[misc]

    async def _find(self, topic: str) -> None:
        async with asyncio.timeout(TIMEOUT_MS / 1000):
            if not await self._producer.partitions_for(topic):
                raise LookupError(f"{topic} has no partitions")

    async def stop(self) -> None:
        """Flush and disconnect."""
        await self._producer.stop()

    async def append(self, records: Sequence[Record]) -> Sequence[asyncio.Future[None]]:
        # One deadline for all: each may have to wait for room, and a batch must not wait for as long as all of them together.
        deadline = asyncio.get_running_loop().time() + TIMEOUT_MS / 1000
        return [await self._send(record, deadline) for record in records]

    async def _send(self, record: Record, deadline: float) -> asyncio.Future[None]:
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        durable.add_done_callback(_seen)
        headers = [(REQUEST_ID_HEADER, record.request_id.encode())] if record.request_id else []
        try:
            async with asyncio.timeout_at(deadline):
                sent: asyncio.Future[Any] = await self._producer.send(record.topic, record.value, key=record.key, headers=headers)
        except (KafkaError, TimeoutError) as error:
            _fail(durable, error)
        else:
            sent.add_done_callback(partial(_settle, durable))
        return durable


def _settle(durable: asyncio.Future[None], sent: asyncio.Future[Any]) -> None:
    if durable.done():
        return
    if sent.cancelled():
        durable.cancel()
    elif (error := sent.exception()) is not None:
        _fail(durable, error)
    else:
        durable.set_result(None)


def _fail(durable: asyncio.Future[None], error: BaseException) -> None:
    refusal = ChatError(Reason.UNAVAILABLE, "the log can't be reached: try again with the same message_id")
    refusal.__cause__ = error
    durable.set_exception(refusal)


def _seen(durable: asyncio.Future[None]) -> None:
    """Look at the outcome, so that one for which nobody waits is not reported as forgotten."""
    if not durable.cancelled():
        durable.exception()

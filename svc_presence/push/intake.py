"""The log, as presence reads it: from the newest on, in a group of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from aiokafka.errors import KafkaError

from chatkit.core.backoff import Backoff
from chatkit.core.errors import ChatError
from chatkit.edges.message_log import LOG_TOPIC
from chatkit.edges.message_log.reader import Begin, KafkaReader, Reading
from svc_presence.push.notifier import Notifier

log = structlog.get_logger()

READING = Reading("elastic-chat-push", (LOG_TOPIC,), Begin.NEWEST, gather_bytes=64 * 1024, gather_ms=200, max_records=2_000)


class Intake:
    """Hands the notifier what comes. Offsets are committed before anyone is told: nobody is told twice because a process died."""

    def __init__(self, reader: Callable[[], KafkaReader], notifier: Notifier) -> None:
        self._reader = reader
        self._notifier = notifier

    async def run(self) -> None:
        """Read for ever, however long Kafka is away: who is where must not wait for it."""
        backoff = Backoff(0.5, 10.0)
        while True:
            reader = self._reader()
            try:
                await reader.start()
                while True:
                    taken = await reader.take()
                    await reader.commit(taken)
                    await self._notifier.tell(record.value for record in taken)
                    backoff.reset()
            except (ConnectionError, KafkaError, ChatError) as error:
                log.warning("log_away", error=type(error).__name__)
            finally:
                await reader.stop()
            await asyncio.sleep(backoff.next())

"""The log, as presence reads it: from the newest on, in a group of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog
from aiokafka.errors import KafkaError
from google.protobuf.message import DecodeError

from chatkit.core.backoff import Backoff
from chatkit.core.errors import ChatError
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC
from chatkit.edges.message_log.reader import Begin, KafkaReader, Reading
from elastic_chat.events.v1 import log_pb2
from svc_presence.push.faults import FAULTS
from svc_presence.push.listening import Listeners
from svc_presence.push.notifier import Notifier
from svc_presence.push.withdrawer import Withdrawer

log = structlog.get_logger()

TOPICS = (LOG_TOPIC, WATERMARK_TOPIC)
READING = Reading("elastic-chat-push", TOPICS, Begin.NEWEST, gather_bytes=1024 * 1024, gather_ms=1000, max_records=5_000)
"""Kafka gathers for a second: nobody waits for this, and to ask about many messages costs hardly more than about one."""
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 10.0


def entries_of(values: Iterable[bytes]) -> list[log_pb2.LogEntry]:
    """Return the entries of records, but for what nobody can read: the writer sets that aside, and says so."""
    entries = []
    for value in values:
        with suppress(DecodeError):
            entries.append(log_pb2.LogEntry.FromString(value))
    return entries


class Intake:
    """Hands on what comes. Offsets are committed after what must not be lost is noted, and before anyone is told: nobody is told twice
    because a process died.
    """

    def __init__(
        self,
        reader: Callable[[], KafkaReader],
        listeners: Listeners,
        notifier: Notifier,
        withdrawer: Withdrawer,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self._reader = reader
        self._listeners = listeners
        self._notifier = notifier
        self._withdrawer = withdrawer
        self._first_pause_s = first_pause_s

    async def run(self) -> None:
        """Read for ever, whatever happens to the log: who is where must not wait for it."""
        backoff = Backoff(self._first_pause_s, LAST_PAUSE_S)
        while True:
            try:
                await self._read(backoff)
            except (ConnectionError, KafkaError, ChatError) as error:
                log.warning("log_away", error=type(error).__name__)
            except Exception:
                FAULTS["log"].inc()
                log.exception("log_unreadable")
            await asyncio.sleep(backoff.next())

    async def _read(self, backoff: Backoff) -> None:
        reader = self._reader()
        try:
            await reader.start()
            while True:
                taken = await reader.take()
                entries = entries_of(record.value for record in taken if record.topic == LOG_TOPIC)
                await self._listeners.learn(entries)
                await reader.commit(taken)
                await self._notifier.tell(entries)
                await self._withdrawer.withdraw(record.value for record in taken if record.topic == WATERMARK_TOPIC)
                backoff.reset()
        finally:
            await reader.stop()

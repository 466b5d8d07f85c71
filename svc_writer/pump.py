"""Take, write, commit, for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog
from prometheus_client import Counter, Gauge, Histogram

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError
from chatkit.edges.engine_metrics import CASSANDRA
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, MessageLog, Record
from chatkit.edges.message_log.reader import Taken
from chatkit.edges.patience import until_done
from chatkit.metrics import SECONDS, counter
from chatkit.tracing import NOTHING, Tracer, followed
from elastic_chat.events.v1 import log_pb2
from svc_writer.core import Write, grouped, heads
from svc_writer.directory import relist, touched
from svc_writer.records import writes_of
from svc_writer.source import Source
from svc_writer.store import Progress, Timeline, UnfitError
from svc_writer.unreadable import UnreadableError

log = structlog.get_logger()

LAG_S = 10.0
UNTOLD_LIMIT = 50_000
"""Conversations of which the live view is still to be told how far the database is; beyond that it is not told."""

RECORDS = counter("chat_writer_records_total", "Records dealt with, by what became of them.", outcome=("written", "set_aside"))
TOOK = Histogram("chat_writer_batch_seconds", "Seconds from the taking of a batch to its commit.", buckets=SECONDS)
ROWS = Counter("chat_writer_rows_total", "Rows written.")
BATCH = Histogram("chat_writer_batch_records", "Records taken at once.", buckets=(1, 10, 50, 200, 500, 1000, 2000))
LAG = Gauge("chat_writer_lag_records", "Records that are in the log and not in the database yet.")


class Pump:
    """Moves records. A database that is away is waited for: the log keeps what comes, and nothing is committed meanwhile."""

    def __init__(
        self,
        source: Source,
        timeline: Timeline,
        progress: Progress,
        dead_letters: MessageLog,
        clock: Clock,
        tracer: Tracer = NOTHING,
    ) -> None:
        self._source = source
        self._timeline = timeline
        self._progress = progress
        self._untold: dict[str, int] = {}
        self._dead_letters = dead_letters
        self._clock = clock
        self._tracer = tracer
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Move records until `stop` is called."""
        while not self._stopping.is_set():
            taken = await self._source.take()
            if taken:
                await self.move(taken)
        self._stopped.set()

    async def stop(self) -> None:
        """Finish the batch that is under way, and no other."""
        self._stopping.set()
        await self._stopped.wait()

    async def move(self, taken: Sequence[Taken]) -> None:
        """Write what was taken, and then commit it."""
        BATCH.observe(len(taken))
        contexts = [record.traceparent for record in taken]
        with TOOK.time(), followed(self._tracer, "write", contexts, records=len(taken)) as spans:
            await self._move(taken, [span.context for span in spans])

    async def _move(self, taken: Sequence[Taken], contexts: Sequence[str]) -> None:
        read: list[tuple[Taken, list[Write]]] = []
        for record in taken:
            try:
                read.append((record, writes_of(record.topic, record.value)))
            except UnreadableError as error:
                await self._set_aside(record, str(error))
        with followed(self._tracer, "store", contexts, engine=CASSANDRA):
            writes = await self._write(read)
            for conversation_id in touched(writes):
                await until_done(partial(relist, self._timeline, conversation_id), "database_away")
        await self._tell(heads(writes))
        await until_done(lambda: self._source.commit(taken), "log_away")
        RECORDS["written"].inc(len(taken))
        ROWS.inc(len(writes))
        log.debug("records_written", count=len(taken), rows=len(writes), request_ids=[one.request_id for one in taken if one.request_id])

    async def _write(self, read: Sequence[tuple[Taken, list[Write]]]) -> list[Write]:
        """Write everything; if the database will never take it, each record by itself, and set aside what it does not take."""
        writes = [write for _, some in read for write in some]
        try:
            await self._put(writes)
        except UnfitError as error:
            if len(read) == 1:
                await self._set_aside(read[0][0], str(error))
                return []
            return [write for one in read for write in await self._write([one])]
        return writes

    async def _put(self, writes: Sequence[Write]) -> None:
        groups = grouped(writes)
        await until_done(lambda: self._timeline.put(groups), "database_away")

    async def _tell(self, written: dict[str, int]) -> None:
        """Tell the live view how far the database is. Nothing waits for it: what it is not told, it keeps for longer."""
        self._untold |= written
        try:
            await self._progress.note(self._untold)
        except ChatError as error:
            log.warning("live_view_away", reason=error.reason, conversations=len(self._untold))
            if len(self._untold) <= UNTOLD_LIMIT:
                return
        self._untold = {}

    async def _set_aside(self, record: Taken, reason: str) -> None:
        """Put a record that can't be applied where an operator finds it, before its offset is committed."""
        letter = log_pb2.DeadLetter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            reason=reason,
        )
        letter.failed_at.FromMilliseconds(self._clock.now_ms())
        dead = Record(DEAD_LETTER_TOPIC, record.key, letter.SerializeToString(), record.request_id)
        await until_done(lambda: self._append(dead), "log_away")
        RECORDS["set_aside"].inc()
        log.error("dead_letter", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)

    async def _append(self, record: Record) -> None:
        (ack,) = await self._dead_letters.append([record])
        await ack

    async def watch_lag(self) -> None:
        """Keep the lag metric true, for ever."""
        while True:
            lags = await until_done(self._source.lag, "log_away")
            LAG.set(sum(one.end - one.committed for one in lags))
            await asyncio.sleep(LAG_S)

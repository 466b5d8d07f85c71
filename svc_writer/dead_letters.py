"""What could not be applied: to be read, and to be sent into the log again.

Letters and the notes that they were redriven stand in one topic. A note comes after its letter and so outlives it, and nothing else has to
be kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from google.protobuf.message import DecodeError
from prometheus_client import Counter

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.kafka import IN_THE_CLEAR, Access
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, REQUEST_ID_HEADER, MessageLog, Record
from elastic_chat.events.v1 import log_pb2

log = structlog.get_logger()

DEFAULT_PAGE, MAX_PAGE = 100, 500
MAX_BYTES = 1024 * 1024
"""What the values of a page may have together, unless it is of one letter: answers stay well below what gRPC clients take."""

POLL_MS = 1000
POLL_RECORDS = 500
TIMEOUT_S = 8.0
"""How long Kafka may say nothing."""

REDRIVEN = Counter("chat_writer_redriven_total", "Dead letters that were sent into the log again.")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the dead-letter topic holds at an offset: a letter or a note."""

    offset: int
    letter: log_pb2.DeadLetter
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some letters, each with whether it was redriven, and where the next page begins, 0 if there is none."""

    letters: Sequence[tuple[Kept, bool]]
    next_offset: int


class Shelf(Protocol):
    """The dead-letter topic, read from wherever one likes."""

    def read(self, from_offset: int) -> AsyncGenerator[Kept, None]:
        """Yield what there is from `from_offset` on, up to what is the end now. Raises UNAVAILABLE."""
        ...


class DeadLetters:
    """Lists and redrives letters.

    Which ones were redriven is remembered from call to call, a number for each time that an operator did so: what others note in the
    meantime is read first. Two writers that are told at the same moment may both redrive a letter, which harms nothing.
    """

    def __init__(self, shelf: Shelf, message_log: MessageLog) -> None:
        self._shelf = shelf
        self._log = message_log
        self._redriven: set[int] = set()
        self._noted_until = 0
        self._lock = asyncio.Lock()

    async def page(self, from_offset: int, page_size: int) -> Page:
        """Return the first letters from an offset on. Raises INVALID_ARGUMENT and UNAVAILABLE."""
        if not 0 <= page_size <= MAX_PAGE:
            raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is 1 to {MAX_PAGE}, or 0 for {DEFAULT_PAGE}")
        async with self._lock:
            await self._read_notes()
        letters: list[tuple[Kept, bool]] = []
        size = 0
        async with aclosing(self._shelf.read(from_offset)) as found:
            async for kept in found:
                if _is_note(kept):
                    continue
                size += len(kept.letter.value)
                if letters and (len(letters) == (page_size or DEFAULT_PAGE) or size > MAX_BYTES):
                    return Page(letters, kept.offset)
                letters.append((kept, kept.offset in self._redriven))
        return Page(letters, 0)

    async def redrive(self, offset: int, *, force: bool) -> None:
        """Append a letter's record to its topic again, and note that.

        Raises NOT_FOUND, INVALID_ARGUMENT if it was redriven and `force` is not set, and UNAVAILABLE, after which it may have been done.
        """
        async with self._lock:
            kept = await self._find(offset)
            await self._read_notes()
            if offset in self._redriven and not force:
                raise ChatError(Reason.INVALID_ARGUMENT, f"dead letter {offset} was redriven before: set `force` to do it again")
            letter = kept.letter
            await self._append(Record(letter.topic, letter.key, letter.value, kept.request_id))
            # Only now: a note without its record would hide a loss, and a record without its note is at worst applied again.
            note = log_pb2.DeadLetter(redriven_offset=offset)
            await self._append(Record(DEAD_LETTER_TOPIC, letter.key, note.SerializeToString(), kept.request_id))
            self._redriven.add(offset)
        REDRIVEN.inc()
        log.info("dead_letter_redriven", dead_letter=offset, topic=letter.topic, partition=letter.partition, offset=letter.offset)

    async def _find(self, offset: int) -> Kept:
        async with aclosing(self._shelf.read(offset)) as found:
            async for kept in found:
                if kept.offset == offset and not _is_note(kept):
                    return kept
                break
        raise ChatError(Reason.NOT_FOUND, f"there is no dead letter at offset {offset}")

    async def _read_notes(self) -> None:
        async with aclosing(self._shelf.read(self._noted_until)) as found:
            async for kept in found:
                if _is_note(kept):
                    self._redriven.add(kept.letter.redriven_offset)
                self._noted_until = kept.offset + 1

    async def _append(self, record: Record) -> None:
        (ack,) = await self._log.append([record])
        await ack


def _is_note(kept: Kept) -> bool:
    return kept.letter.HasField("redriven_offset")


class KafkaShelf:
    """The topic in Kafka. Operators read seldom: a consumer lives for one reading and belongs to no group."""

    def __init__(self, bootstrap: str, node_id: str, access: Access = IN_THE_CLEAR) -> None:
        self._bootstrap = bootstrap
        self._access = access
        self._client_id = f"{node_id}-dead-letters"

    async def read(self, from_offset: int) -> AsyncGenerator[Kept, None]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **self._access,
        )
        partition = TopicPartition(DEAD_LETTER_TOPIC, 0)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await consumer.start()
                consumer.assign([partition])
                first = (await consumer.beginning_offsets([partition]))[partition]
                end = (await consumer.end_offsets([partition]))[partition]
            at = max(from_offset, first)
            consumer.seek(partition, at)
            while at < end:
                for kept in await _some(consumer):
                    if kept.offset >= end:
                        return
                    yield kept
                at = await consumer.position(partition)
        except (KafkaError, TimeoutError) as error:
            raise ChatError(Reason.UNAVAILABLE, "Kafka does not show the dead letters") from error
        finally:
            await consumer.stop()


async def _some(consumer: AIOKafkaConsumer) -> list[Kept]:
    """Return the next records; some, since there are more."""
    async with asyncio.timeout(TIMEOUT_S):
        while not (batches := await consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)):
            pass
    kept: list[Kept] = []
    for record in (record for records in batches.values() for record in records):
        request_id: bytes = dict(record.headers).get(REQUEST_ID_HEADER, b"")
        try:
            letter = log_pb2.DeadLetter.FromString(record.value or b"")
        except DecodeError:
            # None of ours. It must not keep an operator from the letters, and Kafka's own tools still show it.
            log.warning("no_dead_letter", offset=record.offset)
            continue
        kept.append(Kept(record.offset, letter, request_id.decode(errors="replace")))
    return kept

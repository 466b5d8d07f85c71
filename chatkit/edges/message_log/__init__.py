"""The durable log: what is in it happened, and everything else can be rebuilt from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LOG_TOPIC = "elastic-chat.log"
"""Entries of all conversations, keyed by conversation id: events.v1.LogEntry."""
WATERMARK_TOPIC = "elastic-chat.watermarks"
"""Watermarks, compacted, keyed by "<conversation id>/<user id>": events.v1.WatermarkRecord."""
DEAD_LETTER_TOPIC = "elastic-chat.dead-letters"
"""Records that could not be applied: events.v1.DeadLetter."""
MAX_RECORD_BYTES = 1024 * 1024
"""A record of the log, at most."""
MAX_LETTER_BYTES = 2 * MAX_RECORD_BYTES
"""A dead letter, at most: it holds a whole record of the log, and tells of it."""
REQUEST_ID_HEADER = "request_id"


@dataclass(frozen=True, slots=True)
class Record:
    """What is appended: records with the same key keep their order."""

    topic: str
    key: bytes
    value: bytes
    request_id: str = ""
    traceparent: str = ""


class MessageLog(Protocol):
    """Appends to the log."""

    async def append(self, records: Sequence[Record]) -> Sequence[asyncio.Future[None]]:
        """Hand `records` over in their order and return, for each, what ends when it is durable on every replica that counts.

        A record that can't be made durable in bounded time ends with UNAVAILABLE; it may be in the log all the same, or get there later.
        """
        ...

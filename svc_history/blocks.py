"""Old entries, by blocks of neighbours that are read from the database once and kept: a log is only ever added to."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from prometheus_client import Gauge

from chatkit.core.clock import Clock
from chatkit.core.ids import ConversationId
from chatkit.metrics import counter
from svc_history.core import END, Range, Stored
from svc_history.expiry import expires_ms
from svc_history.store import Timeline

BLOCK = 64
"""Seqs of a block: 1 to 64, 65 to 128 and so on."""
ENTRY_BYTES = 150
"""What an entry takes beside its own bytes."""
MARGIN_MS = 2000
"""So long after its time the database may still have what has expired."""

BLOCKS = counter(
    "chat_history_blocks_total", "Blocks of old entries that were needed, by where they came from.", source=("memory", "database")
)
KEPT = Gauge("chat_history_kept_bytes", "Old entries that are kept in memory.")

_Key = tuple[ConversationId, Range]


@dataclass(frozen=True, slots=True)
class _Block:
    """Entries, and the Unix millisecond in which the database has let go of what the first of them says that expires; 0 if none does."""

    entries: list[Stored]
    until_ms: int


class Blocks:
    """What the database has, with at most about `limit` bytes of it in memory: those that were needed last."""

    def __init__(self, timeline: Timeline, clock: Clock, limit: int) -> None:
        self._timeline = timeline
        self._clock = clock
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[_Key, _Block] = OrderedDict()
        self._reading: dict[_Key, asyncio.Task[list[Stored]]] = {}

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        """Return what the database has of a page, and one entry more if there is one, by rising seq. Raises UNAVAILABLE."""
        found: list[Stored] = []
        rest = page
        for block in _blocks(page):
            found += [one for one in await self._block(conversation_id, block) if page.holds(one.seq)]
            rest = _without(rest, block)
            if len(found) > page.count:
                break
        else:
            # Seqs may have gaps, wide ones: who has looked at so many blocks without having enough asks for the rest as it is.
            if rest.after + 1 < rest.before:
                missing = Range(rest.after, rest.before, page.count - len(found), page.backwards)
                found += await self._once(conversation_id, missing)
        found.sort(key=lambda one: one.seq)
        return found[-page.count - 1 :] if page.backwards else found[: page.count + 1]

    async def _block(self, conversation_id: ConversationId, block: Range) -> list[Stored]:
        key = (conversation_id, block)
        if kept := self._fresh(key):
            self._kept.move_to_end(key)
            BLOCKS["memory"].inc()
            return kept.entries
        BLOCKS["database"].inc()
        is_shared = key in self._reading
        entries = await self._once(conversation_id, block)
        if is_shared and len(entries) < BLOCK:
            # Who began to read was certain of less: what we know to be there may have come meanwhile.
            entries = await self._timeline.read(conversation_id, block)
        # One with a gap may get what it lacks: what is not written yet, or a dead letter that is sent into the log again.
        if len(entries) == BLOCK and key not in self._kept:
            self._keep(key, entries)
        return entries

    def _fresh(self, key: _Key) -> _Block | None:
        """Return a block that is kept, unless something of it has expired: then it is let go."""
        kept = self._kept.get(key)
        if kept is None or not 0 < kept.until_ms <= self._clock.now_ms():
            return kept
        self._size -= _size(self._kept.pop(key).entries)
        return None

    def _keep(self, key: _Key, entries: list[Stored]) -> None:
        now_ms = self._clock.now_ms()
        until_ms = min((at for one in entries if (at := expires_ms(one) + MARGIN_MS) > now_ms), default=0)
        self._kept[key] = _Block(entries, until_ms)
        self._size += _size(entries)
        while self._size > self._limit:
            _, oldest = self._kept.popitem(last=False)
            self._size -= _size(oldest.entries)
        KEPT.set(self._size)

    async def _once(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        """Read from the database; who asks for the same at the same time shares the answer, and nobody ends it for another by leaving."""
        key = (conversation_id, page)
        if key not in self._reading:
            self._reading[key] = asyncio.get_running_loop().create_task(self._timeline.read(conversation_id, page))
            self._reading[key].add_done_callback(partial(self._ended, key))
        return await asyncio.shield(self._reading[key])

    def _ended(self, key: _Key, reading: asyncio.Task[list[Stored]]) -> None:
        del self._reading[key]
        if not reading.cancelled():
            reading.exception()  # nobody need be waiting


def _blocks(page: Range) -> Iterator[Range]:
    """Yield the blocks that a page needs if no seq is missing, those first where it begins; none if that is at no certain seq."""
    first, last = page.after // BLOCK, (page.before - 2) // BLOCK
    numbers = range(last, first - 1, -1) if page.backwards else range(first, last + 1)
    for number in islice(numbers, 0 if page.backwards and page.before == END else page.count // BLOCK + 2):
        yield Range(number * BLOCK, (number + 1) * BLOCK + 1, BLOCK, backwards=False)


def _without(page: Range, block: Range) -> Range:
    """Return what is left of a page beyond a block."""
    if page.backwards:
        return Range(page.after, min(page.before, block.after + 1), page.count, backwards=True)
    return Range(max(page.after, block.before - 1), page.before, page.count, backwards=False)


def _size(entries: Sequence[Stored]) -> int:
    return sum(len(one.entry) + ENTRY_BYTES for one in entries)

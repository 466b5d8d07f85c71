"""Keeps an index of each part of the log that is this instance's: opens what it has, builds what it lacks, and follows the log.

Which parts these are, Kafka decides. An index says itself from which record on it goes on; where that record is not in the log any more, or
the folder was lost, the index is built of the database, and goes on where the database was when that began.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import structlog
from prometheus_client import Counter, Gauge

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError
from chatkit.edges.message_log.reader import Taken
from chatkit.edges.patience import until_done
from chatkit.metrics import counter, gauge
from svc_search.archive import Archive
from svc_search.core.documents import Change, Document, Erasure, Rewording
from svc_search.feed import Feed, Written, part_of
from svc_search.holders import RENEW_S, Holders
from svc_search.parts import Part, Parts, Stage
from svc_search.records import change_of, changes_of

log = structlog.get_logger()

TIDY_S = 30.0
"""What is deleted or has expired is on no disk any more after about so long."""
LOT = 500
"""Changes that are taken up at once while an index is built."""

CHANGES = counter("chat_search_changes_total", "Changes of messages taken up into indexes.", kind=("message", "edit", "deletion", "expiry"))
PARTS = gauge("chat_search_parts", "Parts of the log that this instance holds, by how far their indexes are.", stage=tuple(Stage))
BEHIND = Gauge("chat_search_behind_records", "Records that are in the log and not in the indexes of this instance yet.")
BUILT = Counter("chat_search_built_total", "Indexes that were built of the database.")
KEPT = Gauge("chat_search_messages", "Messages in the indexes of this instance.")
_KINDS = {Document: "message", Rewording: "edit", Erasure: "deletion"}


class Keeper:
    """`run` follows the log, `build` makes what is missing, `tidy` takes out what must not stay: all three beside each other, for ever."""

    def __init__(self, feed: Feed, parts: Parts, archive: Archive, written: Written, holders: Holders, clock: Clock, node_id: str) -> None:
        self._feed = feed
        self._parts = parts
        self._archive = archive
        self._written = written
        self._holders = holders
        self._clock = clock
        self._node_id = node_id
        self._turn = asyncio.Lock()  # parts come and go, and are begun anew, one after the other
        self._missing = asyncio.Event()
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._renewed = 0.0

    async def run(self) -> None:
        """Follow the log until `stop` is called."""
        while not self._stopping.is_set():
            taken = await self._feed.take()
            await until_done(self._follow, "log_away")
            await self._take_up(taken)
            await self._replace_broken()
            await self._tell()
        self._stopped.set()

    async def stop(self) -> None:
        """Finish what is under way, and say that others are to be asked."""
        self._stopping.set()
        await self._stopped.wait()
        try:
            await self._holders.let_go(self._node_id, list(self._parts.held))
        except ChatError as error:
            log.warning("live_view_away", reason=error.reason)

    async def _follow(self) -> None:
        """Hold what is this instance's by now, and nothing else."""
        async with self._turn:
            held = self._feed.held()
            gone = self._parts.held.keys() - held
            come = held - self._parts.held.keys()
            for number in gone:
                await self._parts.let_go(number)
            if gone or come:
                log.info("parts_changed", held=sorted(held), come=sorted(come), gone=sorted(gone))
            for number in sorted(come):
                await self._parts.open(number)
            if (gone or come) and held:
                await self._parts.keep_only()  # who holds nothing was cut off, and is likely to get back what it had
            opened = [number for number, part in self._parts.held.items() if part.stage is Stage.OPENED]
            if opened:
                await self._go_on(opened)

    async def _go_on(self, numbers: Iterable[int]) -> None:
        """Read parts from where their indexes are; those whose next record is gone have to be built."""
        bounds = await self._feed.bounds(list(numbers))
        for number, (first, end) in bounds.items():
            part = self._parts.held[number]
            part.until = end
            if part.stage is Stage.BROKEN or part.next_offset is None or not first <= part.next_offset <= end:
                part.stage = Stage.BUILDING
                self._feed.wait(number)
                self._missing.set()
            else:
                self._feed.go_on(number, part.next_offset)
                part.stage = Stage.READY if part.next_offset >= end else Stage.FOLLOWING
                self._renewed = 0.0

    async def _replace_broken(self) -> None:
        broken = [number for number, part in self._parts.held.items() if part.stage is Stage.BROKEN]
        if broken:
            await until_done(lambda: self._go_on(broken), "log_away")
            self._renewed = 0.0

    async def _take_up(self, taken: Sequence[Taken]) -> None:
        lost: list[int] = []
        ordered = sorted(taken, key=attrgetter("partition", "offset"))
        for number, records in groupby(ordered, key=attrgetter("partition")):
            part, some = self._parts.held.get(number), list(records)
            if part is None or part.stage in {Stage.BUILDING, Stage.BROKEN}:
                continue
            if some[0].offset != part.next_offset:
                lost.append(number)  # the group was shared out anew meanwhile, and reading began elsewhere
                continue
            changes = [change for one in some if (change := change_of(one.value))]
            await self._parts.apply(part, changes, some[-1].offset + 1)
            _count(changes)
            if part.stage is Stage.FOLLOWING and some[-1].offset + 1 >= part.until:
                part.stage = Stage.READY
                self._renewed = 0.0
        if taken:
            await self._commit([one for one in taken if one.partition not in lost])
        if lost:
            await until_done(lambda: self._go_on([one for one in lost if one in self._parts.held]), "log_away")

    async def _commit(self, taken: Sequence[Taken]) -> None:
        try:
            await self._feed.commit([one for one in taken if one.partition in self._parts.held])
        except ChatError as error:
            log.warning("log_away", reason=error.reason)  # whoever looks sees it with the next records

    async def _tell(self) -> None:
        """Let others know what is held here."""
        now = asyncio.get_running_loop().time()
        if now < self._renewed + RENEW_S and self._renewed:
            return
        self._renewed = now
        for stage in Stage:
            PARTS[stage].set(sum(part.stage is stage for part in self._parts.held.values()))
        try:
            await self._holders.renew(self._node_id, [n for n, part in self._parts.held.items() if part.stage is Stage.READY])
            bounds = await self._feed.bounds(list(self._parts.held))
        except ChatError as error:
            log.warning("engine_away", reason=error.reason)
            return
        offsets = {number: self._parts.held[number].next_offset or 0 for number in bounds if number in self._parts.held}
        BEHIND.set(sum(bounds[number][1] - offset for number, offset in offsets.items()))

    async def build(self) -> None:
        """Build what has to be built, for ever."""
        while True:
            await self._missing.wait()
            self._missing.clear()
            await until_done(self._build, "database_away")

    async def _build(self) -> None:
        # Everything below these is in the database by now, and everything else is still in the log.
        written = await self._written.offsets()
        async with self._turn:
            numbers = [number for number, part in self._parts.held.items() if part.stage is Stage.BUILDING]
            fresh = {number: await self._parts.anew(number) for number in numbers}
        log.info("building", parts=numbers)
        messages = 0
        async for conversations in self._archive.conversations():
            for conversation_id in conversations:
                part = fresh.get(part_of(conversation_id, self._feed.parts))
                if part is not None:
                    async for entries in self._archive.entries(conversation_id):
                        changes = changes_of(entries)
                        messages += len(changes)
                        for begin in range(0, len(changes), LOT):
                            await self._put(part, changes[begin : begin + LOT])
        async with self._turn:
            built = {number: part for number, part in fresh.items() if self._is_held(part)}
            for number, part in built.items():
                await self._parts.finish(part, written.get(number, 0))
            await self._go_on(built)
        BUILT.inc(len(built))
        log.info("built", parts=sorted(built), changes=messages)

    async def _put(self, part: Part, changes: Sequence[Change]) -> None:
        if self._is_held(part):
            await self._parts.apply(part, changes, None)

    def _is_held(self, part: Part) -> bool:
        return any(one is part for one in self._parts.held.values())

    async def tidy(self) -> None:
        """Take out what has expired, and leave nothing on the disk of what was taken out, for ever."""
        while True:
            await asyncio.sleep(TIDY_S)
            gone = await self._parts.tidy(self._clock.now_ms() // 1000)
            CHANGES["expiry"].inc(gone)
            KEPT.set(await self._parts.count())


def _count(changes: Iterable[Change]) -> None:
    for change in changes:
        CHANGES[_KINDS[type(change)]].inc()

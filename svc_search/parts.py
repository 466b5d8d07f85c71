"""The indexes of the parts of the log that this instance holds, and the threads in which they are worked on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from typing import TypeVar

import structlog

from chatkit.core.errors import ChatError, Reason
from svc_search.core.criteria import Found, Question, together
from svc_search.core.documents import Change
from svc_search.index import BrokenIndexError, Index, Shelf

log = structlog.get_logger()
Result = TypeVar("Result")


class Stage(StrEnum):
    """How far an index is."""

    OPENED = "opened"
    """It is as it was left."""
    BUILDING = "building"
    """It is being made of the database."""
    FOLLOWING = "following"
    """It has what was in the log a while ago, and is on its way."""
    READY = "ready"
    """It has had what was in the log when it was opened, and answers."""
    BROKEN = "broken"
    """It can't be read any more, and answers nobody until it is built anew."""


class Part:
    """The index of one part of the log. `until` is the end of that part when it was opened."""

    def __init__(self, index: Index, stage: Stage, until: int = 0) -> None:
        self.index = index
        self.stage = stage
        self.until = until
        self.next_offset: int | None = None
        self.readers = 0
        self.unread = asyncio.Event()
        self.unread.set()

    def begin_reading(self) -> None:
        """Do not close it before `end_reading`."""
        self.readers += 1
        self.unread.clear()

    def end_reading(self) -> None:
        """Whoever began has what they wanted."""
        self.readers -= 1
        if not self.readers:
            self.unread.set()


class Parts:
    """One thread changes indexes, a few look through them; who would have to wait for too many others is refused."""

    def __init__(self, shelf: Shelf, threads: int, queue: int) -> None:
        self._shelf = shelf
        self._writing = ThreadPoolExecutor(1, "index-writer")
        self._reading = ThreadPoolExecutor(threads, "index-reader")
        self._room = threads + queue
        self._waiting = 0
        self.held: dict[int, Part] = {}

    async def open(self, number: int) -> Part:
        """Hold a part. It is READY for nobody before its `stage` says so."""
        index = await self._write(lambda: self._shelf.open(number))
        part = self.held[number] = Part(index, Stage.OPENED)
        part.next_offset = await self._write(lambda: index.next_offset)
        return part

    async def anew(self, number: int) -> Part:
        """Hold an empty index in place of the one that is held."""
        await self.let_go(number)
        self.held[number] = Part(await self._write(lambda: self._shelf.anew(number)), Stage.BUILDING)
        return self.held[number]

    async def let_go(self, number: int) -> None:
        """Hold a part no more, once nobody looks through it."""
        part = self.held.pop(number)
        await part.unread.wait()
        await self._write(part.index.close)

    async def keep_only(self) -> None:
        """Delete what is there of parts that are not held."""
        held = frozenset(self.held)
        await self._write(lambda: self._shelf.keep_only(held))

    async def apply(self, part: Part, changes: Sequence[Change], next_offset: int | None) -> None:
        """Take up changes, and from where to go on."""
        with noticed(part):
            await self._write(lambda: part.index.apply(changes, next_offset))
            part.next_offset = next_offset

    async def finish(self, part: Part, next_offset: int) -> None:
        """Make one that was built fast to read, and know from where it goes on."""
        with noticed(part):
            await self._write(part.index.compact)
            await self.apply(part, (), next_offset)
            await self._write(part.index.settle)

    async def tidy(self, now_s: int) -> int:
        """Take out what has expired by a Unix second, leave nothing of it on the disk, and return how many messages went."""
        gone = 0
        for number in list(self.held):
            part = self.held.get(number)  # it may have gone while others were tidied
            if part is not None and part.stage not in {Stage.BUILDING, Stage.BROKEN}:
                with noticed(part):
                    gone += await self._write(partial(_tidied, part.index, now_s))
        return gone

    async def count(self) -> int:
        """Return how many messages are in all indexes that are held."""
        messages = 0
        for number in list(self.held):
            part = self.held.get(number)
            if part is not None and part.stage is not Stage.BROKEN:
                with noticed(part):
                    messages += await self._write(part.index.count)
        return messages

    async def find(self, question: Question, numbers: Sequence[int]) -> tuple[Found, list[int]]:
        """Look through those parts that are READY here, and return which these were. Raises OVERLOADED. One that breaks is none of them."""
        ready = {number: part for number in numbers if (part := self.held.get(number)) and part.stage is Stage.READY}
        if self._waiting and self._waiting + len(ready) > self._room:
            raise ChatError(Reason.OVERLOADED, "search has too much to do: try again soon")
        self._waiting += len(ready)
        for part in ready.values():
            part.begin_reading()
        try:
            found = await asyncio.gather(*(self._find(part, question) for part in ready.values()))
        finally:
            self._waiting -= len(ready)
            for part in ready.values():
                part.end_reading()
        answers = {number: one for number, one in zip(ready, found, strict=True) if one is not None}
        return together(question.count, list(answers.values())), list(answers)

    async def _find(self, part: Part, question: Question) -> Found | None:
        found = None
        with noticed(part):
            found = await asyncio.get_running_loop().run_in_executor(self._reading, part.index.find, question)
        return found  # noqa: RET504 - None if it broke

    async def _write(self, work: Callable[[], Result]) -> Result:
        # Whoever is ended meanwhile leaves the thread to what it has begun.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writing, work))

    async def close(self) -> None:
        """Let go of everything."""
        for number in list(self.held):
            await self.let_go(number)
        self._writing.shutdown()
        self._reading.shutdown()


@contextmanager
def noticed(part: Part) -> Iterator[None]:
    """Go on without an index that turns out to be broken: its keeper sees it."""
    try:
        yield
    except BrokenIndexError as error:
        log.warning("index_broken", error=str(error))
        part.stage = Stage.BROKEN


def _tidied(index: Index, now_s: int) -> int:
    """Take out what has expired, and leave nothing of it on the disk."""
    gone = index.let_go(now_s)
    index.settle()
    return gone

"""Search: in an index of a million messages while more come, and through the edge, until what was said is found.

The index is that of one instance that holds every part of the log. Its messages come to it as they do from the log, and their words as in
speech, a few often and many hardly ever; what it finds is not checked by history. Through the edge, everything is as it is for users.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bench.client import Account, Api
from bench.people import people
from bench.results import Figure, figure, percentile
from chatkit.core.finding import Term
from chatkit.core.ids import ConversationId, UserId, new_id
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_search.core.criteria import Criteria, Question
from svc_search.feed import part_of
from svc_search.index.sqlite import SqliteShelf
from svc_search.parts import Parts, Stage
from svc_search.records import changes_of

MESSAGES = int(os.environ.get("BENCH_SEARCH_MESSAGES", "1000000"))
CONVERSATIONS, SENDERS, PARTITIONS = 300, 200, 12
WORDS, LONGEST = 50_000, 20
RATE, TICK_S = 200, 0.2
"""Messages a second that come while it is searched, and how often they are taken up."""
SEARCHES, RUNS = 300, 3
PAGE = 27
"""Hits that history asks for, for a page of 20."""
LOT = 2000
SAID, FRESH = 200, 20
FRESH_GOAL_MS = 2000.0


async def measure(edge: str) -> list[Figure]:
    """Measure both."""
    return [*await _index(MESSAGES), *await _through(edge)]


class Talk:
    """People who talk, in all of one user's conversations."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.words = ["".join(self.random.choices(letters, k=self.random.randint(2, 9))) for _ in range(WORDS)]
        self._often = list(itertools.accumulate(1 / (n + 1) for n in range(WORDS)))
        self.rooms = [ConversationId(new_id()) for _ in range(CONVERSATIONS)]
        self.senders = [UserId(new_id()) for _ in range(SENDERS)]
        self._seqs = dict.fromkeys(self.rooms, 0)
        self._now_ms = 1_700_000_000_000

    def entries(self, count: int) -> Iterator[log_pb2.LogEntry]:
        for _ in range(count):
            room = self.random.choice(self.rooms)
            self._seqs[room] += 1
            self._now_ms += self.random.randint(1, 20_000)
            text = " ".join(self.random.choices(self.words, cum_weights=self._often, k=self.random.randint(3, LONGEST)))
            entry = log_pb2.LogEntry(
                conversation_id=room,
                seq=self._seqs[room],
                sender_id=self.random.choice(self.senders),
                kind=entry_pb2.Entry.MESSAGE,
                body=entry_pb2.Body(text=text).SerializeToString(),
            )
            entry.accepted_at.FromMilliseconds(self._now_ms)
            yield entry

    def criteria(self) -> Criteria:
        """Return what somebody looks for: words of all frequencies, together, as a phrase, by their beginning, or of somebody."""

        def some(least: int, most: int) -> str:
            return self.words[self.random.randint(least, most)]

        sender = frozenset({self.random.choice(self.senders)})
        return self.random.choice(
            [
                Criteria((Term((some(0, 99),)),)),
                Criteria((Term((some(100, 4999),)),)),
                Criteria((Term((some(5000, WORDS - 1),)),)),
                Criteria((Term((some(0, 99),)), Term((some(100, 4999),)))),
                Criteria((Term((some(0, 20), some(0, 20))),)),
                Criteria((Term((some(0, WORDS - 1)[:3],), prefix=True),)),
                Criteria((Term((some(0, 999),)),), senders=sender),
                Criteria((Term((some(0, 99),)),), (Term((some(0, 99),)),)),
            ]
        )


async def _index(messages: int) -> list[Figure]:
    folder, talk = Path(tempfile.mkdtemp(prefix="bench-search-")), Talk(1)
    parts = Parts(SqliteShelf(folder), threads=2, queue=100)
    try:
        for number in range(PARTITIONS):
            (await parts.open(number)).stage = Stage.READY
        numbers = {room: part_of(room, range(PARTITIONS)) for room in talk.rooms}
        began = time.perf_counter()
        for begin in range(0, messages, LOT):
            await _take_up(parts, numbers, list(talk.entries(min(LOT, messages - begin))))
        rate = messages / (time.perf_counter() - began)
        print(f"  {messages:,} messages, {rate:.0f}/s", flush=True)
        for part in parts.held.values():
            await parts.finish(part, 1)
        size = _bytes(folder) / messages
        p50s, p99s = await _search(parts, numbers, talk)
    finally:
        await parts.close()
        shutil.rmtree(folder)
    many = f"{messages:,} messages of one user, {RATE} msg/s come"
    return [
        figure(f"{many}: a search, p50", "ms", p50s, 50),
        figure(f"{many}: a search, p99", "ms", p99s, 250),
        figure("an index is built", "msg/s", [rate]),
        figure("an index on the disk, for a message", "bytes", [size]),
    ]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


async def _search(parts: Parts, numbers: Mapping[ConversationId, int], talk: Talk) -> tuple[list[float], list[float]]:
    p50s, p99s = [], []
    coming = asyncio.get_running_loop().create_task(_come(parts, numbers, talk))
    for _ in range(RUNS):
        times = []
        for _ in range(SEARCHES):
            question = Question(dict.fromkeys(talk.rooms, 1), talk.criteria(), PAGE)
            began = time.perf_counter()
            await parts.find(question, range(PARTITIONS))
            times.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.01)
        p50s.append(percentile(times, 50))
        p99s.append(percentile(times, 99))
        print(f"  {p50s[-1]:.2f} / {p99s[-1]:.2f} ms", flush=True)
    coming.cancel()
    with suppress(asyncio.CancelledError):
        await coming
    return p50s, p99s


async def _come(parts: Parts, numbers: Mapping[ConversationId, int], talk: Talk) -> None:
    while True:
        due = time.perf_counter() + TICK_S
        await _take_up(parts, numbers, list(talk.entries(round(RATE * TICK_S))))
        await asyncio.sleep(max(0.0, due - time.perf_counter()))


async def _take_up(parts: Parts, numbers: Mapping[ConversationId, int], entries: Sequence[log_pb2.LogEntry]) -> None:
    for number, part in parts.held.items():
        own = [entry for entry in entries if numbers[ConversationId(entry.conversation_id)] == number]
        await parts.apply(part, changes_of(own), 1)


async def _through(edge: str) -> list[Figure]:
    api = Api(edge)
    try:
        anna, bob = await people(api, 2)
        conversation_id, mark = await api.direct(anna, bob), f"w{new_id()[-12:]}"
        for number in range(SAID):
            await api.say(anna, conversation_id, f"{mark} number {number}")
        fresh = [await _until_found(api, anna, bob, conversation_id) for _ in range(FRESH)]
        times = []
        for _ in range(SEARCHES // 3):
            began = time.perf_counter()
            await api.call("GET", f"/v1/search?query={mark}", token=bob.token)
            times.append((time.perf_counter() - began) * 1000)
    finally:
        await api.close()
    return [
        figure("from the ack of a message until it is found, through the edge", "ms", fresh, FRESH_GOAL_MS),
        figure("a page of 20 through the edge, checked by history, p50", "ms", [percentile(times, 50)]),
        figure("a page of 20 through the edge, checked by history, p99", "ms", [percentile(times, 99)]),
    ]


async def _until_found(api: Api, sender: Account, reader: Account, conversation_id: str) -> float:
    word = f"w{new_id()[-12:]}"
    await api.say(sender, conversation_id, word)
    began = time.perf_counter()
    while not (await api.call("GET", f"/v1/search?query={word}", token=reader.token))["results"]:
        await asyncio.sleep(0.05)
    return (time.perf_counter() - began) * 1000

"""One stack for all faults, and the book in which each row of the matrix is noted."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvloop

from bench.processes import allow_files
from bench.results import Figure, figure, save, show
from chatkit.edges.cassandra import CassandraSession
from chatkit.settings import CassandraSettings
from launcher.topology import HOST
from svc_history.store.cassandra import CassandraTimeline
from tests.e2e.stack import Stack
from tests.faults.checker import Findings
from tests.faults.injector import Injector
from tests.faults.load import Load


@dataclass(frozen=True)
class Scale:
    """How much is tried: people, conversations, messages a second, and seconds before and after each fault."""

    users: int
    conversations: int
    rate: float
    before_s: float
    after_s: float


SCALES = {"short": Scale(10, 12, 100.0, 1.0, 1.5), "long": Scale(60, 90, 500.0, 8.0, 14.0)}
SCALE = SCALES[os.environ.get("FAULTS", "short")]
SPARE_FILES = 2_000
"""What a process needs beside the sockets of clients, at most."""
CALM_RATE = 5.0
"""Messages a second while there is a crowd."""
LONG = SCALE is SCALES["long"]


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Let thousands of clients cost little beside the servers that they share two cores with."""
    del item
    return {"uvloop": uvloop.new_event_loop}


@dataclass
class Book:
    """What came of every row. If it is `kept`, each figure is in bench/results as soon as it is known."""

    kept: bool
    figures: list[Figure] = field(default_factory=list)
    messages: int = 0

    def note(self, name: str, unit: str, value: float, goal: float | None = None) -> None:
        """Note a figure of a row."""
        self.figures.append(figure(name, unit, [value], goal))
        if self.kept:
            save("faults", self.figures, "make faults")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    if LONG:
        allow_files()
    made = Stack.made(log_level="info")
    kafka_data = made.home / "data" / "kafka"
    kafka_data.mkdir(parents=True)
    small = os.geteuid() == 0 and _mounted(kafka_data)
    try:
        made.run("up")
        yield made
    finally:
        made.run("down", check=False)
        if small:
            subprocess.run(["umount", "--lazy", kafka_data], check=False)
        shutil.rmtree(made.home, ignore_errors=True)


def most_sessions() -> int:
    """Return how many sessions the edge can have, for each of which it needs two sockets."""
    return (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES) // 2


def _mounted(folder: Path) -> bool:
    """Give a folder a small disk of its own, which can be filled."""
    size = "6g" if LONG else "700m"
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="session")
def book(request: pytest.FixtureRequest) -> Iterator[Book]:
    made = Book(kept=LONG and not request.config.getoption("keyword"))
    yield made
    made.note("messages in all", "", made.messages)
    show(made.figures)


@pytest.fixture(scope="session")
def injector(stack: Stack) -> Injector:
    return Injector(stack)


@dataclass
class Trial:
    """A row while it is tried."""

    name: str
    load: Load
    injector: Injector
    book: Book
    struck_at: float = 0.0

    def strike(self) -> None:
        """Take note that the fault begins now."""
        self.struck_at = time.monotonic()


@dataclass
class Trials:
    """Tries rows: a load, a fault in the middle of it, healing, and the check of everything."""

    stack: Stack
    injector: Injector
    book: Book

    @asynccontextmanager
    async def __call__(self, name: str, goal_s: float | None = None, *, calm: bool = False) -> AsyncIterator[Trial]:
        """Try a row; `goal_s` is how long anyone should wait for an answer, `calm` that few say anything, since many hear it."""
        seed = int(os.environ.get("FAULTS_SEED", random.SystemRandom().randrange(10**9)))
        print(f"\n{name}: FAULTS_SEED={seed}")
        trial = Trial(
            name, Load(self.stack, seed, SCALE.users, SCALE.conversations, CALM_RATE if calm else SCALE.rate), self.injector, self.book
        )
        try:
            await trial.load.begin()
            await asyncio.sleep(SCALE.before_s)
            trial.strike()
            yield trial
            await self.injector.heal()
            await asyncio.sleep(SCALE.after_s)
            findings = await self._finish(trial.load)
        except BaseException:
            # The next row must find a stack that works.
            await trial.load.end()
            await self.injector.heal()
            raise
        self._note(trial, goal_s)
        print(f"  {findings}\n  {_counts(trial.load)}")
        assert not findings.wrong, f"{name}, FAULTS_SEED={seed}\n{findings}"

    async def _finish(self, load: Load) -> Findings:
        # Cassandra may have been away: only who connects after it can ask.
        settings = CassandraSettings(cassandra_contact_points=HOST, cassandra_port=self.stack.topology.cassandra_port)
        session = await CassandraSession.connect(settings)
        try:
            timeline = CassandraTimeline(session)
            await timeline.prepare()
            return await load.finish(timeline)
        finally:
            await session.close()

    def _note(self, trial: Trial, goal_s: float | None) -> None:
        journal = trial.load.journal
        wait_s = trial.load.longest_wait(trial.struck_at)
        self.book.messages += len(journal.messages)
        self.book.note(f"{trial.name}: longest wait for an answer", "s", wait_s, goal_s)
        self.book.note(f"{trial.name}: messages, none lost, doubled or out of order", "", len(journal.messages))
        print(f"  longest wait {wait_s:.2f} s")
        for one in sorted(trial.load.since(trial.struck_at), key=lambda one: one.made_at - one.acked_at)[:2]:
            print(f"    {one.message_id} in {one.conversation_id} by {one.sender}: {one.tries} tries, {one.acked_at - one.made_at:.2f} s")


def _counts(load: Load) -> str:
    journal = load.journal
    rejects = ", ".join(f"{count} {reason}" for reason, count in sorted(journal.rejects.items()))
    counts = f"{journal.connects} connects, {journal.resyncs} resyncs, {journal.holes} holes, {journal.repeats} repeats"
    return f"{counts}, rejects: {rejects or 'none'}"


@pytest.fixture
def trials(stack: Stack, injector: Injector, book: Book) -> Trials:
    return Trials(stack, injector, book)

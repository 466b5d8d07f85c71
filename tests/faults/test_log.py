"""The log and the database: away, short of copies or of disk, and fed with what nobody can read."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from aiokafka import AIOKafkaProducer

from chatkit.edges.message_log import LOG_TOPIC
from launcher.topology import HOST
from tests.faults.brokers import two_copies
from tests.faults.conftest import LONG, Trial, Trials

pytestmark = pytest.mark.timeout(1500)

AWAY_S = 60 if LONG else 10
DATABASE_AWAY_S = 600 if LONG else 8
MOST_GROWTH = 150_000_000
"""Bytes: what a router may hold more while it can't get rid of anything."""


def bootstrap(trial: Trial) -> str:
    return f"{HOST}:{trial.injector.stack.topology.kafka_port}"


async def test_the_log_is_away(trials: Trials) -> None:
    async with trials(f"kafka away for {AWAY_S} s") as trial:
        before = trial.injector.rss("router-1")
        await trial.injector.away("kafka")
        gone_at = time.monotonic()
        await asyncio.sleep(AWAY_S)
        assert trial.injector.rss("router-1") - before < MOST_GROWTH
        lies = [message for message in trial.load.since(gone_at) if message.seq]
        assert not lies, f"{len(lies)} messages were acknowledged while there was no log"
        await trial.injector.start("kafka")
        await trial.load.some_answers(100)


async def test_the_log_is_short_of_copies(trials: Trials) -> None:
    async with trials("kafka one copy short of min.insync.replicas for 15 s") as trial:
        async with two_copies(trial.injector.plan) as second:
            await trial.load.some_answers(100)
            second.kill()
            trial.strike()
            await asyncio.sleep(15)
            lies = [message for message in trial.load.since(trial.struck_at + 1) if message.seq]
            assert not lies, f"{len(lies)} messages were acknowledged while only one broker had them"
        await trial.load.some_answers(100)


async def test_the_log_has_no_disk_left(trials: Trials) -> None:
    async with trials("kafka without disk for 8 s") as trial:
        ballast = trial.injector.kafka_data / "ballast"
        if not trial.injector.kafka_has_a_small_disk:
            pytest.skip("only root can give Kafka a small disk of its own")
        with ballast.open("wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
                    file.flush()
            except OSError:
                pass
        await asyncio.sleep(8)
        ballast.unlink()
        await trial.injector.ready("kafka")
        await trial.load.some_answers(100)


async def test_the_database_is_away_and_caught_up_with(trials: Trials) -> None:
    async with trials(f"cassandra away for {DATABASE_AWAY_S} s") as trial:
        await trial.injector.away("cassandra")
        await asyncio.sleep(DATABASE_AWAY_S)
        await trial.load.some_answers(50)
        await trial.injector.start("cassandra")
        await trial.injector.ready("cassandra")
        back = time.monotonic()
        await trial.load.written(timeout_s=300)
        trial.book.note(f"{trial.name}: the writer has caught up after", "s", time.monotonic() - back, 60)


async def test_the_writer_is_killed_again_and_again(trials: Trials) -> None:
    """Somewhere between taking, writing, and committing."""
    async with trials("SIGKILL of writer-1, five times") as trial:
        for _ in range(5):
            await trial.injector.ready("writer-1")
            await trial.load.some_answers(20)
            trial.injector.kill("writer-1")


async def test_a_second_writer_comes_and_goes(trials: Trials) -> None:
    async with trials("two writers, one of which dies") as trial:
        with trial.injector.another("writer"):
            await trial.load.some_answers(400)
        await trial.load.some_answers(100)


async def test_what_nobody_can_read_blocks_nothing(trials: Trials) -> None:
    async with trials("poison in the log") as trial:
        keys = trial.load.conversations[:20]  # fewer than one answer lists
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap(trial), acks="all", enable_idempotence=True)
        await producer.start()
        try:
            for conversation_id in keys:
                await producer.send_and_wait(LOG_TOPIC, b"\xff\xffnot an entry", key=conversation_id.encode())
                await producer.send_and_wait(LOG_TOPIC, b"", key=conversation_id.encode())
        finally:
            await producer.stop()
        await trial.load.some_answers(100)
        letters = _unreadable(trial)
        assert len(letters) >= len(keys)
        trial.injector.stack.run("dead-letters", "redrive", str(letters[0]))
        async with asyncio.timeout(30):
            while _unreadable(trial)[-1] == letters[-1]:  # it comes back as another
                await asyncio.sleep(0.5)


def _unreadable(trial: Trial) -> list[int]:
    """Return the offsets of the dead letters that are no protobuf."""
    listed = json.loads(trial.injector.stack.run("dead-letters", "list", "--json").stdout)
    return [letter["offset"] for letter in listed["letters"] if "no protobuf message" in letter["reason"]]

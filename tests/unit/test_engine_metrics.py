"""That what engines do not do is counted: an engine that is away must be seen in the metrics of whoever needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from cassandra import OperationTimedOut
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from chatkit.core.errors import ChatError
from chatkit.edges.cassandra import CassandraSession
from chatkit.edges.engine_metrics import CASSANDRA, FAILED, KAFKA, REDIS
from chatkit.edges.message_log.kafka import _fail
from chatkit.edges.redis_wire import Wire
from tests.ports import free_base


@contextmanager
def one_more(engine: str) -> Iterator[None]:
    def count() -> float:
        (family,) = FAILED[engine].collect()
        return family.samples[0].value

    before = count()
    yield
    assert count() == before + 1


class FailedFuture:
    """What the driver gives for a statement that was not answered."""

    def add_callbacks(self, _: Callable[[object], None], failed: Callable[[object], None]) -> None:
        failed(OperationTimedOut())

    def result(self) -> object:
        raise OperationTimedOut


class Driver:
    def execute_async(self, _: object) -> FailedFuture:
        return FailedFuture()


async def test_a_redis_that_is_away_is_counted() -> None:
    wire = Wire(ConnectionPool(host="127.0.0.1", port=free_base(range(31_980, 32_000, 2), range(1))))
    with one_more(REDIS), pytest.raises((RedisError, OSError)):
        await wire.run([("PING",)])


async def test_a_record_that_does_not_become_durable_is_counted_once() -> None:
    durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with one_more(KAFKA):
        _fail(durable, KafkaTimeoutError())
        _fail(durable, KafkaTimeoutError())


async def test_a_database_that_does_not_answer_is_counted() -> None:
    driver: Any = Driver()
    session, statement = CassandraSession(driver, driver), driver
    with one_more(CASSANDRA), pytest.raises(ChatError):
        await session.execute_all([statement])

"""What the tests of the writer share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatkit.core.clock import SystemClock
from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, LOG_TOPIC, WATERMARK_TOPIC
from chatkit.edges.message_log.kafka import KafkaMessageLog
from chatkit.settings import CassandraOwnerSettings
from svc_history.store.cassandra import CassandraTimeline as Reading
from svc_writer.app import MIGRATIONS
from svc_writer.source import KafkaSource
from svc_writer.store.cassandra import KEYSPACE, CassandraTimeline
from tests.integration.writing import Engines


@pytest.fixture(scope="module")
async def engines(kafka_bootstrap: str, cassandra_settings: CassandraOwnerSettings) -> AsyncIterator[Engines]:
    session = await CassandraSession.connect(cassandra_settings)
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    writing, reading = CassandraTimeline(session, SystemClock()), Reading(session)
    await writing.prepare()
    await reading.prepare()
    first = KafkaSource(kafka_bootstrap, "maker")
    await first.start(1)
    await first.stop()
    log = KafkaMessageLog(kafka_bootstrap, "tests")
    await log.start((LOG_TOPIC, WATERMARK_TOPIC, DEAD_LETTER_TOPIC))
    yield Engines(kafka_bootstrap, session, log, writing, reading)
    await log.stop()
    await session.close()

"""How long the engines take, and how often they fail, as their clients see it."""

from __future__ import annotations

from chatkit.metrics import SECONDS, counter, histogram

REDIS, KAFKA, CASSANDRA = ENGINES = ("redis", "kafka", "cassandra")

TOOK = histogram(
    "chat_engine_seconds",
    "Seconds that an engine took: for a round trip to Redis, to make a batch durable in Kafka, for what Cassandra was given at once.",
    SECONDS,
    engine=ENGINES,
)
FAILED = counter(
    "chat_engine_failures_total",
    "What an engine did not do: round trips to Redis, records or questions of Kafka, statements of Cassandra that were given at once.",
    engine=ENGINES,
)

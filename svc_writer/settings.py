"""The settings of the writer."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.settings import CassandraOwnerSettings, KafkaOwnerSettings, RedisSettings, ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings, KafkaOwnerSettings, CassandraOwnerSettings):
    """What every service has, and the Kafka and Cassandra in which it makes topics and tables."""

"""The router's settings."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.settings import KafkaSettings, RedisSettings, ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings, KafkaSettings):
    """What every service has, and where Redis and Kafka are."""

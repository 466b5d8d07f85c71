"""The settings of history."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.settings import CassandraSettings, RedisSettings, ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings, CassandraSettings):
    """What every service has, and where Redis and Cassandra are."""

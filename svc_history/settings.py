"""The settings of history."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.settings import CassandraSettings, RedisSettings, ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings, CassandraSettings):
    """What every service has, where Redis and Cassandra are, and how much is kept in memory."""

    kept_bytes: int = setting("How much of old messages is kept in memory, in bytes; 0 to keep nothing.", 64 * 1024 * 1024)

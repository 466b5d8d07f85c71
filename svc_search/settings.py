"""The settings of search."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.settings import CassandraSettings, KafkaSettings, RedisSettings, ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings, KafkaSettings, CassandraSettings):
    """What every service has, where the engines are, and where the index is."""

    folder: str = setting(
        "The folder of this instance's indexes: about 800 bytes for each message. What is lost of it is made again, which takes a while."
    )
    threads: int = setting("How many parts of the log are looked through at the same time: each takes a core.", 2)
    queue: int = setting("How many questions may wait for that; more are refused with OVERLOADED.", 64)

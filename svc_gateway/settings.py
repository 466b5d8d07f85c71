"""The settings of the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chatkit.production import ORIGINS
from chatkit.settings import RedisSettings, ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings):
    """What every service has, where Redis is, and what a connection may."""

    allowed_origins: tuple[str, ...] = setting(
        "The origins, such as https://chat.example, whose pages may connect.", (), in_production=ORIGINS
    )
    heartbeat: timedelta = setting("How often a client must send something; it may be silent three times as long.", timedelta(seconds=25))
    hello_s: int = setting("How long a new connection may take for its hello, in seconds.", 10)
    outbox_bytes: int = setting("How much may wait for a slow client before it is cut off, in bytes.", 256 * 1024)
    reconnects_per_s: int = setting(
        "How many clients a second a gateway that stops sends to the others: what those can take in beside their work.", 180
    )
    max_connections: int = setting("How many connections a user may have to one gateway.", 20)
    notices_per_s: int = setting(
        "How many notices of presence, typing and deltas a second a gateway gives its connections, counted for each connection.", 10_000
    )

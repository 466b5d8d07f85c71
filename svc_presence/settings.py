"""The settings of presence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chatkit.settings import RedisSettings, ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings):
    """What every service has, where Redis is, and how long presence waits."""

    lease: timedelta = setting("How long a gateway is taken for alive after it has said so, in seconds.", timedelta(seconds=10))
    grace: timedelta = setting("How long a user may be away before others are told, in seconds.", timedelta(seconds=2))
    notices_per_s: int = setting("How many notices a second that users came or went an instance gives each gateway.", 500)

"""The router's settings."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.settings import KafkaSettings, RedisSettings, ServiceSettings, setting
from svc_router.core import LIMITS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings, KafkaSettings):
    """What every service has, where Redis and Kafka are, and how much one conversation can have."""

    max_members: int = setting("How many members a conversation can have.", LIMITS.members)
    max_bans: int = setting("How many users can be banned from a conversation.", LIMITS.bans)
    max_invites: int = setting("How many invites to a conversation can be good at a time.", LIMITS.invites)

    @property
    def limits(self) -> Limits:
        """How much one conversation can have."""
        return Limits(self.max_members, self.max_bans, self.max_invites)

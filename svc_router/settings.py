"""The router's settings."""

from __future__ import annotations

from dataclasses import dataclass

from chatkit.settings import KafkaSettings, RedisSettings, ServiceSettings, SettingsError, setting
from svc_router.core import LIMITS, RATES, Limits, Rate, Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings, KafkaSettings):
    """What every service has, where Redis and Kafka are, how much one conversation can have, and how often. Raises SettingsError if a value
    can't work.
    """

    max_members: int = setting("How many members a conversation can have.", LIMITS.members)
    max_bans: int = setting("How many users can be banned from a conversation.", LIMITS.bans)
    max_invites: int = setting("How many invites to a conversation can be good at a time.", LIMITS.invites)

    messages_per_s: int = setting(
        "How often a second a user may do something in one conversation, in the long run; 0 for no limit.", RATES.user.per_s
    )
    message_burst: int = setting("How often they may do so at once.", RATES.user.burst)
    conversation_messages_per_s: int = setting(
        "How often a second all together may do something in one conversation, in the long run; 0 for no limit.", RATES.conversation.per_s
    )
    conversation_message_burst: int = setting("How often they may do so at once.", RATES.conversation.burst)

    def __post_init__(self) -> None:
        fields = ("messages_per_s", "message_burst", "conversation_messages_per_s", "conversation_message_burst")
        if faults := [f"CHAT_ROUTER_{name.upper()} must be 0 or more" for name in fields if getattr(self, name) < 0]:
            raise SettingsError("\n".join(faults))

    @property
    def rates(self) -> Rates:
        """How often things are done in one conversation."""
        conversation = Rate(self.conversation_messages_per_s, self.conversation_message_burst)
        return Rates(Rate(self.messages_per_s, self.message_burst), conversation)

    @property
    def limits(self) -> Limits:
        """How much one conversation can have."""
        return Limits(self.max_members, self.max_bans, self.max_invites)

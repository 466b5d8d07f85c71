"""The settings of presence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chatkit.core.clock import SystemClock
from chatkit.production import CONTACT, NOWHERE_ELSE
from chatkit.settings import CassandraOwnerSettings, KafkaSettings, RedisSettings, ServiceSettings, SettingsError, setting
from svc_presence.push.vapid import Vapid


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings, RedisSettings, KafkaSettings, CassandraOwnerSettings):
    """What every service has, where the engines are, how long presence waits, and who it is to push services. Raises SettingsError
    if a value can't work.
    """

    lease: timedelta = setting("How long a gateway is taken for alive after it has said so, in seconds.", timedelta(seconds=10))
    grace: timedelta = setting("How long a user may be away before others are told, in seconds.", timedelta(seconds=2))
    notices_per_s: int = setting("How many notices a second that users came or went an instance gives each gateway.", 500)
    push_key: str = setting(
        "The private key on P-256 by which push services know us: PEM text, PKCS8. A secret: give it by _FILE.", secret=True
    )
    push_contact: str = setting(
        "Where those who run a push service reach you: mailto:ADDRESS or an https: page.",
        "mailto:operator@localhost",
        in_production=CONTACT,
    )
    push_hosts: tuple[str, ...] = setting(
        "HOST:PORT of push services that may be reached without https and on addresses that are not public, for tests.",
        (),
        in_production=NOWHERE_ELSE,
    )

    def __post_init__(self) -> None:
        try:
            Vapid(self.push_key, self.push_contact, SystemClock())
        except ValueError as error:
            make = "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`"
            raise SettingsError(f"CHAT_PRESENCE_PUSH_KEY: {error}. Make one with {make}") from error

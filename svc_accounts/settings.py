"""Settings of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chatkit.settings import CassandraOwnerSettings, ServiceSettings, SettingsError, setting
from svc_accounts.core.invites import Registration
from svc_accounts.signer import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ServiceSettings, CassandraOwnerSettings):
    """What accounts needs to run. Raises SettingsError if a value can't work."""

    signing_key: str = setting(
        "The Ed25519 private key that access tokens are signed with: PEM text, PKCS8. A secret: give it by _FILE.", secret=True
    )
    access_token_lifetime: timedelta = setting("How long an access token is good for, in seconds.", timedelta(minutes=10))
    refresh_token_lifetime: timedelta = setting("How long a session lives without a refresh, in seconds.", timedelta(days=30))
    registration: Registration = setting(
        "Who may register by themselves: open for everyone, invite for who has one, closed for nobody.", Registration.OPEN
    )
    hash_threads: int = setting("Threads that hash passwords: each keeps a core busy, and up to 50 logins a second going.", 1)
    hash_queue: int = setting("Passwords that may be hashed or wait for it; more are refused with OVERLOADED.", 64)

    def __post_init__(self) -> None:
        faults: list[str] = []
        try:
            Signer(self.signing_key)
        except ValueError as error:
            faults.append(f"CHAT_ACCOUNTS_SIGNING_KEY: {error}. Make one with `openssl genpkey -algorithm ed25519`")
        faults.extend(
            f"CHAT_ACCOUNTS_{name.upper()} must be at least 1"
            for name, value in (
                ("access_token_lifetime", self.access_token_lifetime.total_seconds()),
                ("refresh_token_lifetime", self.refresh_token_lifetime.total_seconds()),
                ("hash_threads", self.hash_threads),
                ("hash_queue", self.hash_queue),
            )
            if value < 1
        )
        if faults:
            raise SettingsError("\n".join(faults))

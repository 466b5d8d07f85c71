"""Settings of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from chatkit.production import CHOSEN, PROVIDER, REDIRECTS, is_loopback
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
        "Who may register by themselves: open for everyone, invite for who has one, closed for nobody.",
        Registration.OPEN,
        in_production=CHOSEN,
    )
    audit_kept: timedelta = setting("How long it is kept what administrators have called, in seconds.", timedelta(days=365))
    hash_threads: int = setting("Threads that hash passwords: each keeps a core busy, and up to 50 logins a second going.", 1)
    hash_queue: int = setting("Passwords that may be hashed or wait for it; more are refused with OVERLOADED.", 64)

    oidc_issuer: str = setting(
        "The other provider by which people may log in (OpenID Connect), as its issuer names itself; none if empty.",
        "",
        in_production=PROVIDER,
    )
    oidc_name: str = setting("What people know the provider as: buttons say it. Its host if empty.", "")
    oidc_client_id: str = setting("What the provider knows us by.", "")
    oidc_client_secret: str = setting(
        "What the provider gave us with that; empty for a public client. A secret: give it by _FILE.", "", secret=True
    )
    oidc_redirect_uris: tuple[str, ...] = setting(
        "Where the provider may send people afterwards: pages of clients.", (), in_production=REDIRECTS
    )
    oidc_sign_up: bool = setting("Whether whom the provider names gets an account; false if only those may come who have one.", True)

    @property
    def provider_name(self) -> str:
        """What people know the other provider as; empty if none is set up."""
        return (self.oidc_name.strip() or urlsplit(self.oidc_issuer).hostname or "") if self.oidc_issuer else ""

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
                ("audit_kept", self.audit_kept.total_seconds()),
                ("hash_threads", self.hash_threads),
                ("hash_queue", self.hash_queue),
            )
            if value < 1
        )
        faults.extend(self._oidc_faults())
        if faults:
            raise SettingsError("\n".join(faults))

    def _oidc_faults(self) -> Iterator[str]:
        if not self.oidc_issuer:
            return
        url = urlsplit(self.oidc_issuer)
        if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname or "")):
            yield "CHAT_ACCOUNTS_OIDC_ISSUER must begin with https://"
        if not self.oidc_client_id:
            yield "CHAT_ACCOUNTS_OIDC_CLIENT_ID is not set: the provider gives it when it is told of us"
        if not self.oidc_redirect_uris:
            yield "CHAT_ACCOUNTS_OIDC_REDIRECT_URIS is empty: name the pages to which the provider may send people"

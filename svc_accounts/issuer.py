"""What a client is given when it has proved who it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chatkit.core.clock import Clock
from chatkit.core.ids import SessionId, UserId, new_id
from svc_accounts.core.sessions import RefreshToken
from svc_accounts.core.users import User
from svc_accounts.signer import Signer


@dataclass(frozen=True, slots=True)
class Tokens:
    """The fields that every answer with tokens has."""

    user_id: UserId
    session_id: SessionId
    access_token: str
    refresh_token: str
    expires_in: int


class Issuer:
    """Makes access tokens that are good for `lifetime`."""

    def __init__(self, signer: Signer, clock: Clock, lifetime: timedelta) -> None:
        self._signer = signer
        self._clock = clock
        self.lifetime_s = int(lifetime.total_seconds())

    def access_token(self, user: User, session_id: SessionId) -> str:
        """Return an access token for a session of a user."""
        now_s = self._clock.now_ms() // 1000
        return self._signer.access_token(user.user_id, session_id, user.role, new_id(), now_s, self.lifetime_s)

    def tokens(self, user: User, token: RefreshToken) -> Tokens:
        """Return the tokens of the session of a user whose refresh token is `token`."""
        access_token = self.access_token(user, token.session_id)
        return Tokens(user.user_id, token.session_id, access_token, token.encode(), self.lifetime_s)

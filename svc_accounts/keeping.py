"""Where the refresh token of an answer goes: into it, or into a cookie of the browser that called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.answer import give_header
from svc_accounts.core import cookie
from svc_accounts.issuer import Tokens
from svc_accounts.sessions import Sessions

SET_COOKIE = "set-cookie"


class Keeping:
    """Where the caller of one method keeps their refresh token. It is good for `lifetime_s`."""

    def __init__(self, context: Any, lifetime_s: int) -> None:  # noqa: ANN401 - gRPC's own class is private
        self._headers: Mapping[str, str] = {key: str(value) for key, value in context.invocation_metadata() or ()}
        self._is_cookie = cookie.is_asked_for(self._headers)
        self._lifetime_s = lifetime_s

    def hand_out(self, tokens: Tokens) -> dict[str, Any]:
        """Return the fields of an answer with tokens: without the refresh token if a cookie has it."""
        fields = asdict(tokens)
        if self._is_cookie:
            give_header(SET_COOKIE, cookie.kept(self._headers, tokens.refresh_token, self._lifetime_s))
            fields["refresh_token"] = ""
        return fields

    async def refresh(self, sessions: Sessions, text: str) -> dict[str, Any]:
        """Return the same for what the refresh token gives that was sent, or else that of the cookie. Raises UNAUTHENTICATED, and then the
        cookie goes.
        """
        try:
            return self.hand_out(await sessions.refresh(text or (cookie.token_in(self._headers) if self._is_cookie else "")))
        except ChatError as error:
            if error.reason is Reason.UNAUTHENTICATED:
                self.clear()
            raise

    def clear(self) -> None:
        """Let the browser forget its cookie, if the caller is one that has it."""
        if self._is_cookie:
            give_header(SET_COOKIE, cookie.cleared(self._headers))

"""The cookie in which a browser keeps its refresh token, where no script reads it.

A browser that wants it says so by a header with each call. No form can send that header, and no page of another origin: the edge does not
allow it to those whose pages may call. So nobody can have a browser log in, or refresh, who is not on a page of ours (ADR 35).
"""

from __future__ import annotations

from collections.abc import Mapping

ASKED_BY = "x-refresh-token"
ASKED_AS = "cookie"
"""The header, and what it must say."""

SCHEME = "x-forwarded-proto"
"""By which the edge tells how it was called."""

NAME = "elastic-chat-refresh"
PATH = "/v1/auth"
"""Below which browsers show the cookie: nothing else learns of it."""

FIXED = f"Path={PATH}; HttpOnly; SameSite=Strict"


def is_asked_for(headers: Mapping[str, str]) -> bool:
    """Tell whether a call comes from a browser that keeps its refresh token in the cookie."""
    return headers.get(ASKED_BY) == ASKED_AS


def token_in(headers: Mapping[str, str]) -> str:
    """Return the refresh token that a browser shows; empty if it shows none."""
    name = _name(headers)
    for pair in headers.get("cookie", "").split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value
    return ""


def kept(headers: Mapping[str, str], token: str, lifetime_s: int) -> str:
    """Return the `set-cookie` by which the browser that calls keeps a token, for as long as it can be good."""
    return _set(headers, token, lifetime_s)


def cleared(headers: Mapping[str, str]) -> str:
    """Return the `set-cookie` by which the browser that calls forgets its token."""
    return _set(headers, "", 0)


def _set(headers: Mapping[str, str], value: str, max_age_s: int) -> str:
    secure = "; Secure" if _is_secure(headers) else ""
    return f"{_name(headers)}={value}; Max-Age={max_age_s}; {FIXED}{secure}"


def _name(headers: Mapping[str, str]) -> str:
    """What is called so, browsers take over TLS only: who can forge answers of the same host without it plants no token."""
    return f"__Secure-{NAME}" if _is_secure(headers) else NAME


def _is_secure(headers: Mapping[str, str]) -> bool:
    return headers.get(SCHEME) == "https"

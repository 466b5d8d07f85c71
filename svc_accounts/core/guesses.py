"""Whoever guesses passwords is made to wait, longer each time, as NIST SP 800-63B (5.2.2; in revision 4: 3.2.2) asks; and nobody can make
another wait for long.

Tries are counted by who makes them. A stranger's count is the user name's, whether there is such a user or not, and their longest wait is
a quarter of an hour: so they get about a hundred tries a day, whatever they do. A device on which the user has logged in before shows a
token, and has a count of its own: so the user is not made to wait by what strangers do. A session that is asked for the password again has
its own, too.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass
from datetime import timedelta

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId

FREE = 5
"""So many wrong passwords may follow each other at once: people mistype."""
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 900
FORGOTTEN_S = 24 * 3600
"""How long after the last wrong password its count is forgotten."""

ID_BYTES = 16
MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Tries:
    """How many wrong passwords there were in a row, and before when, in Unix milliseconds, no other is looked at."""

    failures: int
    not_before_ms: int


def counted(tries: Tries | None, now_ms: int) -> Tries:
    """Return the count with one more try, as if it failed, or raise OVERLOADED if it comes too early: it is not looked at, nor counted."""
    if tries is not None and now_ms < tries.not_before_ms:
        wait = timedelta(milliseconds=tries.not_before_ms - now_ms)
        raise ChatError(
            Reason.OVERLOADED,
            "too many wrong passwords for this user name: wait for retry_after, or log in on a device that has a device_token",
            retry_after=wait,
        )
    failures = (tries.failures if tries else 0) + 1
    return Tries(failures, now_ms + wait_s(failures) * 1000)


def wait_s(failures: int) -> int:
    """Return how long nobody may try after so many failures."""
    surplus = failures - FREE
    return min(FIRST_WAIT_S << min(surplus, 16), LONGEST_WAIT_S) if surplus >= 0 else 0


def of_stranger(username: str) -> str:
    """Return under which name the tries of those are counted who show nothing."""
    return username


def of_device(username: str, device_id: str) -> str:
    """Return under which name the tries of a device or a session are counted."""
    return f"{username}/{device_id}"


def device_token(device_id: str, user_id: UserId, key: bytes) -> str:
    """Return what a device shows that a user has logged in on. It is worth nothing without the password, and nothing for another user."""
    return base64.urlsafe_b64encode(uuid.UUID(device_id).bytes + _mac(device_id, user_id, key)).decode()


def device_of(token: str, user_id: UserId, key: bytes) -> str | None:
    """Return the device that shows a token, or None if the token is none of this user."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != ID_BYTES + MAC_BYTES:
        return None
    device_id = str(uuid.UUID(bytes=raw[:ID_BYTES]))
    return device_id if hmac.compare_digest(raw[ID_BYTES:], _mac(device_id, user_id, key)) else None


def _mac(device_id: str, user_id: UserId, key: bytes) -> bytes:
    return hmac.digest(key, uuid.UUID(user_id).bytes + uuid.UUID(device_id).bytes, "sha256")

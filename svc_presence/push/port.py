"""What carries a push to a device: the port, which other push services can be put behind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Target:
    """Where a device is reached, and the keys by which only it reads what is sent, as its push service has such: for Web Push its public
    key on P-256, and its secret of 16 bytes.

    `endpoint` is a URI; its scheme says which push service that is.
    """

    endpoint: str
    public_key: bytes
    secret: bytes


class Urgency(StrEnum):
    """How much of its battery a device should spend on it."""

    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Push:
    """What is to be told. One that waits at the push service gives way to a newer one of the same topic; after `ttl_s` it is dropped."""

    payload: bytes
    topic: str
    urgency: Urgency = Urgency.HIGH
    ttl_s: int = 24 * 3600


class Outcome(StrEnum):
    """What became of a push."""

    SENT = "sent"
    GONE = "gone"
    """The device is not there any more, and will not be."""
    REFUSED = "refused"
    """The push service does not take this, and never will."""
    LOST = "lost"
    """The push service did not take it within all tries."""


class PushService(Protocol):
    """Carries pushes."""

    def check(self, target: Target) -> None:
        """Raise INVALID_ARGUMENT for what is no device of this push service, or may not be sent to."""
        ...

    async def send(self, target: Target, push: Push) -> Outcome:
        """Hand over a push in bounded time, and tell what became of it. Never raises for what the other side does: a target that `check`
        does not take any more is REFUSED.
        """
        ...

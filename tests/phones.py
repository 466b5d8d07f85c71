"""Devices that are told, without a network."""

from __future__ import annotations

import asyncio

import orjson

from chatkit.core.errors import ChatError, Reason
from svc_presence.push.port import Outcome, Push, Target

SCHEME = "phone:"


class Phones:
    """A PushService: it keeps what it takes, once it is let. `outcomes` are those of some endpoints, `broken` those that break it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, object]]] = []
        self.outcomes: dict[str, Outcome] = {}
        self.broken: set[str] = set()
        self.begun: list[str] = []
        self.open = asyncio.Event()

    def check(self, target: Target) -> None:
        if not target.endpoint.startswith(SCHEME):
            raise ChatError(Reason.INVALID_ARGUMENT, "endpoint must be that of a phone")

    async def send(self, target: Target, push: Push) -> Outcome:
        name = target.endpoint.removeprefix(SCHEME)
        self.begun.append(name)
        await self.open.wait()
        if name in self.broken:
            raise RuntimeError("nobody thought of this")
        if name == target.endpoint:
            return Outcome.REFUSED
        outcome = self.outcomes.get(name, Outcome.SENT)
        if outcome is Outcome.SENT:
            self.taken.append((name, orjson.loads(push.payload)))
        return outcome

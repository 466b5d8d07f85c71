"""What sessions are told that is worth something only now, and how much of it: typing and deltas go first, presence after them, and who
was not told of somebody's presence is told that they must ask.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

from prometheus_client import Counter

from chatkit.core.backoff import spread
from chatkit.core.budget import Budget
from chatkit.metrics import counter
from chatkit.rpc.errors import duration
from elastic_chat.gateway.v1 import frames_pb2 as pb
from svc_gateway.core import over_s
from svc_gateway.frames import Outgoing

ASKS_PER_S = 50
"""How many sessions a second are sent to ask how those are whom they watch."""
PASSING_LEAVES = 0.5
"""The part of the budget that is left to presence by what nobody needs to ask for once it is over."""

SKIPPED = counter(
    "chat_gateway_skipped_total",
    "Notices that sessions were not given because it was too much, by kind.",
    kind=("presence", "typing", "delta"),
)
STALE = Counter("chat_gateway_stale_presence_total", "Sessions that were told to ask how those are whom they watch.")


class Listener(Protocol):
    """Who takes a notice."""

    def notify(self, frame: Outgoing, *, ephemeral: bool) -> None:
        """Take a frame."""


class Notices:
    """Gives notices to sessions, at most `per_second` of them, counted for each session. `second` must be called once in each."""

    def __init__(self, per_second: int) -> None:
        self._budget = Budget(per_second)
        self._stale: set[Listener] = set()
        self._asked: dict[Listener, int] = {}
        self._now = 0

    def passing(self, kind: str, sessions: Collection[Listener], frame: Outgoing) -> int:
        """Tell of typing, or of a part of a message; return how many were told."""
        if not self._budget.take(len(sessions), leaving=PASSING_LEAVES):
            SKIPPED[kind].inc(len(sessions))
            return 0
        return _give(sessions, frame)

    def presence(self, sessions: Collection[Listener], frame: Outgoing) -> int:
        """Tell of somebody's presence; return how many were told. The others will be told to ask."""
        if not self._budget.take(len(sessions)):
            SKIPPED["presence"].inc(len(sessions))
            self.skipped(sessions)
            return 0
        return _give(sessions, frame)

    def skipped(self, sessions: Collection[Listener]) -> None:
        """What `sessions` know of those whom they watch may be old."""
        self._stale.update(sessions)

    def forget(self, session: Listener) -> None:
        """A session is over."""
        self._stale.discard(session)
        self._asked.pop(session, None)

    def second(self) -> None:
        """Let a second pass, and send those to ask who must, unless they are about to."""
        self._now += 1
        self._budget.refill()
        self._asked = {session: until for session, until in self._asked.items() if until > self._now}
        stale = self._stale - self._asked.keys()
        self._stale -= stale
        within_s = over_s(len(stale), ASKS_PER_S)
        for session in stale:
            after = timedelta(seconds=spread(within_s / 2, 0.98))
            self._asked[session] = self._now + int(after.total_seconds()) + 1
            session.notify(Outgoing.of(pb.ServerFrame(stale_presence=pb.StalePresence(ask_after=duration(after)))), ephemeral=True)
        STALE.inc(len(stale))


def _give(sessions: Collection[Listener], frame: Outgoing) -> int:
    for session in sessions:
        session.notify(frame, ephemeral=True)
    return len(sessions)

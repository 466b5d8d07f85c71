"""After a gap: the node's subscription was broken, or the map has lost it. Whatever happened meanwhile, nobody told this gateway.

Entries are the smaller trouble, since clients fetch what they have missed. The greater one is who came and went: a user who was removed
while the gateway could not hear must not hear anything more. So no session is given an entry before it is known where it belongs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import grpc
import structlog
from prometheus_client import Counter

from chatkit.core.backoff import Backoff
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, UserId
from chatkit.rpc.errors import error_of
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2_grpc as rpc
from svc_gateway.attacher import Attacher
from svc_gateway.hub import Hub
from svc_gateway.session import Session

log = structlog.get_logger()

USERS = 500
CALL_S = 20.0
"""How long a question may take: after a loss of the live view, history waits for the writer first."""
PATIENCE_S = 15.0
"""How long sessions are left waiting before they are sent to another gateway."""

GAPS = Counter("chat_gateway_gaps_total", "Times that the gateway may have missed something.")


class Recovery:
    """Brings every session up to date after a gap. `trigger` may be called at any time and from anywhere; `run` must run."""

    def __init__(self, channel: grpc.aio.Channel, hub: Hub) -> None:
        self._stub: Any = rpc.HistoryServiceStub(channel)
        self._hub = hub
        self._gap = asyncio.Event()

    def trigger(self) -> None:
        """Take note of a gap: from now on no session is given an entry, until it has been recovered."""
        GAPS.inc()
        for session in self._sessions():
            session.suspend()
        self._gap.set()

    def _sessions(self) -> list[Session]:
        return [session for session in self._hub.sessions if isinstance(session, Session)]

    async def run(self, attacher: Attacher) -> None:
        """Recover from gaps, for ever."""
        backoff = Backoff(0.1, 2.0)
        loop = asyncio.get_running_loop()
        impatience: asyncio.TimerHandle | None = None
        while True:
            await self._gap.wait()
            self._gap.clear()
            sessions = self._sessions()
            log.warning("recovering", sessions=len(sessions))
            # Not only between tries, and not anew with each gap: a try may wait for as long as presence or the writer is away.
            impatience = impatience or loop.call_later(PATIENCE_S, self._give_up)
            while sessions and not self._gap.is_set():
                try:
                    memberships = await self._ask(sessions, attacher)
                except ChatError as error:
                    log.warning("recovery_failed", reason=error.reason)
                    sessions = [session for session in sessions if not session.is_over]
                    await asyncio.sleep(backoff.next())
                    continue
                if not self._gap.is_set():  # else it was asked before the newest gap, and knows nothing of that
                    for session in sessions:
                        if not session.is_over:
                            session.recover(memberships[session.user_id])
                    sessions = []
            if not sessions:
                impatience.cancel()
                impatience = None
            backoff.reset()

    def _give_up(self) -> None:
        for session in self._sessions():
            session.give_up()

    async def _ask(self, sessions: Sequence[Session], attacher: Attacher) -> dict[UserId, dict[ConversationId, int]]:
        """Let the node be told of everything again, and only then ask where everyone belongs."""
        await attacher.attach_everything()
        users = {session.user_id for session in sessions}
        memberships = await self._memberships(users)
        new = set[ConversationId]().union(*memberships.values()).difference(self._hub.conversations)
        if new:
            # Who listens before they ask misses nothing in between.
            await attacher.listen(new)
            memberships = await self._memberships(users)
        return memberships

    async def _memberships(self, users: Collection[UserId]) -> dict[UserId, dict[ConversationId, int]]:
        found: dict[UserId, dict[ConversationId, int]] = {}
        for some in _slices(sorted(users), USERS):
            request = pb.ListMembershipsRequest(user_ids=some)
            try:
                response: pb.ListMembershipsResponse = await self._stub.ListMemberships(request, timeout=CALL_S)
            except grpc.aio.AioRpcError as failure:
                raise error_of(failure) from failure
            for user_id, one in zip(some, response.users, strict=True):
                found[user_id] = dict(zip(map(ConversationId, one.conversation_ids), one.joined_seqs, strict=True))
        return found


def _slices(users: Sequence[UserId], size: int) -> Iterable[Sequence[UserId]]:
    return (users[start : start + size] for start in range(0, len(users), size))

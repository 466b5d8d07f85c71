"""PresenceService: proto/elastic_chat/presence/v1 tells what each method promises."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId
from chatkit.edges.fanout import Fanout, batch_of
from chatkit.edges.redis import incarnation
from chatkit.metrics import counter
from chatkit.rpc.caller import caller_of
from chatkit.rpc.errors import duration
from elastic_chat.events.v1 import node_pb2
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2_grpc as rpc
from svc_presence.core import Connection, Farewells, check_asked, is_superseded
from svc_presence.store import Directory, Presence

log = structlog.get_logger()

ROUND_S = 0.5
"""How often farewells and ended leases are looked at."""
LATE_S = 2.0
"""Between two rounds; if it takes longer, this process has slept."""

NOTICES = counter("chat_presence_notices_total", "Notices that a user came or went, by which.", what=("online", "offline"))
ENDED = Counter("chat_presence_leases_ended_total", "Leases that ended because they were not renewed.")

Context = Any
"""gRPC's own class is generic over what no method needs."""


class PresenceServicer(rpc.PresenceServiceServicer):
    """The methods of presence. `run` must run beside it: it says goodbye to who has gone, and removes nodes whose lease has ended."""

    def __init__(self, directory: Directory, fanout: Fanout, clock: Clock, lease: timedelta, grace: timedelta) -> None:
        self._directory = directory
        self._fanout = fanout
        self._clock = clock
        self._lease = lease
        self._looked = -math.inf
        self._beats: dict[str, tuple[int, float]] = {}
        self._farewells = Farewells(grace.total_seconds())

    async def run(self) -> None:
        """Look round for ever."""
        while True:
            await asyncio.sleep(ROUND_S)
            try:
                await self.look_round()
            except ChatError as error:
                log.warning("round_failed", reason=error.reason)

    async def look_round(self) -> None:
        """Tell who has gone for good, and remove nodes whose lease has ended. Several instances may do it at the same time."""
        now_ms = self._clock.now_ms()
        for node in self._silent(await self._directory.incarnations(), self._clock.monotonic()):
            ENDED.inc()
            log.warning("lease_ended", node=node)
            await self._say_goodbye(await self._directory.remove(node, now_ms))
            await self._fanout.publish({node: batch_of(node_pb2.NodeEvent(lease_end=node_pb2.LeaseEnd()))})
        gone = self._farewells.due(self._clock.monotonic())
        if gone:
            await self._tell(gone)

    def _silent(self, beats: Mapping[str, int], now: float) -> list[str]:
        """Return the nodes that have not renewed their lease for as long as it lasts, as this process has seen it."""
        if now - self._looked > LATE_S:
            self._beats.clear()  # nobody could renew a lease here while this process slept
        self._looked = now
        since = {node: self._beats[node][1] if self._beats.get(node, (0, 0))[0] == beat else now for node, beat in beats.items()}
        self._beats = {node: (beat, since[node]) for node, beat in beats.items()}
        return [node for node in beats if now - since[node] > self._lease.total_seconds()]

    async def GetPresence(self, request: pb.GetPresenceRequest, context: Context) -> pb.GetPresenceResponse:  # noqa: N802
        caller = caller_of(context)
        asked = check_asked(request.user_ids)
        known = await self._directory.acquaintances(caller.user_id, asked)
        users = [user_id for user_id in asked if user_id in known]
        found = await self._directory.presence(users)
        return pb.GetPresenceResponse(users=[_user(user_id, presence) for user_id, presence in zip(users, found, strict=True)])

    async def Attach(self, request: pb.AttachRequest, context: Context) -> pb.AttachResponse:  # noqa: ARG002, N802
        node = await self._node(request.node)
        came, went = _connections(request.attached), _connections(request.detached)
        attached = await self._directory.attach(node, came, went, self._clock.now_ms())
        if request.listen_conversation_ids or request.unlisten_conversation_ids:
            await self._directory.listen(node, _ids(request.listen_conversation_ids), _ids(request.unlisten_conversation_ids))
        if request.watch_user_ids or request.unwatch_user_ids:
            await self._directory.watch(node, _users(request.watch_user_ids), _users(request.unwatch_user_ids))
        await self._welcome(attached.came_online)
        await self._say_goodbye(attached.went_offline)
        return pb.AttachResponse(
            users=[
                pb.AttachedUser(
                    user_id=connection.user_id, conversation_ids=conversations, session_ended=connection.session_id in attached.ended
                )
                for connection, conversations in zip(came, attached.conversations, strict=True)
            ],
        )

    async def RenewLease(self, request: pb.RenewLeaseRequest, context: Context) -> pb.RenewLeaseResponse:  # noqa: ARG002, N802
        node = await self._node(request.node)
        renewals, lapsed = await self._directory.renew(node, request.renewals)
        if lapsed:
            # It will attach everything anew: what an older copy of the map may have of it must not outlive that.
            await self._say_goodbye(await self._directory.remove(node, self._clock.now_ms()))
            renewals, _ = await self._directory.renew(node, 0)
        return pb.RenewLeaseResponse(lease=duration(self._lease), lapsed=lapsed, renewals=renewals)

    async def EndLease(self, request: pb.EndLeaseRequest, context: Context) -> pb.EndLeaseResponse:  # noqa: ARG002, N802
        node = incarnation(request.node.node_id, request.node.epoch)
        await self._say_goodbye(await self._directory.remove(node, self._clock.now_ms()))
        return pb.EndLeaseResponse()

    async def EndSession(self, request: pb.EndSessionRequest, context: Context) -> pb.EndSessionResponse:  # noqa: ARG002, N802
        remember_s = max(1, math.ceil(request.remember.ToTimedelta().total_seconds()))
        homes = await self._directory.end_session(UserId(request.user_id), SessionId(request.session_id), remember_s)
        end = node_pb2.SessionEnd(user_id=request.user_id, session_id=request.session_id)
        await self._fanout.publish(dict.fromkeys(homes, batch_of(node_pb2.NodeEvent(session_end=end))))
        return pb.EndSessionResponse()

    async def _node(self, node: pb.Node) -> str:
        """Return the incarnation that calls, or refuse it if a later life of it is known."""
        if is_superseded(node.node_id, node.epoch, await self._directory.incarnations()):
            raise ChatError(Reason.PERMISSION_DENIED, "a later process has taken this node's name: stop, or start again")
        return incarnation(node.node_id, node.epoch)

    async def _welcome(self, users: Collection[UserId]) -> None:
        """Tell of users who came online, but not of those of whom nobody has heard that they had gone."""
        news = [user_id for user_id in users if not self._farewells.came_back(user_id)]
        if news:
            await self._tell(news)

    async def _say_goodbye(self, users: Collection[UserId]) -> None:
        for user_id in users:
            self._farewells.left(user_id, self._clock.monotonic())

    async def _tell(self, users: list[UserId]) -> None:
        """Tell the nodes that watch `users` how things are now."""
        watchers = await self._directory.watchers(users)
        found = await self._directory.presence(users)
        batches: dict[str, list[bytes]] = {}
        for user_id, nodes, presence in zip(users, watchers, found, strict=True):
            NOTICES["online" if presence.online else "offline"].inc()
            event = batch_of(node_pb2.NodeEvent(presence=node_pb2.PresenceChange(user_id=user_id, frame=_frame(user_id, presence))))
            for node in nodes:
                batches.setdefault(node, []).append(event)
        await self._fanout.publish({node: b"".join(events) for node, events in batches.items()})


def _user(user_id: UserId, presence: Presence) -> pb.UserPresence:
    user = pb.UserPresence(user_id=user_id, online=presence.online)
    if presence.last_seen_ms is not None:
        user.last_seen_at.FromMilliseconds(presence.last_seen_ms)
    return user


def _frame(user_id: UserId, presence: Presence) -> bytes:
    frame = frames_pb2.ServerFrame(presence=frames_pb2.Presence(user_id=user_id, online=presence.online))
    if presence.last_seen_ms is not None:
        frame.presence.last_seen_at.FromMilliseconds(presence.last_seen_ms)
    return frame.SerializeToString()


def _connections(connections: Collection[pb.Connection]) -> list[Connection]:
    return [Connection(ConnectionId(c.connection_id), UserId(c.user_id), SessionId(c.session_id)) for c in connections]


def _ids(ids: Collection[str]) -> list[ConversationId]:
    return [ConversationId(conversation_id) for conversation_id in ids]


def _users(ids: Collection[str]) -> list[UserId]:
    return [UserId(user_id) for user_id in ids]

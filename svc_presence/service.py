"""PresenceService: proto/elastic_chat/presence/v1 tells what each method promises."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
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
from svc_presence.core import Connection, Farewells, News, check_asked, is_superseded, within_budget
from svc_presence.store import Directory, Presence

log = structlog.get_logger()

ROUND_S = 0.5
"""How often farewells and ended leases are looked at."""
LATE_S = 2.0
"""Between two rounds; if it takes longer, this process has slept."""
TELL_S = 1.0
"""How often others are told of whom something is new: whoever comes and goes faster than that is told of once."""
AT_ONCE = 500
"""Users who are looked up in one round trip."""

NOTICES = counter("chat_presence_notices_total", "Notices that a user came or went, by which.", what=("online", "offline"))
MERGED = Counter("chat_presence_merged_total", "Changes of users of whom a notice was to be given already.")
SKIPPED = Counter("chat_presence_skipped_total", "Notices that a gateway was not given because it had been given enough for a second.")
ENDED = Counter("chat_presence_leases_ended_total", "Leases that ended because they were not renewed.")

Context = Any
"""gRPC's own class is generic over what no method needs."""


class PresenceServicer(rpc.PresenceServiceServicer):
    """The methods of presence. `run` must run beside it: it tells who came and who has gone, and removes nodes whose lease has ended.

    Each node is given at most `notices_per_s`, and is told if there were more: then its clients must ask.
    """

    def __init__(self, directory: Directory, fanout: Fanout, clock: Clock, lease: timedelta, grace: timedelta, notices_per_s: int) -> None:
        self._directory = directory
        self._fanout = fanout
        self._clock = clock
        self._lease = lease
        self._looked = -math.inf
        self._beats: dict[str, tuple[int, float]] = {}
        self._farewells = Farewells(grace.total_seconds())
        self._notices_per_s = notices_per_s
        self._news = News()

    async def run(self) -> None:
        """Look round, and tell what is new, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(ROUND_S, self.look_round))
            group.create_task(_every(TELL_S, self.tell_news))

    async def look_round(self) -> None:
        """Find who has gone for good, and remove nodes whose lease has ended. Several instances may do it at the same time."""
        now_ms = self._clock.now_ms()
        for node in self._silent(await self._directory.incarnations(), self._clock.monotonic()):
            ENDED.inc()
            log.warning("lease_ended", node=node)
            self._say_goodbye(await self._directory.remove(node, now_ms))
            await self._fanout.publish({node: batch_of(node_pb2.NodeEvent(lease_end=node_pb2.LeaseEnd()))})
        self._note(self._farewells.due(self._clock.monotonic()))

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
        self._welcome(attached.came_online)
        self._say_goodbye(attached.went_offline)
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
            self._say_goodbye(await self._directory.remove(node, self._clock.now_ms()))
            renewals, _ = await self._directory.renew(node, 0)
        return pb.RenewLeaseResponse(lease=duration(self._lease), lapsed=lapsed, renewals=renewals)

    async def EndLease(self, request: pb.EndLeaseRequest, context: Context) -> pb.EndLeaseResponse:  # noqa: ARG002, N802
        node = incarnation(request.node.node_id, request.node.epoch)
        self._say_goodbye(await self._directory.remove(node, self._clock.now_ms()))
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

    def _welcome(self, users: Collection[UserId]) -> None:
        """Take note of users who came online, but not of those of whom nobody has heard that they had gone."""
        self._note(user_id for user_id in users if not self._farewells.came_back(user_id))

    def _say_goodbye(self, users: Collection[UserId]) -> None:
        for user_id in users:
            self._farewells.left(user_id, self._clock.monotonic())

    def _note(self, users: Iterable[UserId]) -> None:
        MERGED.inc(self._news.add(users))

    async def tell_news(self) -> None:
        """Tell the nodes that watch those of whom something is new how things are now."""
        users, notices = self._news.take(), dict[str, list[bytes]]()
        try:
            for start in range(0, len(users), AT_ONCE):
                await self._collect(users[start : start + AT_ONCE], notices)
            await self._fanout.publish({node: self._batch(events) for node, events in notices.items()})
        except ChatError:
            self._note(users)
            raise

    async def _collect(self, users: Sequence[UserId], notices: dict[str, list[bytes]]) -> None:
        """Add what is to be told of `users` to the notices of each node. Whom nobody watches, nobody looks up."""
        watchers = {user_id: nodes for user_id, nodes in zip(users, await self._directory.watchers(users), strict=True) if nodes}
        found = await self._directory.presence(list(watchers)) if watchers else []
        for (user_id, nodes), presence in zip(watchers.items(), found, strict=True):
            NOTICES["online" if presence.online else "offline"].inc()
            event = batch_of(node_pb2.NodeEvent(presence=node_pb2.PresenceChange(user_id=user_id, frame=_frame(user_id, presence))))
            for node in nodes:
                notices.setdefault(node, []).append(event)

    def _batch(self, notices: Sequence[bytes]) -> bytes:
        given, skipped = within_budget(notices, self._notices_per_s)
        if not skipped:
            return b"".join(given)
        SKIPPED.inc(skipped)
        return b"".join((*given, batch_of(node_pb2.NodeEvent(presence_skipped=node_pb2.PresenceSkipped()))))


async def _every(pause_s: float, work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Do `work` again and again; what could not be done this time is done, or made good for, by a later one."""
    while True:
        await asyncio.sleep(pause_s)
        try:
            await work()
        except ChatError as error:
            log.warning("round_failed", reason=error.reason)


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

"""PresenceService: proto/elastic_chat/presence/v1 tells what each method promises."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId
from chatkit.core.presence import SECRET, Audience, Wishes, check_status, know_each_other
from chatkit.edges.fanout import Fanout, batch_of
from chatkit.edges.redis import incarnation
from chatkit.rpc.caller import caller_of
from chatkit.rpc.errors import duration
from chatkit.rpc.preferences import preferences_of, status_of, wishes_of
from elastic_chat.events.v1 import node_pb2
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2_grpc as rpc
from elastic_chat.types.v1 import presence_pb2
from svc_presence.core import Connection, check_asked, is_superseded
from svc_presence.notices import Notices
from svc_presence.preferences import Keeper, Preferences
from svc_presence.push.badges import Badges
from svc_presence.push.methods import PushMethods
from svc_presence.push.subscriptions import Subscriptions
from svc_presence.shown import shown
from svc_presence.store import Block, Directory

log = structlog.get_logger()

ROUND_S = 0.5
"""How often farewells and ended leases are looked at."""
LATE_S = 2.0
"""Between two rounds; if it takes longer, this process has slept."""
TELL_S = 1.0
"""How often others are told of whom something is new: whoever comes and goes faster than that is told of once."""
MAX_USERS = 500
UNKNOWN = replace(SECRET, audience=Audience.UNSPECIFIED)
"""What a user had decided before, if nobody knows."""

ENDED = Counter("chat_presence_leases_ended_total", "Leases that ended because they were not renewed.")

Context = Any
"""gRPC's own class is generic over what no method needs."""


class PresenceServicer(PushMethods, rpc.PresenceServiceServicer):
    """The methods of presence. `run` must run beside it: it tells who came and who has gone, and removes nodes whose lease has ended."""

    def __init__(
        self,
        directory: Directory,
        preferences: Preferences,
        keeper: Keeper,
        notices: Notices,
        fanout: Fanout,
        clock: Clock,
        lease: timedelta,
        subscriptions: Subscriptions,
        badges: Badges,
    ) -> None:
        PushMethods.__init__(self, subscriptions, badges)
        self._directory = directory
        self._preferences = preferences
        self._keeper = keeper
        self._notices = notices
        self._fanout = fanout
        self._clock = clock
        self._lease = lease
        self._looked = -math.inf
        self._beats: dict[str, tuple[int, float]] = {}

    async def run(self) -> None:
        """Look round, and tell what is new, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(ROUND_S, self.look_round))
            group.create_task(_every(TELL_S, self._notices.tell))

    async def look_round(self) -> None:
        """Find who has gone for good, and remove nodes whose lease has ended. Several instances may do it at the same time."""
        for node in self._silent(await self._directory.incarnations(), self._clock.monotonic()):
            ENDED.inc()
            log.warning("lease_ended", node=node)
            await self._notices.gone(await self._directory.remove(node))
            await self._fanout.publish({node: batch_of(node_pb2.NodeEvent(lease_end=node_pb2.LeaseEnd()))})
        await self._notices.look_round()

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
        circles = await self._directory.acquaintances(caller.user_id, check_asked(request.user_ids))
        users = list(circles)
        (mine, *wishes), found = await asyncio.gather(self._preferences.of([caller.user_id, *users]), self._directory.presence(users))
        if mine is None:
            raise ChatError(Reason.UNAVAILABLE, "nobody knows now what you let others know: try again")
        now_ms = self._clock.now_ms()
        return pb.GetPresenceResponse(
            users=[
                shown(user_id, presence, wished, now_ms)
                if wished is not None
                and (user_id == caller.user_id or know_each_other(mine.audience, wished.audience, circles[user_id]))
                and user_id not in mine.blocks
                and caller.user_id not in wished.blocks
                else pb.UserPresence(user_id=user_id)
                for user_id, presence, wished in zip(users, found, wishes, strict=True)
            ]
        )

    async def SetStatus(self, request: pb.SetStatusRequest, context: Context) -> pb.SetStatusResponse:  # noqa: N802
        caller = caller_of(context)
        status = check_status(wishes_of(presence_pb2.Preferences(status=request.status)), self._clock.now_ms())
        (before,) = await self._preferences.of([caller.user_id])
        kept = await self._keeper.keep(caller, status_of(status))
        await self._apply(caller.user_id, before, wishes_of(kept))
        return pb.SetStatusResponse(status=kept.status)

    async def GetStatus(self, request: pb.GetStatusRequest, context: Context) -> pb.GetStatusResponse:  # noqa: ARG002, N802
        (mine,) = await self._known([caller_of(context).user_id])
        return pb.GetStatusResponse(status=status_of(mine.at(self._clock.now_ms())))

    async def ApplyPreferences(  # noqa: N802
        self,
        request: pb.ApplyPreferencesRequest,
        context: Context,  # noqa: ARG002
    ) -> pb.ApplyPreferencesResponse:
        user_id, wishes = UserId(request.user_id), wishes_of(request.preferences)
        (before,) = await self._preferences.of([user_id])
        if request.other_user_id:
            await self._note_blocks({user_id: wishes}, [UserId(request.other_user_id)])
        await self._apply(user_id, before, wishes)
        return pb.ApplyPreferencesResponse()

    async def FindBlocks(self, request: pb.FindBlocksRequest, context: Context) -> pb.FindBlocksResponse:  # noqa: ARG002, N802
        _check_number(request.other_user_ids)
        others = _users(request.other_user_ids)
        mine, *theirs = await self._known([UserId(request.user_id), *others])
        return pb.FindBlocksResponse(
            blocked_user_ids=[other for other in others if other in mine.blocks],
            blocking_user_ids=[other for other, wishes in zip(others, theirs, strict=True) if request.user_id in wishes.blocks],
        )

    async def NoteBlocks(self, request: pb.NoteBlocksRequest, context: Context) -> pb.NoteBlocksResponse:  # noqa: ARG002, N802
        users = _users((request.user_id, request.other_user_id))
        await self._note_blocks(dict(zip(users, await self._known(users), strict=True)), users)
        return pb.NoteBlocksResponse()

    async def _note_blocks(self, wishes: Mapping[UserId, Wishes], others: Sequence[UserId]) -> None:
        """Let the live view know which of some users have blocked which of others."""
        await self._directory.note_blocks(
            [Block(one, other, its.version, other in its.blocks) for one, its in wishes.items() for other in others if other != one]
        )

    async def GetPreferences(self, request: pb.GetPreferencesRequest, context: Context) -> pb.GetPreferencesResponse:  # noqa: ARG002, N802
        _check_number(request.user_ids)
        return pb.GetPreferencesResponse(preferences=map(preferences_of, await self._known(_users(request.user_ids))))

    async def _known(self, users: Sequence[UserId]) -> list[Wishes]:
        wishes = [one for one in await self._preferences.of(users) if one is not None]
        if len(wishes) < len(users):
            raise ChatError(Reason.UNAVAILABLE, "nobody knows now what users have decided: try again")
        return wishes

    async def _apply(self, user_id: UserId, before: Wishes | None, wishes: Wishes) -> None:
        """Have everyone know what a user has decided who must, unless something newer is known. A try that failed half-way is repeated."""
        if before is not None and before.version >= wishes.version:
            if before.version == wishes.version:
                await self._notices.decided(user_id, UNKNOWN, wishes)
            return
        before = before or UNKNOWN
        hides = await self._notices.hides(user_id, before, wishes)
        if await self._preferences.note(user_id, wishes):
            await self._notices.decided(user_id, before, wishes, hides=hides)

    async def Attach(self, request: pb.AttachRequest, context: Context) -> pb.AttachResponse:  # noqa: ARG002, N802
        node = await self._node(request.node)
        came, went, changed = _connections(request.attached), _connections(request.detached), _connections(request.changed)
        attached = await self._directory.attach(node, came, went, changed)
        if request.listen_conversation_ids or request.unlisten_conversation_ids:
            await self._directory.listen(node, _ids(request.listen_conversation_ids), _ids(request.unlisten_conversation_ids))
        if request.watch_user_ids or request.unwatch_user_ids:
            await self._directory.watch(node, _users(request.watch_user_ids), _users(request.unwatch_user_ids))
        users = list(dict.fromkeys((*(one.user_id for one in came), *attached.went_offline, *attached.stirred)))
        wishes = dict(zip(users, await self._preferences.of(users), strict=True))
        await self._notices.moved(attached, wishes)
        return pb.AttachResponse(
            users=[
                pb.AttachedUser(
                    user_id=connection.user_id,
                    conversation_ids=conversations,
                    session_ended=connection.session_id in attached.ended,
                    preferences=None if (known := wishes[connection.user_id]) is None else preferences_of(known),
                )
                for connection, conversations in zip(came, attached.conversations, strict=True)
            ],
        )

    async def RenewLease(self, request: pb.RenewLeaseRequest, context: Context) -> pb.RenewLeaseResponse:  # noqa: ARG002, N802
        node = await self._node(request.node)
        renewals, lapsed = await self._directory.renew(node, request.renewals)
        if lapsed:
            # It will attach everything anew: what an older copy of the map may have of it must not outlive that.
            await self._notices.gone(await self._directory.remove(node))
            renewals, _ = await self._directory.renew(node, 0)
        return pb.RenewLeaseResponse(lease=duration(self._lease), lapsed=lapsed, renewals=renewals)

    async def EndLease(self, request: pb.EndLeaseRequest, context: Context) -> pb.EndLeaseResponse:  # noqa: ARG002, N802
        node = incarnation(request.node.node_id, request.node.epoch)
        await self._notices.gone(await self._directory.remove(node))
        return pb.EndLeaseResponse()

    async def EndSession(self, request: pb.EndSessionRequest, context: Context) -> pb.EndSessionResponse:  # noqa: ARG002, N802
        remember_s = max(1, math.ceil(request.remember.ToTimedelta().total_seconds()))
        homes = await self._directory.end_session(UserId(request.user_id), SessionId(request.session_id), remember_s)
        end = node_pb2.SessionEnd(user_id=request.user_id, session_id=request.session_id)
        await self._fanout.publish(dict.fromkeys(homes, batch_of(node_pb2.NodeEvent(session_end=end))))
        await self._subscriptions.end_session(UserId(request.user_id), SessionId(request.session_id))
        return pb.EndSessionResponse()

    async def _node(self, node: pb.Node) -> str:
        """Return the incarnation that calls, or refuse it if a later life of it is known."""
        if is_superseded(node.node_id, node.epoch, await self._directory.incarnations()):
            raise ChatError(Reason.PERMISSION_DENIED, "a later process has taken this node's name: stop, or start again")
        return incarnation(node.node_id, node.epoch)


async def _every(pause_s: float, work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Do `work` again and again; what could not be done this time is done, or made good for, by a later one."""
    while True:
        await asyncio.sleep(pause_s)
        try:
            await work()
        except ChatError as error:
            log.warning("round_failed", reason=error.reason)


def _check_number(user_ids: Sequence[str]) -> None:
    if len(user_ids) > MAX_USERS:
        raise ChatError(Reason.INVALID_ARGUMENT, f"at most {MAX_USERS} users are told of in one call")


def _connections(connections: Collection[pb.Connection]) -> list[Connection]:
    return [Connection(ConnectionId(c.connection_id), UserId(c.user_id), SessionId(c.session_id), c.idle) for c in connections]


def _ids(ids: Collection[str]) -> list[ConversationId]:
    return [ConversationId(conversation_id) for conversation_id in ids]


def _users(ids: Collection[str]) -> list[UserId]:
    return [UserId(user_id) for user_id in ids]

"""Tells presence who is here. One call at a time, with everything that has queued up: so calls arrive in order, and a storm makes large
calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import structlog

from chatkit.core.backoff import Backoff, spread
from chatkit.core.errors import Reason
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId
from chatkit.rpc.errors import error_of
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.presence.v1 import presence_service_pb2_grpc as rpc
from svc_gateway.hub import Hub, Listener, ended

log = structlog.get_logger()

BATCH = 500
SWEEP_S = 30.0
"""How often conversations that no session needs are given up."""
AGAIN_S = 0.05
"""How soon that is tried again, if somebody is just coming."""
LEARN_S = 5.0
"""How often it is asked again what users have decided of whom nobody could say it."""
REFRESH_S = 8 * 3600.0
"""How often the map is told everything again: what it was told a day ago, it forgets."""


@dataclass(slots=True)
class _Waiting:
    """What presence is to be told."""

    attached: dict[ConnectionId, tuple[pb.Connection, asyncio.Future[list[ConversationId]] | None]] = field(default_factory=dict)
    detached: dict[ConnectionId, pb.Connection] = field(default_factory=dict)
    changed: dict[ConnectionId, pb.Connection] = field(default_factory=dict)
    listen: set[ConversationId] = field(default_factory=set)
    unlisten: set[ConversationId] = field(default_factory=set)
    watch: set[UserId] = field(default_factory=set)
    unwatch: set[UserId] = field(default_factory=set)
    done: list[asyncio.Future[None]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(
            self.attached or self.detached or self.changed or self.listen or self.unlisten or self.watch or self.unwatch or self.done
        )


class Attacher:
    """The node's side of the connection map: what is attached, and the lease without which none of it counts.

    `lapsed` is called when the map has lost what this node had told it.
    """

    def __init__(self, channel: grpc.aio.Channel, node: pb.Node, hub: Hub, lapsed: Callable[[], None]) -> None:
        self._stub: Any = rpc.PresenceServiceStub(channel)
        self._node = node
        self._hub = hub
        self._lapsed = lapsed
        self._waiting = _Waiting()
        self._more = asyncio.Event()
        self._leased = asyncio.Event()
        self._lease_lost = asyncio.Event()
        self._pause = Backoff(0.1, 2.0)
        self._ended = False
        self._settling = 0

    async def ready(self) -> None:
        """Return when the node holds a lease."""
        await self._leased.wait()

    async def attach(self, session: Listener) -> list[ConversationId]:
        """Enter a session into the map; return the conversations of its user, which the node hears of from now on.

        Raises UNAUTHENTICATED if the login session has ended.
        """
        attached: asyncio.Future[list[ConversationId]] = asyncio.get_running_loop().create_future()
        self._waiting.attached[session.connection_id] = (_connection(session), attached)
        self._more.set()
        with self._settled_after():
            return await attached

    def detach(self, session: Listener) -> None:
        """Take a session out of the map."""
        self._waiting.attached.pop(session.connection_id, None)
        self._waiting.changed.pop(session.connection_id, None)
        self._waiting.detached[session.connection_id] = _connection(session)
        self._more.set()

    def change(self, session: Listener) -> None:
        """Somebody has begun or ceased to use the device of a session that is in the map."""
        self._waiting.changed[session.connection_id] = _connection(session)
        self._more.set()

    def note(self, conversation_id: ConversationId) -> None:
        """Put down that the node hears of a conversation; the router has seen to it already, for a user who joined."""
        self._waiting.listen.add(conversation_id)
        self._more.set()

    async def listen(self, conversations: Collection[ConversationId]) -> None:
        """Hear of conversations, when this returns."""
        self._waiting.listen |= set(conversations)
        with self._settled_after():
            await self._told()

    @contextmanager
    def _settled_after(self) -> Iterator[None]:
        """Give nothing up until the caller goes on: only then the hub knows who needs what presence was asked for."""
        self._settling += 1
        try:
            yield
        finally:
            self._settling -= 1

    def unwatch(self, ceased: Collection[UserId]) -> None:
        """Hear no more of the coming and going of users."""
        if ceased:
            self._waiting.unwatch |= set(ceased)
            self._waiting.watch -= set(ceased)
            self._more.set()

    async def watch(self, begun: Collection[UserId], ceased: Collection[UserId]) -> None:
        """Hear of the coming and going of users, when this returns, and of others no more."""
        self._waiting.watch = (self._waiting.watch | set(begun)) - set(ceased)
        self._waiting.unwatch = (self._waiting.unwatch | set(ceased)) - set(begun)
        await self._told()

    async def _told(self) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.done.append(done)
        self._more.set()
        await done

    async def run(self) -> None:
        """Tell presence what waits, for ever. Raises if a later process has taken this node's name: then this one must not go on."""
        while True:
            await self._more.wait()
            await self._leased.wait()
            self._more.clear()
            waiting, self._waiting = self._waiting, _Waiting()
            await self._until_told(waiting)

    async def _until_told(self, waiting: _Waiting) -> None:
        while waiting:
            attached = list(waiting.attached.items())[:BATCH]
            detached = list(waiting.detached.items())[:BATCH]
            changed = list(waiting.changed.items())[:BATCH]
            request = self._request(waiting, [one for _, (one, _) in attached], [one for _, one in detached])
            request.changed.extend(one for _, one in changed)
            response = await self._call(request)
            for (connection_id, waits), user in zip(attached, response.users, strict=True):
                del waiting.attached[connection_id]
                # Someone who has just come needs them after all.
                waiting.unlisten.difference_update(ConversationId(one) for one in user.conversation_ids)
                self._attached(*waits, user)
            for told, connections in ((waiting.detached, detached), (waiting.changed, changed)):
                for connection_id, _ in connections:
                    del told[connection_id]
            waiting.listen.clear()
            waiting.watch.clear()
            waiting.unwatch.clear()
            if not attached:
                waiting.unlisten.clear()
            if not waiting.attached:
                for done in waiting.done:
                    if not done.done():
                        done.set_result(None)
                waiting.done.clear()

    def _attached(self, connection: pb.Connection, future: asyncio.Future[list[ConversationId]] | None, user: pb.AttachedUser) -> None:
        if user.HasField("preferences"):
            self._hub.prefer(UserId(user.user_id), user.preferences)
        if user.session_ended:
            self._hub.end_session(UserId(connection.user_id), SessionId(connection.session_id))
        if future is not None and not future.done():
            _answer(future, user)

    def _request(self, waiting: _Waiting, attached: list[pb.Connection], detached: list[pb.Connection]) -> pb.AttachRequest:
        return pb.AttachRequest(
            node=self._node,
            attached=attached,
            detached=detached,
            listen_conversation_ids=waiting.listen,
            # Who is being attached may be in one of these, which nobody knows before the answer: so never both in one call.
            unlisten_conversation_ids=() if attached else waiting.unlisten - waiting.listen,
            watch_user_ids=waiting.watch,
            unwatch_user_ids=waiting.unwatch,
        )

    async def _call(self, request: pb.AttachRequest) -> pb.AttachResponse:
        while True:
            try:
                response: pb.AttachResponse = await self._stub.Attach(request)
            except grpc.aio.AioRpcError as failure:
                error = error_of(failure)
                if error.reason is Reason.PERMISSION_DENIED:
                    raise error from failure
                log.warning("attach_failed", reason=error.reason)
                await asyncio.sleep(self._pause.next())
            else:
                self._pause.reset()
                return response

    async def keep_lease(self) -> None:
        """Renew the lease, for ever."""
        pause_s, renewals = 1.0, 0
        while not self._ended:
            self._lease_lost.clear()
            request = pb.RenewLeaseRequest(node=self._node, renewals=renewals)
            try:
                response: pb.RenewLeaseResponse = await self._stub.RenewLease(request, timeout=2.0)
            except grpc.aio.AioRpcError as failure:
                error = error_of(failure)
                if error.reason is Reason.PERMISSION_DENIED:
                    raise error from failure
                log.warning("lease_not_renewed", reason=error.reason)
                await asyncio.sleep(min(1.0, pause_s))
                continue
            if response.lapsed and renewals:
                log.warning("lease_lapsed")
                self._lapsed()
            renewals = response.renewals
            self._leased.set()
            pause_s = response.lease.ToTimedelta().total_seconds() / 3
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._lease_lost.wait()

    def lose_lease(self) -> None:
        """Take note that the map has forgotten this node: it is told nothing before there is a lease again, which is asked for at once."""
        self._leased.clear()
        self._lease_lost.set()

    async def attach_everything(self) -> None:
        """Tell the map again everything that this node has; it knows all of that when this returns."""
        for session in self._hub.sessions:
            self._waiting.attached.setdefault(session.connection_id, (_connection(session), None))
        self._waiting.listen |= set(self._hub.conversations)
        self._waiting.watch |= set(self._hub.watched)
        await self._told()

    async def sweep(self, pause_s: float = SWEEP_S) -> None:
        """Give up conversations that no session needs, for ever."""
        while True:
            await asyncio.sleep(pause_s)
            while self._settling:  # noqa: ASYNC110 - seldom, and for a moment
                await asyncio.sleep(AGAIN_S)
            unneeded = self._hub.sweep()
            if unneeded:
                self._waiting.unlisten |= set(unneeded)
                self._more.set()

    async def learn(self, pause_s: float = LEARN_S) -> None:
        """Ask again what users have decided of whom nobody could say it, for ever."""
        while True:
            await asyncio.sleep(spread(pause_s))
            for session in self._hub.undecided:
                self._waiting.attached.setdefault(session.connection_id, (_connection(session), None))
                self._more.set()

    async def refresh(self, pause_s: float = REFRESH_S) -> None:
        """Tell the map everything again, now and then, for ever."""
        while True:
            await asyncio.sleep(spread(pause_s))
            await self.attach_everything()

    async def end(self) -> None:
        """Leave the map. A failure is left to the lease, which ends by itself."""
        self._ended = True
        try:
            await self._stub.EndLease(pb.EndLeaseRequest(node=self._node), timeout=2.0)
        except grpc.aio.AioRpcError as failure:
            log.warning("lease_not_ended", reason=error_of(failure).reason)


def _answer(attached: asyncio.Future[list[ConversationId]], user: pb.AttachedUser) -> None:
    if user.session_ended:
        attached.set_exception(ended())
    else:
        attached.set_result([ConversationId(conversation_id) for conversation_id in user.conversation_ids])


def _connection(session: Listener) -> pb.Connection:
    return pb.Connection(connection_id=session.connection_id, user_id=session.user_id, session_id=session.session_id, idle=session.is_idle)

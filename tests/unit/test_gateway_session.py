"""What a session tells of its user, and what it keeps to itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from typing import Any, cast

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, SessionId, UserId, new_id
from chatkit.core.presence import Audience, Availability, Wishes
from chatkit.rpc.lanes import Lanes
from chatkit.rpc.preferences import preferences_of
from chatkit.rpc.tokens import AccessToken, TokenVerifier
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.events.v1 import node_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2 as history_pb2
from elastic_chat.presence.v1 import presence_service_pb2 as presence_pb2
from elastic_chat.router.v1 import router_service_pb2 as router_pb2
from elastic_chat.types.v1 import activity_pb2
from elastic_chat.types.v1 import presence_pb2 as types_pb2
from svc_gateway.attacher import Attacher
from svc_gateway.catch_up import CatchUp
from svc_gateway.connection import Connection, Flusher
from svc_gateway.core import MAX_PARTS, Wheel
from svc_gateway.frames import Codec, Outgoing, bare_frames
from svc_gateway.hub import Hub
from svc_gateway.notices import Notices
from svc_gateway.session import Session
from svc_gateway.surroundings import Surroundings

ME, BOB, TEA, WORK = UserId(new_id()), UserId(new_id()), new_id(), new_id()
CAP = 1 << 20


class Wire:
    """What the client hears."""

    codec = Codec.BARE

    def __init__(self) -> None:
        self.heard: list[pb.ServerFrame] = []
        self.is_slow = False

    def write(self, data: bytes) -> None:
        self.heard += map(pb.ServerFrame.FromString, bare_frames(data))

    def waiting(self) -> int:
        return CAP if self.is_slow else 0

    def end(self, error: ChatError) -> None:
        raise error

    def abort(self) -> None:
        raise AssertionError


class Mesh:
    """Presence and history; the map knows what the user has decided unless `wishes` is None."""

    def __init__(self) -> None:
        self.wishes: Wishes | None = Wishes(version=1)
        self.changed: list[bool] = []
        self.chosen: list[types_pb2.Status] = []
        self.unwatched: list[str] = []
        self.asked: Callable[[], None] = lambda: None
        self.known = {BOB}

    def unary_unary(self, path: str, **_: Any) -> Callable[..., Coroutine[Any, Any, Any]]:
        name = path.rsplit("/", 1)[1]

        async def call(request: Any, **_: Any) -> Any:
            return getattr(self, name)(request)

        return call

    def RenewLease(self, _: presence_pb2.RenewLeaseRequest) -> presence_pb2.RenewLeaseResponse:
        response = presence_pb2.RenewLeaseResponse(renewals=1)
        response.lease.FromSeconds(60)
        return response

    def Attach(self, request: presence_pb2.AttachRequest) -> presence_pb2.AttachResponse:
        self.changed += [one.idle for one in request.changed]
        self.unwatched += request.unwatch_user_ids
        known = None if self.wishes is None else preferences_of(self.wishes)
        return presence_pb2.AttachResponse(
            users=[presence_pb2.AttachedUser(user_id=one.user_id, conversation_ids=[TEA], preferences=known) for one in request.attached]
        )

    def GetPresence(self, request: presence_pb2.GetPresenceRequest) -> presence_pb2.GetPresenceResponse:
        known = [presence_pb2.UserPresence(user_id=one) for one in request.user_ids if one in self.known]
        self.asked()
        return presence_pb2.GetPresenceResponse(users=known)

    def SetStatus(self, request: presence_pb2.SetStatusRequest) -> presence_pb2.SetStatusResponse:
        self.chosen.append(request.status)
        return presence_pb2.SetStatusResponse(status=request.status)

    def SyncUsers(self, request: history_pb2.SyncUsersRequest) -> history_pb2.SyncUsersResponse:
        answer = history_pb2.SyncResponse()
        answer.conversations.add(head_seq=1).conversation.conversation_id = TEA
        return history_pb2.SyncUsersResponse(answers=[answer for _ in request.users])


class Told:
    """The lanes, and what went over them."""

    def __init__(self) -> None:
        self.commands: list[router_pb2.Command] = []

    def tell(self, command: router_pb2.Command) -> None:
        self.commands.append(command)


class Verifier:
    async def verify(self, token: str) -> AccessToken:
        return AccessToken(ME, SessionId(token), 1 << 60)


class Node:
    """A gateway."""

    def __init__(self) -> None:
        self.mesh, self.lanes, self.clock, self.wheel = Mesh(), Told(), ManualClock(), Wheel()
        self.hub = Hub(10, lambda _: None, lambda _: None, self.clock, Notices(100))
        channel = cast("Any", self.mesh)
        self.attacher = Attacher(channel, presence_pb2.Node(node_id="node", epoch=1), self.hub, lambda: None)
        ready = asyncio.Event()
        ready.set()
        self.around = Surroundings(
            node_id="node",
            hub=self.hub,
            lanes=cast("Lanes", self.lanes),
            attacher=self.attacher,
            catch_up=CatchUp(channel),
            verifier=cast("TokenVerifier", Verifier()),
            channel=channel,
            clock=self.clock,
            wheel=self.wheel,
            ready=ready,
            heartbeat=timedelta(seconds=20),
            hello_s=10,
        )

    async def connect(self) -> tuple[Session, Wire]:
        wire = Wire()
        session = Session(self.around, Connection(wire, Flusher(), CAP))
        await session.handle(pb.ClientFrame(hello=pb.Hello(access_token=new_id())), "hello")
        await heard(wire, "live")
        return session, wire

    def decide(self, **wishes: Any) -> None:
        """Let the node hear of what the user has decided."""
        version = (self.hub.decided(ME) or Wishes()).version + 1
        change = node_pb2.PreferencesChange(user_id=ME, preferences=preferences_of(Wishes(version=version, **wishes)))
        self.hub.handle(node_pb2.NodeEvent(preferences=change))


async def heard(wire: Wire, kind: str) -> Any:
    """Wait for a frame of a kind, and return the newest."""
    async with asyncio.timeout(5):
        while True:
            for frame in reversed(wire.heard):
                if frame.WhichOneof("frame") == kind:
                    return getattr(frame, kind)
            await asyncio.sleep(0)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    made = Node()
    async with asyncio.TaskGroup() as group:
        work = (made.attacher.run(), made.attacher.keep_lease(), made.attacher.learn(0.01), made.around.catch_up.run())
        running = [group.create_task(one) for one in work]
        yield made
        for task in running:
            task.cancel()


def typing(activity: activity_pb2.Activity.ValueType = activity_pb2.ACTIVITY_UNSPECIFIED) -> pb.ClientFrame:
    return pb.ClientFrame(typing=pb.Typing(conversation_id=TEA, activity=activity))


async def test_typing_is_told_once_a_second(node: Node) -> None:
    session, _ = await node.connect()
    for _ in range(3):
        for _ in range(5):
            await session.handle(typing(), "typing")
        node.wheel.turn()
    await session.handle(typing(activity_pb2.UPLOADING), "typing")
    assert [one.typing.activity for one in node.lanes.commands] == [0, 0, 0, activity_pb2.UPLOADING]


async def test_a_slow_client_that_was_not_given_a_notice_is_sent_to_ask(node: Node) -> None:
    session, wire = await node.connect()
    await session.handle(pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=[BOB])), "subscribe_presence")
    wire.is_slow = True
    presence = Outgoing.of(pb.ServerFrame(presence=pb.Presence(user_id=BOB, online=True, status_text="x" * 100)))
    session.notify(presence, ephemeral=True)
    wire.is_slow = False
    node.hub.second()
    assert await heard(wire, "stale_presence")


async def test_typing_in_turns_or_doing_something_else_in_between_tells_no_more_of_it(node: Node) -> None:
    session, _ = await node.connect()
    node.hub.join(session, {ConversationId(WORK): 0})
    for _ in range(5):
        for activity in (activity_pb2.ACTIVITY_UNSPECIFIED, activity_pb2.UPLOADING):
            for conversation_id in (TEA, WORK):
                await session.handle(pb.ClientFrame(typing=pb.Typing(conversation_id=conversation_id, activity=activity)), "typing")
    assert [one.conversation_id for one in node.lanes.commands] == [TEA, WORK]


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({}, [types_pb2.Privacy.SHARED]),
        ({"audience": Audience.DIRECT}, [types_pb2.Privacy.DIRECT]),
        ({"audience": Audience.NOBODY}, []),
        ({"availability": Availability.INVISIBLE}, []),
        ({"availability": Availability.INVISIBLE, "expires_ms": 1}, [types_pb2.Privacy.SHARED]),
    ],
)
async def test_typing_is_told_of_to_whom_the_user_lets_know_that_they_are_there(
    node: Node, wishes: dict[str, Any], told: list[int]
) -> None:
    session, _ = await node.connect()
    node.decide(**wishes)
    await session.handle(typing(), "typing")
    assert [one.typing.audience for one in node.lanes.commands] == told


async def test_so_many_parts_of_a_message_are_told_in_a_second_and_whoever_may_know_that_the_user_is_there(node: Node) -> None:
    session, wire = await node.connect()
    node.decide(audience=Audience.NOBODY)
    part = pb.ClientFrame(delta=pb.Delta(message_id=new_id(), conversation_id=TEA, text="x"))
    for second in (1, 2):
        for _ in range(MAX_PARTS):
            await session.handle(part, "delta")
        assert len(node.lanes.commands) == second * MAX_PARTS
        await session.handle(part, "delta")
        reject = await heard(wire, "reject")
        assert (reject.reason, reject.conversation_id, reject.retry_after.seconds) == (reason_pb2.OVERLOADED, TEA, 1)
        node.wheel.turn()


@pytest.mark.parametrize(
    ("wishes", "withheld"),
    [({}, False), ({"receipts": False}, True), ({"availability": Availability.INVISIBLE}, True), ({"audience": Audience.NOBODY}, False)],
)
async def test_a_watermark_of_one_who_gives_no_receipts_or_is_invisible_is_withheld(
    node: Node, wishes: dict[str, Any], withheld: bool
) -> None:
    session, _ = await node.connect()
    node.decide(**wishes)
    await session.handle(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=TEA, read_seq=1)), "watermark")
    assert [one.watermark.withheld for one in node.lanes.commands] == [withheld]


async def test_a_watermark_that_waits_when_its_device_goes_is_told_as_the_others_were(node: Node) -> None:
    session, _ = await node.connect()
    for seq in (1, 2):
        await session.handle(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=TEA, read_seq=seq)), "watermark")
    session.over()
    assert [(one.watermark.read_seq, one.watermark.withheld) for one in node.lanes.commands] == [(1, False), (2, False)]


async def test_every_session_learns_what_the_user_has_decided_and_of_every_change(node: Node) -> None:
    wires = [(await node.connect())[1] for _ in range(2)]
    for wire in wires:
        assert (await heard(wire, "welcome")).preferences == preferences_of(Wishes(version=1))
    node.decide(receipts=False)
    for wire in wires:
        assert (await heard(wire, "preferences")) == preferences_of(Wishes(receipts=False, version=2))


async def test_as_long_as_nobody_knows_what_the_user_has_decided_nothing_is_told_and_it_is_asked_again(node: Node) -> None:
    node.mesh.wishes = None
    session, wire = await node.connect()
    assert not (await heard(wire, "welcome")).HasField("preferences")
    await session.handle(typing(), "typing")
    await session.handle(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=TEA, read_seq=1)), "watermark")
    assert [one.watermark.withheld for one in node.lanes.commands] == [True]
    node.mesh.wishes = Wishes(version=3)
    assert (await heard(wire, "preferences")).version == 3


async def test_nobody_is_watched_with_whom_no_conversation_is_shared_any_more(node: Node) -> None:
    session, _ = await node.connect()
    watch = pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=[BOB]))
    await session.handle(watch, "subscribe_presence")
    assert node.hub.watched == {BOB}
    left = node_pb2.EntryDelivery(conversation_id=TEA, seq=2, frame=b"", leaving_user_ids=[BOB])
    node.hub.handle(node_pb2.NodeEvent(entry=left))
    assert not node.hub.watched
    async with asyncio.timeout(5):
        while node.mesh.unwatched != [BOB]:
            await asyncio.sleep(0)
    # He goes while it is asked for him.
    node.mesh.asked = node.mesh.known.clear
    await session.handle(watch, "subscribe_presence")
    assert not node.hub.watched


async def test_a_status_is_chosen_once_a_second_at_most(node: Node) -> None:
    session, wire = await node.connect()
    frame = pb.ClientFrame(set_status=pb.SetStatus(status=types_pb2.Status(text="at sea")))
    await session.handle(frame, "set_status")
    await session.handle(frame, "set_status")
    reject = await heard(wire, "reject")
    assert (reject.reason, reject.retryable) == (reason_pb2.OVERLOADED, True)
    assert [one.text for one in node.mesh.chosen] == ["at sea"]
    node.wheel.turn()
    await session.handle(frame, "set_status")
    assert len(node.mesh.chosen) == 2


async def test_the_map_is_told_when_a_device_begins_and_ceases_to_be_idle_and_not_with_each_ping(node: Node) -> None:
    session, wire = await node.connect()
    for idle in (False, True, True, False, False):
        await session.handle(pb.ClientFrame(ping=pb.Ping(idle=idle)), "ping")
        await heard(wire, "pong")
        async with asyncio.timeout(5):
            while node.mesh.changed[-1:] != [idle] and (idle or node.mesh.changed):
                await asyncio.sleep(0)
    assert node.mesh.changed == [True, False]

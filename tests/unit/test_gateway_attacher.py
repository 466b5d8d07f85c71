"""What a gateway tells presence: all of it, in calls that are not too large, and when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from typing import Any

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, new_id
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.types.v1 import presence_pb2
from svc_gateway import attacher as attachers
from svc_gateway.attacher import Attacher
from svc_gateway.frames import Outgoing
from svc_gateway.hub import Hub
from svc_gateway.notices import Notices


class Ear:
    """A session that does nothing."""

    def __init__(self) -> None:
        self.user_id, self.session_id, self.connection_id = UserId(new_id()), SessionId(new_id()), ConnectionId(new_id())
        self.is_idle = False
        self.conversations: dict[ConversationId, int] = {}
        self.closed: Reason | None = None

    def deliver(self, conversation_id: ConversationId, seq: int, frame: Outgoing) -> None:
        raise AssertionError(frame)

    def notify(self, frame: Outgoing, *, ephemeral: bool) -> None:
        raise AssertionError(frame)

    def join(self, conversation_id: ConversationId, seq: int) -> None:
        """Nothing to note."""

    def leave(self, conversation_id: ConversationId, seq: int) -> None:
        """Nothing to note."""

    def close(self, error: ChatError) -> None:
        self.closed = error.reason

    def prefer(self, preferences: presence_pb2.Preferences) -> None:
        """Nothing to note."""

    def lose_sight(self, users: Collection[UserId] | None = None) -> None:
        """Nobody is watched."""


class Presence:
    """A channel to presence, and what it was told."""

    def __init__(self) -> None:
        self.attached: list[str] = []
        self.renewals: list[int] = []
        self.ended: set[str] = set()
        self.lapsed = False
        self.leases = asyncio.Event()
        self.leases.set()

    def unary_unary(self, path: str, **_: Any) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def call(request: Any, **_: Any) -> Any:
            await asyncio.sleep(0.001)
            if path.endswith("/Attach"):
                self.attached += [one.connection_id for one in request.attached]
                return pb.AttachResponse(
                    users=[pb.AttachedUser(user_id=one.user_id, session_ended=one.session_id in self.ended) for one in request.attached]
                )
            self.renewals.append(request.renewals)
            await self.leases.wait()
            response = pb.RenewLeaseResponse(renewals=len(self.renewals), lapsed=self.lapsed)
            response.lease.FromSeconds(60)
            return response

        return call


class Node:
    """A gateway's attacher with some sessions."""

    def __init__(self, count: int) -> None:
        self.presence, self.hub, self.ears, self.lapses = (
            Presence(),
            Hub(10, lambda _: None, lambda _: None, ManualClock(), Notices(1000)),
            [Ear() for _ in range(count)],
            0,
        )
        self.attacher = Attacher(self.presence, pb.Node(node_id="gateway-1", epoch=1), self.hub, self.lapse)  # type: ignore[arg-type]
        for ear in self.ears:
            self.hub.register(ear)

    def lapse(self) -> None:
        self.lapses += 1


@pytest.fixture
async def node(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Node]:
    monkeypatch.setattr(attachers, "BATCH", 2)
    made = Node(7)
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(made.attacher.run()), group.create_task(made.attacher.keep_lease())]
        yield made
        for task in running:
            task.cancel()


async def test_the_map_knows_everything_when_it_was_told_everything(node: Node) -> None:
    await asyncio.wait_for(node.attacher.attach_everything(), 5)
    assert sorted(node.presence.attached) == sorted(ear.connection_id for ear in node.ears)


async def test_nothing_is_told_without_a_lease_and_a_lost_one_is_asked_for_at_once(node: Node) -> None:
    await node.attacher.ready()
    node.presence.lapsed = True
    node.presence.leases.clear()
    node.attacher.lose_lease()
    attaching = asyncio.ensure_future(node.attacher.attach_everything())
    await asyncio.sleep(0.05)
    assert node.presence.attached == []
    node.presence.leases.set()
    await asyncio.wait_for(attaching, 5)
    assert node.presence.renewals == [0, 1]
    assert node.lapses == 1


async def test_what_is_told_at_first_is_no_lapse(node: Node) -> None:
    node.presence.lapsed = True
    await node.attacher.ready()
    assert node.lapses == 0


async def test_who_comes_with_a_session_that_has_ended_is_refused(node: Node) -> None:
    late = Ear()
    node.presence.ended = {late.session_id}
    node.hub.register(late)
    with pytest.raises(ChatError) as refusal:
        await asyncio.wait_for(node.attacher.attach(late), 5)
    assert refusal.value.reason is Reason.UNAUTHENTICATED
    assert late.closed is Reason.UNAUTHENTICATED


async def test_whose_session_ended_unheard_is_closed_when_the_map_is_told_everything_again(node: Node) -> None:
    node.presence.ended = {ear.session_id for ear in node.ears[2:5]}
    await asyncio.wait_for(node.attacher.attach_everything(), 5)
    assert [ear.closed for ear in node.ears] == [Reason.UNAUTHENTICATED if 2 <= place < 5 else None for place in range(7)]

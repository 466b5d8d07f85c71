"""A session of a gateway between a client, the node's channel, presence and history, while connections break, the channel loses what it
likes and the map forgets the node.

The client is the one of bench/, and it is judged by the checker of tests/faults. Presence and history answer slowly, and as things were
when they were asked. The clock jumps from one timer to the next, so that hours of waiting cost nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
import selectors
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.client import Account, Api
from bench.member import Journal, Login, Member
from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, SessionId, UserId
from chatkit.rpc.lanes import Lanes
from chatkit.rpc.tokens import AccessToken, TokenVerifier
from elastic_chat.events.v1 import log_pb2, node_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2 as history_pb2
from elastic_chat.presence.v1 import presence_service_pb2 as presence_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_gateway.attacher import Attacher
from svc_gateway.catch_up import CatchUp
from svc_gateway.connection import Connection, Flusher
from svc_gateway.core import Wheel
from svc_gateway.frames import Codec, bare_frames
from svc_gateway.hub import Hub, Listener
from svc_gateway.notices import Notices
from svc_gateway.recovery import PATIENCE_S, Recovery
from svc_gateway.session import Session
from svc_gateway.surroundings import Surroundings
from svc_router.entries import joining, leaving
from tests.faults.checker import check

ME, OTHER = UserId("me"), UserId("other")
CONVERSATIONS = [ConversationId("tea"), ConversationId("work")]
CLIENTS = 2
A_PAGE = 4
"""Entries of a conversation that one answer of history holds."""
HEALING_S = 120.0
LEASE_S, SWEEP_S, REFRESH_S = 6, 0.3, 40.0
QUIET = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class FastLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer whenever there is nothing else to do."""

    def __init__(self) -> None:
        self._jumped = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._jumped

    def jump(self, seconds: float) -> None:
        self._jumped += seconds


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: FastLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.jump(timeout or 0.0)
        return super().select(0)


class Story:
    """What happens in the conversations. Everything is in the log, and shown, at once; the channel tells the node later, if the map has it
    that the node listens, or that somebody who is there joins.
    """

    def __init__(self) -> None:
        self.listening: set[str] = set()
        self.connected: set[str] = set()
        self.forgot = False
        self.presence = asyncio.Event()
        self.presence.set()
        self.kept: dict[str, list[log_pb2.LogEntry]] = {conversation_id: [] for conversation_id in CONVERSATIONS}
        self.untold: deque[node_pb2.NodeEvent] = deque()
        for conversation_id in CONVERSATIONS:
            entry = log_pb2.LogEntry(conversation_id=conversation_id, sender_id=OTHER)
            for user_id in (OTHER, ME):
                entry.created.members.add(user_id=user_id)
            self.happen(entry, 1)

    def happen(self, entry: log_pb2.LogEntry, step: int) -> None:
        entries = self.kept[entry.conversation_id]
        previous = entries[-1].seq if entries else 0
        entry.seq = previous + step
        entry.message_id = f"{entry.conversation_id} {entry.seq}"
        entries.append(entry)
        frame = pb.ServerFrame(entry=_entry(entry)).SerializeToString()
        delivery = node_pb2.EntryDelivery(
            conversation_id=entry.conversation_id,
            seq=entry.seq,
            previous_seq=previous,
            frame=frame,
            joining_user_ids=joining(entry),
            leaving_user_ids=leaving(entry),
        )
        if self.connected and ME in joining(entry):
            self.listening.add(entry.conversation_id)
        if entry.conversation_id in self.listening:
            self.untold.append(node_pb2.NodeEvent(entry=delivery))

    def forget(self) -> None:
        """Lose the map. The node hears of it when it renews its lease."""
        self.listening.clear()
        self.connected.clear()
        self.forgot = True

    def say(self, conversation_id: ConversationId, step: int) -> None:
        self.happen(log_pb2.LogEntry(conversation_id=conversation_id, sender_id=OTHER, body=b"body"), step)

    def move(self, conversation_id: ConversationId) -> None:
        """Remove the user who is in, or let the one who is out come in again."""
        entry = log_pb2.LogEntry(conversation_id=conversation_id, sender_id=OTHER)
        if self.is_in(conversation_id):
            entry.membership.removed_user_ids.append(ME)
        else:
            entry.membership.added.add(user_id=ME)
        self.happen(entry, 1)

    def joined_seq(self, conversation_id: str) -> int:
        """Return the seq at which the user came in for the last time; 0 if they are out."""
        seq = 0
        for entry in self.kept[conversation_id]:
            if ME in joining(entry):
                seq = entry.seq
            elif ME in leaving(entry):
                seq = 0
        return seq

    def is_in(self, conversation_id: str) -> bool:
        return self.joined_seq(conversation_id) > 0

    @property
    def mine(self) -> list[ConversationId]:
        return [conversation_id for conversation_id in CONVERSATIONS if self.is_in(conversation_id)]

    # --- presence

    def attach(self, request: presence_pb2.AttachRequest) -> presence_pb2.AttachResponse:
        response = presence_pb2.AttachResponse()
        for connection in request.attached:
            self.connected.add(connection.connection_id)
            self.listening.update(self.mine)
            response.users.add(user_id=ME, conversation_ids=self.mine)
        self.listening.update(request.listen_conversation_ids)
        self.listening.difference_update(request.unlisten_conversation_ids)
        self.connected.difference_update(connection.connection_id for connection in request.detached)
        return response

    def renew_lease(self, _: presence_pb2.RenewLeaseRequest) -> presence_pb2.RenewLeaseResponse:
        forgot, self.forgot = self.forgot, False
        response = presence_pb2.RenewLeaseResponse(lapsed=forgot, renewals=1)
        response.lease.FromSeconds(LEASE_S)
        return response

    # --- history

    def list_memberships(self, request: history_pb2.ListMembershipsRequest) -> history_pb2.ListMembershipsResponse:
        response = history_pb2.ListMembershipsResponse()
        for _ in request.user_ids:
            response.users.add(conversation_ids=self.mine, joined_seqs=map(self.joined_seq, self.mine))
        return response

    def sync(self, request: history_pb2.SyncRequest) -> history_pb2.SyncResponse:
        response = history_pb2.SyncResponse()
        for cursor in request.cursors:
            conversation_id = cursor.conversation_id
            if not self.is_in(conversation_id):
                response.gone_conversation_ids.append(conversation_id)
                continue
            start = max(cursor.seq + 1, self.joined_seq(conversation_id))
            newer = [entry for entry in self.kept[conversation_id] if entry.seq >= start]
            page = newer[:A_PAGE]
            response.entries.extend(_entry(entry) for entry in page)
            if len(newer) > A_PAGE:
                response.more_conversation_ids.append(conversation_id)
            head = page[-1] if len(newer) > A_PAGE else self.kept[conversation_id][-1]
            response.positions.add(conversation_id=conversation_id, seq=head.seq)
        for conversation_id in self.mine if request.list_conversations else ():
            summary = response.conversations.add(head_seq=self.kept[conversation_id][-1].seq)
            summary.conversation.conversation_id = conversation_id
            summary.membership.joined_seq = self.joined_seq(conversation_id)
        return response

    def sync_users(self, request: history_pb2.SyncUsersRequest) -> history_pb2.SyncUsersResponse:
        """Answer the first alone, as if the answer were large."""
        return history_pb2.SyncUsersResponse(answers=[self.sync(request.users[0].request)])


def _entry(entry: log_pb2.LogEntry) -> entry_pb2.Entry:
    shown = entry_pb2.Entry(conversation_id=entry.conversation_id, seq=entry.seq, message_id=entry.message_id, sender_id=entry.sender_id)
    shown.created.CopyFrom(entry.created) if entry.HasField("created") else None
    shown.membership.CopyFrom(entry.membership) if entry.HasField("membership") else None
    return shown


class Slow:
    """Answers as things were when it was asked, some time after the question was sent and before the answer comes."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    async def answer(self, method: Callable[[Any], Any], request: Any) -> Any:
        await asyncio.sleep(self._rng.choice((0, 0.01, 0.05, 0.3)))
        answer = method(request)
        await asyncio.sleep(self._rng.choice((0, 0.01, 0.05, 0.3)))
        return answer


class Channel:
    """A gRPC channel to presence and history, as far as the generated stubs use it."""

    def __init__(self, story: Story, slow: Slow) -> None:
        self._methods: dict[str, Callable[[Any], Any]] = {
            "Attach": story.attach,
            "RenewLease": story.renew_lease,
            "ListMemberships": story.list_memberships,
            "SyncUsers": story.sync_users,
        }
        self._slow = slow
        self._presence = story.presence

    def unary_unary(self, path: str, **_: Any) -> Callable[..., Coroutine[Any, Any, Any]]:
        method: Callable[[Any], Any] | None = self._methods.get(path.rsplit("/", 1)[1])

        async def call(request: Any, **_: Any) -> Any:
            assert method is not None, path
            if path.endswith("Attach"):
                await self._presence.wait()
            return await self._slow.answer(method, request)

        return call

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_args, **_kwargs: None


class Verifier:
    async def verify(self, token: str) -> AccessToken:
        return AccessToken(ME, SessionId(token), 1 << 60)


class Wire:
    """Both ends of a connection: what the gateway writes waits until the client reads it."""

    codec = Codec.BARE

    def __init__(self) -> None:
        self.unread: deque[bytes] = deque()
        self.has_ended = False

    def write(self, data: bytes) -> None:
        self.unread.extend(bare_frames(data))

    def waiting(self) -> int:
        return 0

    def end(self, error: ChatError) -> None:
        del error
        self.has_ended = True

    def abort(self) -> None:
        self.has_ended = True


class Door:
    """The part of the public interface that the client asks."""

    def __init__(self, story: Story, slow: Slow) -> None:
        self._story = story
        self._slow = slow

    async def sync(self, request: history_pb2.SyncRequest, token: str) -> history_pb2.SyncResponse:
        assert token
        return cast("history_pb2.SyncResponse", await self._slow.answer(self._story.sync, request))


class Client:
    """A session of the user, on one connection after the other."""

    def __init__(self, node: Node, number: int, journal: Journal, rng: random.Random) -> None:
        self._node = node
        self.member = Member(
            cast("Api", node.door),
            Login(cast("Api", node.door), Account(ME, "me", f"token {number}", "")),
            journal,
            f"client {number}",
            rng,
        )
        self.wire: Wire | None = None
        self.session: Session | None = None
        self._hello: asyncio.Task[None] | None = None

    def connect(self) -> None:
        """Open a connection, unless there is one, and say hello."""
        if self.wire is not None and not self.wire.has_ended:
            return
        self.cut()
        self.wire = Wire()
        self.session = Session(self._node.around, Connection(self.wire, self._node.flusher, 1 << 20))
        hello = self.member.hello(self.member.account.token)
        self._hello = asyncio.get_running_loop().create_task(self.session.handle(hello, "hello"))

    def cut(self) -> None:
        """Lose the connection, and what is on it."""
        if self._hello is not None:
            self._hello.cancel()
        if self.session is not None:
            self.session.over()
        self.session = self.wire = self._hello = None
        self.member.is_live.clear()

    def read(self, count: int) -> None:
        """Take some frames from the connection."""
        while self.wire is not None and self.wire.unread and count:
            count -= 1
            vars(Member)["_handle"](self.member, pb.ServerFrame.FromString(self.wire.unread.popleft()))


class Node:
    """A gateway without its doors."""

    def __init__(self, story: Story, rng: random.Random) -> None:
        self.story = story
        slow = Slow(rng)
        channel = cast("Any", Channel(story, slow))
        self.door = Door(story, slow)
        clock, notices = ManualClock(), Notices(1000)
        self.hub = Hub(10, lambda conversation_id: self.attacher.note(conversation_id), lambda _: None, clock, notices)  # noqa: PLW0108
        self.flusher = Flusher()
        self.recovery = Recovery(channel, self.hub)
        self.attacher = Attacher(channel, presence_pb2.Node(node_id="node", epoch=1), self.hub, self.recovery.trigger)
        ready = asyncio.Event()
        ready.set()
        self.around = Surroundings(
            "node",
            self.hub,
            cast("Lanes", None),
            self.attacher,
            CatchUp(channel),
            cast("TokenVerifier", Verifier()),
            channel,
            ManualClock(),
            Wheel(),
            ready,
            timedelta(seconds=20),
            10,
        )

    def tell(self, count: int) -> None:
        """Let the node hear what happened, in order."""
        while self.story.untold and count:
            count -= 1
            self.hub.handle(self.story.untold.popleft())

    def lose(self) -> None:
        """Break the node's subscription: what was not told never will be. It notices when it hears again."""
        self.story.untold.clear()
        self.recovery.trigger()

    @property
    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """What runs beside the sessions."""
        attacher = self.attacher
        return [
            *(attacher.run(), attacher.keep_lease(), attacher.sweep(SWEEP_S), attacher.refresh(REFRESH_S)),
            *(self.recovery.run(attacher), self.around.catch_up.run()),
        ]


conversations, clients = st.sampled_from(CONVERSATIONS), st.integers(0, CLIENTS - 1)
STEPS = st.one_of(
    st.tuples(st.just("say"), conversations, st.sampled_from([1, 1, 1, 1000])),
    st.tuples(st.just("move"), conversations),
    st.tuples(st.just("bounce"), conversations),
    st.tuples(st.just("hear"), conversations),
    st.tuples(st.just("tell"), st.integers(1, 5)),
    st.tuples(st.sampled_from(["lose", "forget"])),
    st.tuples(st.just("connect"), clients),
    st.tuples(st.just("cut"), clients),
    st.tuples(st.just("read"), clients, st.integers(1, 8)),
    st.tuples(st.just("pass"), st.sampled_from([0.0, 0.01, 0.05, 0.3, 1.0])),
)


async def play(steps: Sequence[Any], seed: int) -> None:
    rng, story, journal = random.Random(seed), Story(), Journal()
    node = Node(story, rng)
    people = [Client(node, number, journal, rng) for number in range(CLIENTS)]
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(task) for task in node.tasks]
        running += [group.create_task(vars(Member)["_keep_synced"](one.member)) for one in people]
        for step in steps:
            take(node, people, step)
            await asyncio.sleep(step[1] if step[0] == "pass" else 0)
        await heal(node, people)
        # Not only what clients believe: whoever was taken out while nobody could hear must not be given anything of theirs.
        heard = [set(one.session.conversations) for one in people if one.session is not None]
        for one in people:
            one.cut()
        for task in running:
            task.cancel()
    findings = check(journal, [one.member for one in people], story.kept)
    assert not findings.wrong, f"{findings}"
    assert heard == [set(story.mine)] * CLIENTS
    for one in people:
        assert one.member.cursors == {conversation_id: story.kept[conversation_id][-1].seq for conversation_id in story.mine}


def take(node: Node, people: Sequence[Client], step: Any) -> None:  # noqa: C901 - a table
    match step:
        case "say", conversation_id, gap:
            node.story.say(conversation_id, gap)
        case "hear", conversation_id:
            node.story.say(conversation_id, 1)
            node.tell(100)
        case "move", conversation_id:
            node.story.move(conversation_id)
        case "bounce", conversation_id:
            # Something is said while the user is out, or in, for a moment.
            node.story.move(conversation_id)
            node.story.say(conversation_id, 1)
            node.story.move(conversation_id)
        case "tell", count:
            node.tell(count)
        case ("lose",):
            node.lose()
        case ("forget",):
            node.story.forget()
        case "connect", number:
            people[number].connect()
        case "cut", number:
            people[number].cut()
        case "read", number, count:
            people[number].read(count)
        case _:
            """Only time passes."""


async def heal(node: Node, people: Iterable[Client]) -> None:
    """Let everyone be connected, and everything be heard, until nothing moves any more."""
    until = asyncio.get_running_loop().time() + HEALING_S
    while asyncio.get_running_loop().time() < until:
        node.tell(100)
        for one in people:
            one.connect()
            one.read(100)
        await asyncio.sleep(0.5)


def run(steps: Sequence[Any], seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("hub", "session", "recovery"):
            patch.setattr(f"svc_gateway.{module}.log", QUIET)
        patch.setattr("svc_gateway.attacher.BATCH", 1)
        with asyncio.Runner(loop_factory=FastLoop) as runner:
            runner.run(play(steps, seed))


@given(st.lists(STEPS, min_size=10, max_size=40), st.integers(0, 1 << 16))
@settings(max_examples=300, deadline=None)
def test_whatever_breaks_a_client_ends_up_where_it_belongs_with_all_that_it_may_have_and_nothing_else(
    steps: Sequence[Any], seed: int
) -> None:
    run(steps, seed)


COMING = st.one_of(
    st.tuples(st.just("connect"), st.just(0)),
    st.tuples(st.sampled_from(["move", "bounce", "bounce"]), st.just(CONVERSATIONS[0])),
    st.tuples(st.just("tell"), st.integers(1, 4)),
    st.tuples(st.just("pass"), st.sampled_from([0.01, 0.05, 0.3])),
    st.tuples(st.just("lose")),
)


@given(st.lists(COMING, min_size=6, max_size=16), st.integers(0, 1 << 16))
@settings(max_examples=400, deadline=None)
def test_who_comes_and_goes_hears_what_it_may_however_late_the_node_is_told(steps: Sequence[Any], seed: int) -> None:
    run([("connect", 0), *steps], seed)


@pytest.mark.parametrize("pause_s", [0.01, 0.05, 0.3])
def test_what_happens_while_a_client_comes_back_is_not_missed(pause_s: float) -> None:
    (tea, *_), away = CONVERSATIONS, [("connect", 0), ("pass", 2.0), ("read", 0, 8), ("cut", 0)]
    for seed in range(40):
        run([*away, ("connect", 0), ("pass", pause_s), ("hear", tea)], seed)


@pytest.mark.parametrize("pause_s", [0.02, 0.05, 0.3])
def test_an_answer_from_before_a_gap_does_not_end_it(pause_s: float) -> None:
    (tea, *_), away = CONVERSATIONS, [("connect", 0), ("pass", 2.0), ("lose",), ("pass", pause_s)]
    for seed in range(60):
        run([*away, ("move", tea), ("lose",), ("pass", 0.3), ("hear", tea)], seed)
        run([*away, ("move", tea), ("pass", 0.3), ("move", tea), ("tell", 1), ("lose",)], seed)


def pipe_of(session: Listener) -> Wire:
    connection = vars(Session)["_connection"].__get__(session)
    return cast("Wire", vars(Connection)["_pipe"].__get__(connection))


async def frames_of_a_hello(node: Node, happen: Callable[[], None], pause_s: float) -> list[pb.ServerFrame]:
    """Return what a client is sent that comes back, with nothing missed so far, while something happens."""
    node.tell(100)
    client = Client(node, 0, Journal(), random.Random(0))
    client.member.cursors = {CONVERSATIONS[0]: 1}
    loop = asyncio.get_running_loop()
    running = [loop.create_task(task) for task in node.tasks]
    client.connect()
    await asyncio.sleep(pause_s)
    happen()
    await asyncio.sleep(5)
    for task in running:
        task.cancel()
    assert client.wire is not None
    return [pb.ServerFrame.FromString(frame) for frame in client.wire.unread]


def hellos(happen: Callable[[Node], None]) -> Iterator[list[pb.ServerFrame]]:
    """Yield what a client is sent when something happens early or late in its hello, or after it."""
    for seed in range(60):
        with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=FastLoop) as runner:
            for module in ("hub", "recovery"):
                patch.setattr(f"svc_gateway.{module}.log", QUIET)
            rng = random.Random(seed)
            node = Node(Story(), rng)
            yield runner.run(frames_of_a_hello(node, partial(happen, node), rng.choice((0.01, 0.06, 0.2, 0.4, 3.0))))


def test_a_removal_during_a_hello_is_told_after_what_history_answers_and_nothing_after_it() -> None:
    def remove(node: Node) -> None:
        node.story.say(CONVERSATIONS[0], 1)
        node.story.move(CONVERSATIONS[0])
        node.tell(100)
        asyncio.get_running_loop().call_later(2.0, take, node, [], ("hear", CONVERSATIONS[0]))

    told = 0
    for frames in hellos(remove):
        assert not any(frame.entry.seq > 2 for frame in frames)
        kinds = ["removal" if frame.left.seq else str(frame.WhichOneof("frame")) for frame in frames]
        if "removal" in kinds:
            told += 1
            assert kinds.index("removal") > kinds.index("live")
    assert told


def test_what_is_said_between_a_gap_and_its_end_comes_or_the_client_is_told_to_ask() -> None:
    told: list[int] = []

    def lose_the_map(node: Node) -> None:
        node.story.forget()
        node.story.forgot = False  # the node knows
        node.recovery.trigger()
        node.story.presence.clear()
        loop = asyncio.get_running_loop()
        loop.call_later(2.0, say, node)
        loop.call_later(2.5, node.story.presence.set)

    def say(node: Node) -> None:
        node.story.say(CONVERSATIONS[0], 1)
        node.tell(100)
        (session,) = node.hub.sessions
        told.append(len(pipe_of(session).unread))

    for frames in hellos(lose_the_map):
        after = frames[told.pop() :]
        has_come = any(frame.entry.seq == 2 or any(one.seq == 2 for one in frame.live.positions) for frame in frames)
        assert has_come or any(frame.HasField("resync") for frame in after), [frame.WhichOneof("frame") for frame in frames]


def test_who_waits_for_the_end_of_a_gap_for_too_long_is_sent_to_another_gateway() -> None:
    async def outlast(node: Node) -> bool:
        client = Client(node, 0, Journal(), random.Random(0))
        running = [asyncio.get_running_loop().create_task(task) for task in node.tasks]
        client.connect()
        await asyncio.sleep(3)
        node.story.presence.clear()
        node.recovery.trigger()
        await asyncio.sleep(PATIENCE_S + 1)
        for task in running:
            task.cancel()
        assert client.wire is not None
        return client.wire.has_ended

    with asyncio.Runner(loop_factory=FastLoop) as runner:
        rng = random.Random(0)
        assert runner.run(outlast(Node(Story(), rng)))


def test_who_was_removed_while_the_node_heard_nothing_hears_nothing_more() -> None:
    def remove(node: Node) -> None:
        node.story.move(CONVERSATIONS[0])
        node.lose()
        node.story.say(CONVERSATIONS[0], 1)
        node.tell(100)

    for frames in hellos(remove):
        assert not any(frame.entry.seq > 1 for frame in frames if frame.entry.conversation_id == CONVERSATIONS[0])
        shown = [one.conversation_id for frame in frames for one in frame.welcome.conversations]
        assert CONVERSATIONS[0] not in shown or any(frame.left.conversation_id == CONVERSATIONS[0] for frame in frames)


def test_who_was_let_in_again_meanwhile_does_not_hear_of_the_removal_that_the_node_is_told_late() -> None:
    def bounce(node: Node) -> None:
        take(node, [], ("bounce", CONVERSATIONS[0]))
        node.tell(1)

    newer = 0
    for frames in hellos(bounce):
        (welcome,) = (frame.welcome for frame in frames if frame.HasField("welcome"))
        if {head.conversation_id: head.head_seq for head in welcome.conversations}.get(CONVERSATIONS[0]) == 4:
            newer += 1
            assert not any(frame.HasField("left") for frame in frames)
    assert newer

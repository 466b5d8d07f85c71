"""Who hears what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, direct_conversation_id, new_id
from chatkit.core.presence import Audience, Wishes
from chatkit.rpc.preferences import preferences_of
from elastic_chat.events.v1 import node_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.types.v1 import entry_pb2, presence_pb2
from svc_gateway.frames import Outgoing
from svc_gateway.hub import DELAY, Hub, accepted_of
from svc_gateway.notices import Notices

CARL = pb.Presence(user_id="carl", online=True)
TEA, WORK = ConversationId("tea"), ConversationId("work")


@dataclass(eq=False)
class Ear:
    """A session that only listens."""

    user_id: UserId
    session_id: SessionId = SessionId("s")
    connection_id: ConnectionId = ConnectionId("c")
    conversations: dict[ConversationId, int] = field(default_factory=dict)
    heard: list[int] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    notices: list[bytes] = field(default_factory=list)
    left: list[tuple[ConversationId, int]] = field(default_factory=list)
    closed: ChatError | None = None
    is_idle: bool = False
    preferences: list[int] = field(default_factory=list)
    ceased: set[UserId] = field(default_factory=set)
    hub: Hub = field(init=False)

    def deliver(self, conversation_id: ConversationId, seq: int, frame: Outgoing) -> None:
        assert conversation_id in self.conversations
        self.heard.append(seq)
        self.frames.append(frame.payload)

    def notify(self, frame: Outgoing, *, ephemeral: bool) -> None:
        self.notices.append(frame.payload)

    def join(self, conversation_id: ConversationId, seq: int) -> None:
        """Nothing to note."""

    def leave(self, conversation_id: ConversationId, seq: int) -> None:
        self.left.append((conversation_id, seq))

    def close(self, error: ChatError) -> None:
        self.closed = error

    def prefer(self, preferences: presence_pb2.Preferences) -> None:
        self.preferences.append(preferences.version)

    def lose_sight(self, users: Collection[UserId] | None = None) -> None:
        self.ceased |= self.hub.doubt(self, users)


@dataclass
class World:
    noted: list[ConversationId] = field(default_factory=list)
    told: list[node_pb2.EntryDelivery] = field(default_factory=list)
    clock: ManualClock = field(default_factory=ManualClock)
    notices_per_s: int = 1000

    def __post_init__(self) -> None:
        self.hub = Hub(3, self.noted.append, self.told.append, self.clock, Notices(self.notices_per_s))

    def sit(self, name: str, *conversations: ConversationId, session: str = "s") -> Ear:
        ear = Ear(UserId(name), SessionId(session))
        ear.hub = self.hub
        self.hub.register(ear)
        self.hub.prefer(ear.user_id, preferences_of(Wishes()))
        self.hub.join(ear, dict.fromkeys(conversations, 0))
        return ear

    def decide(self, user_id: str, **wishes: Any) -> None:
        """Let the node know what a user has decided, for the next time."""
        version = (self.hub.decided(UserId(user_id)) or Wishes()).version + 1
        self.hub.prefer(UserId(user_id), preferences_of(Wishes(version=version, **wishes)))

    def entry(
        self,
        conversation_id: ConversationId,
        seq: int,
        joining: tuple[str, ...] = (),
        leaving: tuple[str, ...] = (),
        previous: int = 0,
        accepted_ms: int = 0,
    ) -> None:
        delivery = node_pb2.EntryDelivery(
            conversation_id=conversation_id,
            seq=seq,
            frame=b"f",
            joining_user_ids=joining,
            leaving_user_ids=leaving,
            previous_seq=previous,
            accepted_ms=accepted_ms,
        )
        self.hub.handle(node_pb2.NodeEvent(entry=delivery))


@pytest.fixture
def world() -> World:
    return World()


def test_an_entry_goes_to_every_session_of_its_conversation_and_to_no_other(world: World) -> None:
    anna, again, bob = world.sit("anna", TEA), world.sit("anna", TEA, WORK), world.sit("bob", WORK)
    world.entry(TEA, 1)
    world.entry(WORK, 1)
    assert (anna.heard, again.heard, bob.heard) == ([1], [1, 1], [1])


def test_an_entry_that_comes_again_is_heard_once(world: World) -> None:
    anna = world.sit("anna", TEA)
    for seq in (1, 2, 2, 1, 3):
        world.entry(TEA, seq)
    assert anna.heard == [1, 2, 3]


def test_who_joins_hears_from_the_joining_on_and_the_node_puts_it_down(world: World) -> None:
    anna, bob = world.sit("anna", TEA), world.sit("bob")
    world.entry(TEA, 1)
    world.entry(TEA, 2, joining=("bob",))
    world.entry(TEA, 3)
    assert (anna.heard, bob.heard) == ([1, 2, 3], [2, 3])
    assert world.noted == [TEA]


def test_who_is_removed_hears_nothing_from_the_removal_on(world: World) -> None:
    anna, bob = world.sit("anna", TEA), world.sit("bob", TEA)
    world.entry(TEA, 1)
    world.entry(TEA, 2, leaving=("bob",))
    world.entry(TEA, 3)
    assert (anna.heard, bob.heard, bob.left) == ([1, 2, 3], [1], [(TEA, 2)])
    assert not bob.conversations


def test_who_came_back_is_not_removed_by_a_removal_that_is_told_late_nor_let_in_again_the_other_way(world: World) -> None:
    world.sit("anna", TEA)
    bob = world.sit("bob", TEA)
    world.entry(TEA, 2, leaving=("bob",))
    world.entry(TEA, 3, joining=("bob",))
    world.entry(TEA, 2, leaving=("bob",))
    world.entry(TEA, 4)
    world.entry(TEA, 5, leaving=("bob",))
    world.entry(TEA, 3, joining=("bob",))
    world.entry(TEA, 6)
    assert (bob.heard, bob.left) == ([3, 4], [(TEA, 2), (TEA, 5)])


def test_who_is_placed_hears_from_the_joining_on_and_nothing_that_the_node_is_told_late(world: World) -> None:
    anna, bob = world.sit("anna", TEA), world.sit("bob")
    world.hub.place(bob, {TEA: 5})
    world.entry(TEA, 1)
    world.entry(TEA, 2, joining=("bob",))
    world.entry(TEA, 3, leaving=("bob",))
    world.entry(TEA, 4)
    world.entry(TEA, 5, joining=("bob",))
    world.entry(TEA, 6)
    assert (anna.heard, bob.heard, bob.left) == ([1, 2, 3, 4, 5, 6], [5, 6], [])
    world.entry(TEA, 7, leaving=("bob",))
    assert bob.left == [(TEA, 7)]


@pytest.mark.parametrize(("joined", "hears_words"), [(4, True), (5, True), (6, False)])
def test_who_has_joined_after_a_message_hears_no_words_of_its_edits(world: World, joined: int, hears_words: bool) -> None:
    anna, bob = world.sit("anna", TEA), world.sit("bob")
    world.hub.place(bob, {TEA: joined})
    entry = entry_pb2.Entry(seq=7, target=5, body=entry_pb2.Body(text="words"))
    words = pb.ServerFrame(entry=entry).SerializeToString()
    entry.ClearField("body")
    told = node_pb2.EntryDelivery(conversation_id=TEA, seq=7, frame=words, edited_seq=5)
    world.hub.handle(node_pb2.NodeEvent(entry=told))
    assert (anna.frames, bob.frames) == ([words], [words if hears_words else pb.ServerFrame(entry=entry).SerializeToString()])


def test_a_leave_is_told_to_a_session_that_has_not_joined_yet(world: World) -> None:
    bob = world.sit("bob")
    world.entry(TEA, 2, leaving=("bob",))
    assert bob.left == [(TEA, 2)]


def test_what_only_own_sessions_get_goes_to_those_that_are_in_the_conversation(world: World) -> None:
    anna, elsewhere, bob = world.sit("anna", TEA), world.sit("anna", WORK), world.sit("bob", TEA)
    event = node_pb2.EphemeralDelivery(conversation_id=TEA, frame=b"mark", user_id="anna", to_own_sessions=True, only_own_sessions=True)
    world.hub.handle(node_pb2.NodeEvent(ephemeral=event))
    assert (anna.notices, elsewhere.notices, bob.notices) == ([b"mark"], [], [])


@pytest.mark.parametrize("own", [True, False])
def test_what_is_ephemeral_goes_to_others_and_to_own_sessions_if_asked(world: World, own: bool) -> None:
    anna, bob = world.sit("anna", TEA), world.sit("bob", TEA)
    event = node_pb2.EphemeralDelivery(conversation_id=TEA, frame=b"typing", user_id="anna", to_own_sessions=own)
    world.hub.handle(node_pb2.NodeEvent(ephemeral=event))
    assert (anna.notices, bob.notices) == ([b"typing"] if own else [], [b"typing"])


def test_a_part_of_a_message_goes_to_all_others_who_will_get_the_message(world: World) -> None:
    anna, bob = world.sit("anna", TEA), world.sit("bob", TEA)
    world.decide("bob", audience=Audience.NOBODY)
    event = node_pb2.EphemeralDelivery(conversation_id=TEA, frame=b"part", user_id="anna", is_part=True)
    world.hub.handle(node_pb2.NodeEvent(ephemeral=event))
    assert (anna.notices, bob.notices) == ([], [b"part"])


def test_presence_goes_to_who_watches_and_the_node_learns_whom_it_must_watch(world: World) -> None:
    anna, bob = world.sit("anna"), world.sit("bob")
    carl, dora = UserId("carl"), UserId("dora")
    assert world.hub.watch(anna, frozenset({carl, dora})) == ({carl, dora}, set())
    assert world.hub.watch(bob, frozenset({carl})) == (set(), set())
    assert world.hub.watch(anna, frozenset({carl})) == (set(), {dora})
    for name in ("carl", "dora"):
        world.hub.handle(node_pb2.NodeEvent(presence=node_pb2.PresenceChange(user_id=name, frame=name.encode())))
    assert anna.notices == bob.notices == [b"carl"]
    assert world.hub.unregister(anna) == set()
    assert world.hub.unregister(bob) == {carl}
    assert world.hub.unregister(bob) == set()
    assert not world.hub.watched


ALL = (Audience.NOBODY, Audience.DIRECT, Audience.SHARED)


@pytest.mark.parametrize("mine", ALL)
@pytest.mark.parametrize("theirs", ALL)
@pytest.mark.parametrize("has_direct", [True, False])
def test_presence_and_typing_go_to_those_whom_both_let_know(world: World, mine: Audience, theirs: Audience, has_direct: bool) -> None:
    direct = direct_conversation_id(UserId("anna"), UserId("bob"))
    anna = world.sit("anna", TEA, *([direct] if has_direct else []))
    world.hub.watch(anna, frozenset({UserId("bob")}))
    world.decide("anna", audience=mine)
    audience = presence_pb2.Privacy.Audience.ValueType(theirs)
    world.hub.handle(node_pb2.NodeEvent(presence=node_pb2.PresenceChange(user_id="bob", frame=b"bob", audience=audience)))
    typing = node_pb2.EphemeralDelivery(conversation_id=TEA, frame=b"typing", user_id="bob", audience=audience)
    world.hub.handle(node_pb2.NodeEvent(ephemeral=typing))
    least = min(mine, theirs)
    knows = least is Audience.SHARED or (least is Audience.DIRECT and has_direct)
    assert anna.notices == ([b"bob", b"typing"] if knows else [])


def test_who_may_not_know_any_more_is_told_to_forget(world: World) -> None:
    anna = world.sit("anna", TEA)
    world.hub.watch(anna, frozenset({UserId("bob")}))
    change = node_pb2.PresenceChange(user_id="bob", frame=b"bob", audience=presence_pb2.Privacy.NOBODY, audience_changed=True)
    world.hub.handle(node_pb2.NodeEvent(presence=change))
    assert [pb.ServerFrame.FromString(one).presence for one in anna.notices] == [pb.Presence(user_id="bob")]


def test_who_lets_others_know_something_else_is_sent_to_ask_what_those_let_them_know_now(world: World) -> None:
    anna = world.sit("anna")
    world.hub.watch(anna, frozenset({UserId("bob")}))
    world.decide("anna", text="only the status")
    world.hub.second()
    assert anna.notices == []
    world.decide("anna", audience=Audience.NOBODY)
    world.hub.second()
    assert [pb.ServerFrame.FromString(one).WhichOneof("frame") for one in anna.notices] == ["stale_presence"]
    assert anna.preferences == [0, 1, 2]


def test_who_may_share_no_conversation_any_more_hears_nothing_until_they_ask_again(world: World) -> None:
    anna, bob, carl = (UserId(new_id()) for _ in range(3))
    direct = ConversationId(direct_conversation_id(anna, carl))
    of_anna, of_bob = world.sit(anna, TEA, direct), world.sit(bob, TEA)
    far = world.sit(UserId(new_id()), WORK)
    world.hub.watch(of_anna, frozenset({anna, bob, carl}))
    for one in (of_bob, far):
        world.hub.watch(one, frozenset({anna}))
    world.hub.second()
    world.entry(TEA, 2, leaving=(anna,))
    for user_id in (anna, bob, carl):
        world.hub.handle(node_pb2.NodeEvent(presence=node_pb2.PresenceChange(user_id=user_id, frame=user_id.encode())))
    # Their own devices, and those of whom they can't part, go on.
    assert of_anna.notices == [anna.encode(), carl.encode()]
    assert (of_bob.notices, far.notices) == ([], [anna.encode()])
    assert (of_anna.ceased, of_bob.ceased) == ({bob}, set())
    world.hub.second()
    for one in (of_anna, of_bob):
        assert pb.ServerFrame.FromString(one.notices[-1]).HasField("stale_presence")


def test_an_older_decision_changes_nothing_and_who_has_gone_has_decided_nothing_here(world: World) -> None:
    anna = world.sit("anna")
    world.decide("anna", receipts=False)
    world.hub.prefer(UserId("anna"), preferences_of(Wishes()))
    assert not world.hub.wishes(UserId("anna")).receipts
    world.hub.unregister(anna)
    assert world.hub.decided(UserId("anna")) is None
    world.hub.prefer(UserId("anna"), preferences_of(Wishes(version=9)))
    assert world.hub.decided(UserId("anna")) is None


def test_watermarks_go_to_ones_own_sessions_and_to_others_who_give_receipts(world: World) -> None:
    anna, bob, carl = (world.sit(name, TEA) for name in ("anna", "bob", "carl"))
    world.decide("anna", receipts=False)
    world.decide("carl", receipts=False)
    event = node_pb2.EphemeralDelivery(conversation_id=TEA, frame=b"mark", user_id="anna", to_own_sessions=True)
    world.hub.handle(node_pb2.NodeEvent(ephemeral=event))
    assert (anna.notices, bob.notices, carl.notices) == ([b"mark"], [b"mark"], [])


def test_nothing_is_told_to_those_of_whom_it_is_not_known_what_they_tell(world: World) -> None:
    anna = Ear(UserId("anna"))
    world.hub.register(anna)
    world.hub.join(anna, {TEA: 0})
    world.hub.watch(anna, frozenset({UserId("bob")}))
    assert world.hub.undecided == [anna]
    world.hub.handle(node_pb2.NodeEvent(presence=node_pb2.PresenceChange(user_id="bob", frame=b"bob")))
    for to_own in (True, False):
        event = node_pb2.EphemeralDelivery(conversation_id=TEA, frame=b"x", user_id="bob", to_own_sessions=to_own)
        world.hub.handle(node_pb2.NodeEvent(ephemeral=event))
    assert anna.notices == []


@pytest.mark.parametrize("skipped_by_presence", [True, False])
def test_who_watches_is_sent_to_ask_when_the_node_was_not_told_everything_or_could_not_give_it(skipped_by_presence: bool) -> None:
    world = World(notices_per_s=2)
    anna, bob, carl = (world.sit(name) for name in ("anna", "bob", "carl"))
    for watcher in (anna, bob):
        world.hub.watch(watcher, frozenset({UserId("carl")}))
    change = node_pb2.NodeEvent(presence=node_pb2.PresenceChange(user_id="carl", frame=pb.ServerFrame(presence=CARL).SerializeToString()))
    world.hub.handle(change)
    world.hub.handle(node_pb2.NodeEvent(presence_skipped=node_pb2.PresenceSkipped()) if skipped_by_presence else change)
    world.hub.second()
    for watcher in (anna, bob):
        frames = [pb.ServerFrame.FromString(notice) for notice in watcher.notices]
        assert [frame.WhichOneof("frame") for frame in frames] == ["presence", "stale_presence"]
    assert carl.notices == []


def test_the_end_of_a_login_session_closes_its_connections_only(world: World) -> None:
    here, there, other = world.sit("anna", session="a"), world.sit("anna", session="b"), world.sit("bob", session="a")
    world.hub.handle(node_pb2.NodeEvent(session_end=node_pb2.SessionEnd(user_id="anna", session_id="a")))
    assert here.closed is not None
    assert here.closed.reason is Reason.UNAUTHENTICATED
    assert (there.closed, other.closed) == (None, None)


def test_a_user_has_only_so_many_connections(world: World) -> None:
    first, *_ = [world.sit("anna") for _ in range(3)]
    with pytest.raises(ChatError) as failure:
        world.sit("anna")
    assert failure.value.reason is Reason.LIMIT_REACHED
    world.hub.unregister(first)
    world.sit("anna")


def test_conversations_that_nobody_here_needs_are_given_up(world: World) -> None:
    anna, bob = world.sit("anna", TEA, WORK), world.sit("bob", WORK)
    assert world.hub.sweep() == []
    world.hub.unregister(anna)
    assert world.hub.sweep() == [TEA]
    assert set(world.hub.conversations) == {WORK}
    world.entry(TEA, 5)
    world.entry(WORK, 5)
    assert bob.heard == [5]


def test_a_session_is_placed_in_exactly_the_conversations_that_are_said(world: World) -> None:
    anna = world.sit("anna", TEA)
    world.hub.place(anna, {WORK: 0})
    world.entry(TEA, 1)
    world.entry(WORK, 2)
    assert anna.heard == [2]
    assert anna.left == [(TEA, 0)]


def test_an_entry_that_never_came_is_noticed_by_the_next(world: World) -> None:
    anna = world.sit("anna", TEA)
    world.entry(TEA, 4, previous=3)
    world.entry(TEA, 5, previous=4)
    assert anna.notices == []
    world.entry(TEA, 7, previous=6)
    world.entry(TEA, 9_000, previous=7)
    assert [pb.ServerFrame.FromString(notice).resync.conversation_id for notice in anna.notices] == [TEA]
    assert anna.heard == [4, 5, 7, 9_000]


async def test_the_answer_to_a_sender_is_what_the_entry_says() -> None:
    frame = pb.ServerFrame()
    frame.entry.seq = 7
    frame.entry.accepted_at.FromMilliseconds(1_800_000_000_123)
    accepted = accepted_of(node_pb2.EntryDelivery(seq=7, frame=frame.SerializeToString()))
    assert (accepted.seq, accepted.accepted_at.ToMilliseconds()) == (7, 1_800_000_000_123)


def test_how_late_an_entry_comes_is_measured_where_somebody_gets_it_for_the_first_time(world: World) -> None:
    def measured() -> tuple[float, float]:
        (family,) = DELAY.collect()
        of = {sample.name: sample.value for sample in family.samples}
        return of["chat_gateway_delivery_seconds_count"] - before[0], of["chat_gateway_delivery_seconds_sum"] - before[1]

    before = (0.0, 0.0)
    before = measured()
    world.sit("anna", TEA)
    accepted_ms = world.clock.now_ms()
    world.clock.advance(2)
    world.entry(TEA, 1, accepted_ms=accepted_ms)
    assert measured() == pytest.approx((1, 2))
    world.entry(TEA, 1, accepted_ms=accepted_ms)
    world.entry(ConversationId("elsewhere"), 1, accepted_ms=accepted_ms)
    world.entry(TEA, 2)  # from a router that is older, and does not say
    assert measured() == pytest.approx((1, 2))
    world.entry(TEA, 3, accepted_ms=accepted_ms + 60_000)  # by a clock that is ahead of ours
    assert measured() == pytest.approx((2, 2))


def test_neither_sees_or_hears_of_the_other_whom_one_of_the_two_has_blocked(world: World) -> None:
    anna_id, bob_id = UserId(new_id()), UserId(new_id())
    direct = direct_conversation_id(anna_id, bob_id)
    anna, bob = world.sit(anna_id, TEA, direct), world.sit(bob_id, TEA, direct)
    world.hub.watch(anna, frozenset({bob_id}))
    world.hub.watch(bob, frozenset({anna_id}))
    world.decide(anna_id, blocks={bob_id: 1})
    assert world.hub.has_cut_off(anna_id, direct)
    assert not world.hub.has_cut_off(anna_id, TEA)
    assert not world.hub.has_cut_off(bob_id, direct)
    shared = presence_pb2.Privacy.SHARED
    of_anna = node_pb2.PresenceChange(user_id=anna_id, frame=b"anna", audience=shared, blocked_user_ids=[bob_id])
    of_bob = node_pb2.PresenceChange(user_id=bob_id, frame=b"bob", audience=shared)
    for change in (of_anna, of_bob):
        world.hub.handle(node_pb2.NodeEvent(presence=change))
    for frame, facts in ((b"typing", {"audience": shared}), (b"part", {"is_part": True}), (b"mark", {"to_own_sessions": True})):
        event = node_pb2.EphemeralDelivery(conversation_id=direct, frame=frame, user_id=bob_id, **facts)
        world.hub.handle(node_pb2.NodeEvent(ephemeral=event))
    assert (anna.notices, bob.notices) == ([], [b"mark"])
    event = node_pb2.EphemeralDelivery(conversation_id=TEA, frame=b"part", user_id=bob_id, is_part=True)
    world.hub.handle(node_pb2.NodeEvent(ephemeral=event))
    assert anna.notices == [b"part"], "what is said in a group goes on to be read"
    world.hub.second()
    assert pb.ServerFrame.FromString(anna.notices[-1]).WhichOneof("frame") == "stale_presence", "those whom she watches look otherwise now"

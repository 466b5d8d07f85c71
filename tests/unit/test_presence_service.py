"""Whose lease has ended, and what is told of those who come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

import pytest
from google.protobuf import timestamp_pb2

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, SessionId, UserId, direct_conversation_id, new_id
from chatkit.core.presence import Audience, Wishes
from chatkit.edges.fanout import Hearing
from chatkit.edges.fanout.memory import MemoryFanout
from chatkit.rpc.caller import USER_ID
from chatkit.rpc.preferences import preferences_of
from elastic_chat.events.v1 import node_pb2
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.types.v1 import presence_pb2
from svc_presence.notices import Notices
from svc_presence.preferences import Preferences
from svc_presence.push.audience.memory import MemoryAudience
from svc_presence.push.badges import Badges
from svc_presence.push.port import Target
from svc_presence.push.store import Subscription
from svc_presence.push.store.memory import MemorySubscriptionStore
from svc_presence.push.subscriptions import Subscriptions
from svc_presence.service import PresenceServicer
from svc_presence.store import Presence
from svc_presence.store.memory import MemoryDirectory
from tests.keeper import MemoryKeeper
from tests.phones import Phones
from tests.standing import MemoryStanding

NODE = "gateway-1@1"


ANNA, BOB = (UserId(new_id()) for _ in range(2))


class Context:
    """What gRPC gives a method beside the request: who calls."""

    def __init__(self, user_id: UserId) -> None:
        self._user_id = user_id

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return ((USER_ID, self._user_id),)


class House:
    """Presence, and the seconds that pass there."""

    def __init__(self, notices_per_s: int = 100) -> None:
        self.directory, self.fanout, self.clock, self.keeper = MemoryDirectory(), MemoryFanout(), ManualClock(), MemoryKeeper()
        preferences = Preferences(self.directory, self.keeper)
        self.notices = Notices(self.directory, preferences, self.fanout, self.clock, timedelta(seconds=2), notices_per_s)
        self.devices = MemorySubscriptionStore()
        self.push = Subscriptions(self.devices, self.directory, self.clock, "key", Phones())
        self.badges = Badges(MemoryStanding(), MemoryAudience({}), self.clock)
        self.service = PresenceServicer(
            self.directory, preferences, self.keeper, self.notices, self.fanout, self.clock, timedelta(seconds=10), self.push, self.badges
        )

    async def attach(self, came: Sequence[str] = (), went: Sequence[str] = (), idle: Sequence[str] = ()) -> pb.AttachResponse:
        """Let connections come, go, and be used by nobody, each named like its user."""
        await self.directory.renew(NODE, 0)
        request = pb.AttachRequest(node=pb.Node(node_id="gateway-1", epoch=1))
        request.attached.extend(pb.Connection(connection_id=name, user_id=name, session_id="s") for name in came)
        request.detached.extend(pb.Connection(connection_id=name, user_id=name, session_id="s") for name in went)
        request.changed.extend(pb.Connection(connection_id=name, user_id=name, session_id="s", idle=True) for name in idle)
        return await self.service.Attach(request, None)

    async def choose(self, user_id: UserId, **status: Any) -> presence_pb2.Status:
        request = pb.SetStatusRequest(status=presence_pb2.Status(**status))
        return (await self.service.SetStatus(request, Context(user_id))).status

    async def decide(self, user_id: UserId, wishes: Wishes) -> None:
        """Let a user change what they let others know: accounts keeps it, and tells presence."""
        request = pb.ApplyPreferencesRequest(user_id=user_id, preferences=self.keeper.decide(user_id, wishes))
        await self.service.ApplyPreferences(request, None)

    def befriend(self, one: UserId, other: UserId, conversation_id: str = "") -> None:
        for user_id in (one, other):
            shared = ConversationId(conversation_id or direct_conversation_id(one, other))
            self.directory.conversations.setdefault(user_id, set()).add(shared)

    async def look(self, caller: UserId, user_id: UserId) -> pb.UserPresence | None:
        """Return how a user looks to a caller."""
        response = await self.service.GetPresence(pb.GetPresenceRequest(user_ids=[user_id]), Context(caller))
        return next(iter(response.users), None)

    async def events(self, pause_s: float = 0) -> list[node_pb2.NodeEvent]:
        """Let time pass, and return what the node was told then."""
        self.clock.advance(pause_s)
        await self.directory.renew(NODE, 0)
        heard: Any = self.fanout.listen(NODE)
        assert await anext(heard) is Hearing.WHOLE
        await self.service.look_round()
        await self.notices.tell()
        await self.fanout.publish({NODE: b""})
        events: list[node_pb2.NodeEvent] = []
        while batch := await asyncio.wait_for(anext(heard), 1):
            events += node_pb2.NodeBatch.FromString(batch).events
        await heard.aclose()
        return events

    async def told(self, pause_s: float = 0) -> list[tuple[str, bool]]:
        """Let time pass, and return who was told of, and whether they are online; "" for what was skipped."""
        return [(one.presence.user_id, presence_of(one).online) for one in await self.events(pause_s)]

    async def rounds(self, seconds: int, *, renewing: str = "") -> None:
        for _ in range(seconds):
            self.clock.advance(1)
            if renewing:
                await self.directory.renew(renewing, 0)
            await self.service.look_round()


def presence_of(event: node_pb2.NodeEvent) -> frames_pb2.Presence:
    return frames_pb2.ServerFrame.FromString(event.presence.frame).presence


async def test_a_node_lives_for_as_long_as_it_renews_its_lease_and_one_lease_longer() -> None:
    house = House()
    await house.rounds(60, renewing=NODE)
    await house.rounds(10)
    assert await house.directory.incarnations()
    await house.rounds(2)
    assert not await house.directory.incarnations()


async def test_a_wall_clock_that_jumps_ends_no_lease_and_makes_none_longer() -> None:
    house = House()
    await house.rounds(5, renewing=NODE)
    for hours in (1, -2):
        house.clock.jump(hours * 3600)
        await house.rounds(3, renewing=NODE)
        assert await house.directory.incarnations()
    await house.rounds(12)
    assert not await house.directory.incarnations()


async def test_leases_that_ran_out_while_presence_itself_slept_are_given_another_term() -> None:
    house = House()
    await house.rounds(11, renewing=NODE)
    house.clock.advance(60)
    await house.rounds(10)
    assert await house.directory.incarnations()
    await house.rounds(3)
    assert not await house.directory.incarnations()


async def test_a_node_whose_lease_has_ended_is_told_in_case_it_lives() -> None:
    house = House()
    heard = house.fanout.listen(NODE)
    assert await anext(heard) is Hearing.WHOLE
    await house.rounds(1, renewing=NODE)
    await house.rounds(12)
    (event,) = node_pb2.NodeBatch.FromString(cast("bytes", await asyncio.wait_for(anext(heard), 1))).events
    assert event.HasField("lease_end")
    await heard.aclose()  # type: ignore[attr-defined]


async def test_who_comes_and_goes_within_a_second_is_told_of_once_and_as_they_are_then() -> None:
    house = House()
    await house.directory.watch(NODE, [ANNA], [])
    for _ in range(5):
        await house.attach(came=[ANNA])
        await house.attach(went=[ANNA])
    assert await house.told() == [(ANNA, False)]
    await house.attach(came=[ANNA])
    assert await house.told() == [], "nobody has heard that she had gone"
    await house.attach(went=[ANNA])
    assert await house.told() == []
    assert await house.told(3) == [(ANNA, False)]
    assert await house.told(3) == []


async def test_a_node_is_given_only_so_many_notices_a_second_and_told_if_there_were_more() -> None:
    house, people = House(notices_per_s=3), [UserId(f"user {n}") for n in range(8)]
    await house.directory.watch(NODE, people, [])
    await house.attach(came=people[:3])
    assert len(await house.told()) == 3
    await house.attach(came=people[3:])
    *given, skipped = [name for name, _ in await house.told()]
    assert (len(given), skipped) == (3, "")
    assert set(given) < set(people[3:])
    assert await house.told() == []


async def test_whom_nobody_watches_nobody_looks_up() -> None:
    house = House()
    looked: list[UserId] = []
    look = house.directory.presence

    async def noting(users: Sequence[UserId]) -> list[Presence]:
        looked.extend(users)
        return await look(users)

    house.directory.presence = noting  # type: ignore[method-assign]
    await house.directory.watch(NODE, [ANNA], [])
    await house.attach(came=[ANNA, BOB])
    assert await house.told() == [(ANNA, True)]
    assert looked == [ANNA]


async def test_what_could_not_be_told_is_told_when_the_map_is_back() -> None:
    house = House()
    await house.directory.watch(NODE, [ANNA], [])
    await house.attach(came=[ANNA])
    there = house.directory.watchers

    async def away(_: Sequence[UserId]) -> list[frozenset[str]]:
        raise ChatError(Reason.UNAVAILABLE)

    house.directory.watchers = away  # type: ignore[method-assign, assignment]
    with pytest.raises(ChatError):
        await house.notices.tell()
    house.directory.watchers = there  # type: ignore[method-assign]
    assert await house.told() == [(ANNA, True)]


async def test_a_user_is_seen_as_they_have_chosen_on_all_devices_until_they_choose_something_else() -> None:
    house = House()
    house.befriend(ANNA, BOB)
    await house.attach(came=[ANNA])
    seen = []
    for chosen in ("BUSY", "AWAY", "ONLINE", "AVAILABILITY_UNSPECIFIED", "INVISIBLE"):
        await house.choose(ANNA, availability=chosen, text=" at sea ", emoji="⛵")
        user = await house.look(BOB, ANNA)
        assert user is not None
        seen.append((presence_pb2.Availability.Name(user.availability), user.online, user.status_text, user.status_emoji))
    boat = ("at sea", "⛵")
    assert seen == [
        ("BUSY", True, *boat),
        ("AWAY", True, *boat),
        ("ONLINE", True, *boat),
        ("ONLINE", True, *boat),
        ("OFFLINE", False, *boat),
    ]
    assert (await house.service.GetStatus(pb.GetStatusRequest(), Context(ANNA))).status.availability == presence_pb2.INVISIBLE


async def test_a_user_is_away_when_nobody_uses_any_of_their_devices() -> None:
    house = House()
    await house.directory.watch(NODE, [ANNA], [])
    await house.attach(came=[ANNA])
    await house.events()
    await house.attach(idle=[ANNA])
    (event,) = await house.events()
    assert (presence_of(event).availability, presence_of(event).online) == (presence_pb2.AWAY, True)


@pytest.mark.parametrize(
    "status",
    [
        {"availability": presence_pb2.OFFLINE},
        {"text": "x" * 81},
        {"text": "a\u202eb"},
        {"emoji": "ok"},
        {"emoji": "⛵⛵"},
        {"emoji": "\u202e⛵"},
        {"emoji": "⛵" * 17},
        {"expires_at": timestamp_pb2.Timestamp(seconds=1)},
        {"expires_at": timestamp_pb2.Timestamp(seconds=-(1 << 63))},
        {"expires_at": timestamp_pb2.Timestamp(seconds=253_402_300_799)},
    ],
)
async def test_a_status_that_makes_no_sense_is_refused(status: dict[str, Any]) -> None:
    with pytest.raises(ChatError) as failure:
        await House().choose(ANNA, **status)
    assert failure.value.reason is Reason.INVALID_ARGUMENT


async def test_a_status_ends_by_itself_and_that_is_told() -> None:
    house = House()
    house.befriend(ANNA, BOB)
    await house.directory.watch(NODE, [ANNA], [])
    await house.attach(came=[ANNA])
    until = timestamp_pb2.Timestamp(seconds=house.clock.now_ms() // 1000 + 60)
    await house.choose(ANNA, availability=presence_pb2.INVISIBLE, text="hiding", expires_at=until)
    await house.events(5)
    assert await house.told(54) == []
    (event,) = await house.events(2)
    assert (presence_of(event).availability, presence_of(event).status_text) == (presence_pb2.ONLINE, "")
    assert not (await house.service.GetStatus(pb.GetStatusRequest(), Context(ANNA))).status.text


async def test_who_is_invisible_looks_like_one_who_is_not_there_whatever_they_do() -> None:
    """Anna goes and does nothing; Bob becomes invisible at the same time, and then does whatever would show that he is there."""
    house, eve = House(), UserId(new_id())
    for user_id in (ANNA, BOB):
        house.befriend(user_id, eve)
    await house.directory.watch(NODE, [ANNA, BOB], [])
    await house.attach(came=[ANNA, BOB])
    await house.events(1)

    async def same(events: list[node_pb2.NodeEvent]) -> None:
        told: dict[str, list[frames_pb2.Presence]] = {}
        for event in events:
            if event.HasField("presence"):
                told.setdefault(event.presence.user_id, []).append(_nameless(presence_of(event)))
        assert told.get(ANNA) == told.get(BOB)
        looks = [await house.look(eve, user_id) for user_id in (ANNA, BOB)]
        anna, bob = (_nameless(frames_pb2.Presence.FromString((look or pb.UserPresence()).SerializeToString())) for look in looks)
        assert anna == bob

    await house.attach(went=[ANNA])
    await house.choose(BOB, availability=presence_pb2.INVISIBLE)
    for _ in range(4):
        await same(await house.events(1))
    for change in ({"idle": [BOB]}, {"went": [BOB]}, {"came": [BOB]}, {"went": [BOB]}, {"came": [BOB]}):
        await house.attach(**change)
        await same(await house.events(0.5))
        await same(await house.events(5))
    await house.service.EndLease(pb.EndLeaseRequest(node=pb.Node(node_id="gateway-1", epoch=1)), None)
    await same(await house.events(5))


def _nameless(presence: frames_pb2.Presence) -> frames_pb2.Presence:
    presence.user_id = ""
    return presence


async def test_who_becomes_invisible_was_last_seen_then_and_is_told_of_after_the_same_grace_as_one_who_goes() -> None:
    house = House()
    await house.directory.watch(NODE, [ANNA], [])
    await house.attach(came=[ANNA])
    await house.events(1)
    then = house.clock.now_ms()
    await house.choose(ANNA, availability=presence_pb2.INVISIBLE)
    assert [one for one in await house.told(1) if one[0]] == []
    (event,) = await house.events(2)
    assert (presence_of(event).online, presence_of(event).last_seen_at.ToMilliseconds()) == (False, then)
    await house.choose(ANNA)
    assert [one for one in await house.told(60) if one[0]] == [(ANNA, True)]


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_who_is_invisible_is_not_seen_again_when_what_they_decided_is_told_again_or_was_forgotten(is_forgotten: bool) -> None:
    house = House()
    house.befriend(ANNA, BOB)
    await house.attach(came=[ANNA])
    then = house.clock.now_ms()
    await house.choose(ANNA, availability=presence_pb2.INVISIBLE)
    await house.events(60)
    if is_forgotten:
        house.directory._noted.clear()
        await house.choose(ANNA, availability=presence_pb2.INVISIBLE, text="at sea")
    else:
        again = pb.ApplyPreferencesRequest(user_id=ANNA, preferences=preferences_of(house.keeper.kept[ANNA]))
        await house.service.ApplyPreferences(again, None)
    seen = await house.look(BOB, ANNA)
    assert seen
    assert (seen.online, seen.last_seen_at.ToMilliseconds()) == (False, then)


async def test_one_who_becomes_invisible_when_the_map_fails_half_way_was_seen_then(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    house.befriend(ANNA, BOB)
    await house.attach(came=[ANNA])
    then = house.clock.now_ms()

    async def away(*_: object) -> frozenset[str]:
        raise ChatError(Reason.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(house.directory, "homes", away)
        with pytest.raises(ChatError):
            await house.choose(ANNA, availability=presence_pb2.INVISIBLE)
    await house.events(60)
    await house.choose(ANNA, availability=presence_pb2.INVISIBLE)
    seen = await house.look(BOB, ANNA)
    assert seen
    assert (seen.online, seen.last_seen_at.ToMilliseconds()) == (False, then)


CIRCLES = {"stranger": "", "group": "group", "direct": "direct"}


@pytest.mark.parametrize("circle", CIRCLES)
@pytest.mark.parametrize("mine", [Audience.NOBODY, Audience.DIRECT, Audience.SHARED])
@pytest.mark.parametrize("theirs", [Audience.NOBODY, Audience.DIRECT, Audience.SHARED])
async def test_two_see_each_other_if_both_let_the_other(circle: str, mine: Audience, theirs: Audience) -> None:
    house = House()
    if circle != "stranger":
        house.befriend(ANNA, BOB, "" if circle == "direct" else "group")
    await house.attach(came=[ANNA, BOB])
    await house.decide(ANNA, Wishes(audience=mine))
    await house.decide(BOB, Wishes(audience=theirs))
    least = min(mine, theirs)
    expected = least is Audience.SHARED or (least is Audience.DIRECT and circle == "direct")
    for one, other in ((ANNA, BOB), (BOB, ANNA)):
        look = await house.look(one, other)
        assert (look is None) == (circle == "stranger")
        if look is not None:
            assert look == (
                pb.UserPresence(user_id=other, online=True, availability=presence_pb2.ONLINE)
                if expected
                else pb.UserPresence(user_id=other)
            )


async def test_what_a_user_decides_reaches_their_nodes_at_once_and_those_who_watch_within_a_second() -> None:
    house = House()
    await house.directory.watch(NODE, [ANNA], [])
    response = await house.attach(came=[ANNA])
    assert response.users[0].preferences == preferences_of(Wishes())
    await house.events()
    heard: Any = house.fanout.listen(NODE)
    await anext(heard)
    await house.decide(ANNA, Wishes(audience=Audience.NOBODY, receipts=False))
    (event,) = node_pb2.NodeBatch.FromString(await asyncio.wait_for(anext(heard), 1)).events
    assert event.preferences.preferences.privacy == presence_pb2.Privacy(presence=presence_pb2.Privacy.NOBODY, receipts=False)
    await heard.aclose()
    (event,) = await house.events()
    assert (event.presence.audience, event.presence.audience_changed) == (presence_pb2.Privacy.NOBODY, True)


async def test_what_a_user_decided_holds_after_the_live_view_is_lost() -> None:
    house = House()
    house.befriend(ANNA, BOB)
    await house.choose(ANNA, availability=presence_pb2.BUSY, text="in a meeting")
    await house.decide(BOB, Wishes(receipts=False))
    house.directory = MemoryDirectory()
    lost = House()
    lost.keeper = house.keeper
    preferences = Preferences(lost.directory, house.keeper)
    lost.service = PresenceServicer(
        lost.directory, preferences, house.keeper, lost.notices, lost.fanout, lost.clock, timedelta(seconds=10), lost.push, lost.badges
    )
    response = await lost.attach(came=[ANNA, BOB])
    assert [one.preferences for one in response.users] == [preferences_of(house.keeper.kept[user_id]) for user_id in (ANNA, BOB)]


async def test_nothing_is_told_of_one_of_whom_nobody_knows_what_they_decided() -> None:
    house = House()
    house.befriend(ANNA, BOB)
    await house.service.GetPresence(pb.GetPresenceRequest(), Context(BOB))
    house.keeper.away = True
    response = await house.attach(came=[ANNA])
    assert not response.users[0].HasField("preferences")
    assert await house.look(BOB, ANNA) == pb.UserPresence(user_id=ANNA)
    house.keeper.away = False
    assert (await house.attach(came=[ANNA])).users[0].preferences == preferences_of(Wishes())
    assert (await house.look(BOB, ANNA) or pb.UserPresence()).online


async def test_whoever_asks_how_they_look_themselves_is_told() -> None:
    house = House()
    assert await house.look(ANNA, ANNA) == pb.UserPresence(user_id=ANNA, availability=presence_pb2.OFFLINE)
    await house.attach(came=[ANNA])
    look = await house.look(ANNA, ANNA)
    assert look is not None
    assert (look.online, look.availability) == (True, presence_pb2.ONLINE)
    await house.decide(ANNA, Wishes(audience=Audience.NOBODY))
    assert (await house.look(ANNA, ANNA) or pb.UserPresence()).online


async def test_thousands_whose_node_has_gone_are_asked_for_some_at_a_time() -> None:
    house, people = House(), [UserId(new_id()) for _ in range(1_200)]
    await house.notices.gone(people)
    assert len(await house.told(3)) == 0
    await house.directory.watch(NODE, people, [])
    await house.notices.gone(people)
    assert len(await house.told(3)) == 101, "as many as a second holds, and that there were more"


async def test_an_older_decision_that_comes_late_changes_nothing_and_one_that_failed_half_way_is_repeated() -> None:
    house = House()
    house.befriend(ANNA, BOB)
    await house.attach(came=[ANNA])
    await house.directory.watch(NODE, [ANNA], [])
    await house.events()
    old, new = house.keeper.decide(ANNA, Wishes()), house.keeper.decide(ANNA, Wishes(audience=Audience.NOBODY))
    for preferences, told in ((new, [True]), (old, []), (new, [True])):
        await house.service.ApplyPreferences(pb.ApplyPreferencesRequest(user_id=ANNA, preferences=preferences), None)
        presence = [event.presence for event in await house.events() if event.HasField("presence")]
        assert [change.audience_changed for change in presence] == told
        assert await house.look(BOB, ANNA) == pb.UserPresence(user_id=ANNA)


async def test_a_session_that_ends_takes_its_devices_with_it() -> None:
    house = House()
    anna, session = UserId(new_id()), SessionId(new_id())
    for session_id in (session, SessionId(new_id())):
        target = Target(f"https://push.example.com/{session_id}", b"", b"")
        await house.devices.put(Subscription(anna, session_id, target, shows_text=False, created_ms=1))
    await house.service.EndSession(pb.EndSessionRequest(user_id=anna, session_id=session), None)
    ((left,),) = await house.devices.of_each([anna])
    assert left.session_id != session


async def test_neither_sees_the_other_once_one_has_blocked_the_other_and_those_who_watch_are_told_to_forget() -> None:
    house = House()
    house.befriend(ANNA, BOB)
    await house.attach([ANNA, BOB])
    await house.directory.watch(NODE, [ANNA], [])
    await house.events()
    await house.decide(ANNA, Wishes(blocks={BOB: 1}))
    for caller, other in ((ANNA, BOB), (BOB, ANNA)):
        assert await house.look(caller, other) == pb.UserPresence(user_id=other)
    (change,) = [one.presence for one in await house.events() if one.HasField("presence")]
    assert (change.user_id, change.audience_changed, list(change.blocked_user_ids)) == (ANNA, True, [BOB])
    await house.decide(ANNA, Wishes())
    for caller, other in ((ANNA, BOB), (BOB, ANNA)):
        assert await house.look(caller, other) != pb.UserPresence(user_id=other)


async def test_the_live_view_is_told_of_a_block_and_learns_what_it_does_not_know() -> None:
    house = House()
    preferences = house.keeper.decide(ANNA, Wishes(blocks={BOB: 1}))
    request = pb.ApplyPreferencesRequest(user_id=ANNA, preferences=preferences, other_user_id=BOB)
    await house.service.ApplyPreferences(request, None)
    assert {pair: one.is_blocked for pair, one in house.directory.blocks.items()} == {(ANNA, BOB): True}
    await house.service.NoteBlocks(pb.NoteBlocksRequest(user_id=BOB, other_user_id=ANNA), None)
    assert {pair: one.is_blocked for pair, one in house.directory.blocks.items()} == {(ANNA, BOB): True, (BOB, ANNA): False}
    for user_id, found in (
        (ANNA, pb.FindBlocksResponse(blocked_user_ids=[BOB])),
        (BOB, pb.FindBlocksResponse(blocking_user_ids=[ANNA])),
    ):
        asked = pb.FindBlocksRequest(user_id=user_id, other_user_ids=[ANNA, BOB])
        assert await house.service.FindBlocks(asked, None) == found
    with pytest.raises(ChatError) as refused:
        await house.service.FindBlocks(pb.FindBlocksRequest(user_id=ANNA, other_user_ids=map(str, range(501))), None)
    assert refused.value.reason is Reason.INVALID_ARGUMENT

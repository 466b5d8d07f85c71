"""Devices that are registered, and those that are not any more."""

from __future__ import annotations

from typing import Any

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, SessionId, UserId, new_id
from chatkit.rpc.caller import SESSION_ID, USER_ID
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from svc_presence.push.audience.memory import MemoryAudience
from svc_presence.push.badges import Badges
from svc_presence.push.methods import PushMethods
from svc_presence.push.services import PushServices
from svc_presence.push.store import SubscriptionStore
from svc_presence.push.store.memory import MemorySubscriptionStore
from svc_presence.push.store.opening import OpeningSubscriptionStore
from svc_presence.push.subscriptions import MAX_DEVICES, Subscriptions
from svc_presence.push.web import WebPush
from svc_presence.store.memory import MemoryDirectory
from tests.push import Device, text_of
from tests.standing import MemoryStanding


def services() -> PushServices:
    """Return Web Push as it is wired, but for what it sends with: it sends nothing here."""
    nothing: Any = None
    return PushServices({"https": WebPush(nothing, nothing, ())})


class Call:
    """The context of a call by a user."""

    def __init__(self, user_id: str, session_id: str) -> None:
        self.user_id, self.session_id = UserId(user_id), SessionId(session_id)

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return ((USER_ID, self.user_id), (SESSION_ID, self.session_id))


class Desk:
    def __init__(self) -> None:
        self.standing = MemoryStanding()
        self.store, self.directory, self.clock = MemorySubscriptionStore(), MemoryDirectory(), ManualClock()
        self.subscriptions = Subscriptions(self.store, self.directory, self.clock, "public", services())
        self.methods = PushMethods(self.subscriptions, Badges(self.standing, MemoryAudience({}), self.clock))
        self.anna = Call(new_id(), new_id())

    async def register(self, name: str, by: Call | None = None, **other: Any) -> pb.PushSubscription:
        self.clock.advance(1)
        device = Device()
        keys = pb.PushKeys(p256dh=text_of(device.public_key), auth=text_of(device.secret))
        fields: dict[str, Any] = {"endpoint": f"https://push.example.com/{name}", "keys": keys, **other}
        answer = await self.methods.RegisterPushSubscription(pb.RegisterPushSubscriptionRequest(**fields), by or self.anna)
        return answer.subscription

    async def listed(self, by: Call | None = None) -> list[pb.PushSubscription]:
        answer = await self.methods.ListPushSubscriptions(pb.ListPushSubscriptionsRequest(), by or self.anna)
        return list(answer.subscriptions)


async def test_a_device_is_listed_with_its_session_and_without_what_would_let_others_send_to_it() -> None:
    desk = Desk()
    phone = await desk.register("phone", shows_text=True)
    assert await desk.listed() == [phone]
    assert (phone.session_id, phone.push_service, phone.shows_text) == (desk.anna.session_id, "https://push.example.com", True)
    assert await desk.listed(Call(new_id(), new_id())) == []
    assert (await desk.methods.GetPushKey(pb.GetPushKeyRequest(), desk.anna)).public_key == "public"


async def test_a_device_that_registers_again_is_one_device() -> None:
    desk = Desk()
    first, second = await desk.register("phone", shows_text=True), await desk.register("phone")
    assert first.subscription_id == second.subscription_id
    assert await desk.listed() == [second]


async def test_a_user_removes_devices_of_their_own_and_no_others() -> None:
    desk = Desk()
    phone, laptop = await desk.register("phone"), await desk.register("laptop")
    request = pb.RemovePushSubscriptionRequest(subscription_id=phone.subscription_id)
    await desk.methods.RemovePushSubscription(request, Call(new_id(), new_id()))
    assert await desk.listed() == [phone, laptop]
    for _ in range(2):
        await desk.methods.RemovePushSubscription(request, desk.anna)
    assert await desk.listed() == [laptop]


async def test_the_oldest_devices_give_way_when_there_are_too_many() -> None:
    desk = Desk()
    devices = [await desk.register(str(number)) for number in range(MAX_DEVICES + 2)]
    assert await desk.listed() == devices[2:]


async def test_devices_go_with_their_session() -> None:
    desk = Desk()
    tablet = Call(desk.anna.user_id, new_id())
    await desk.register("phone")
    kept = await desk.register("tablet", tablet)
    for _ in range(2):
        await desk.subscriptions.end_session(desk.anna.user_id, desk.anna.session_id)
    assert await desk.listed() == [kept]


async def test_a_session_that_has_ended_registers_no_device() -> None:
    desk = Desk()
    await desk.directory.end_session(desk.anna.user_id, desk.anna.session_id, 60)
    with pytest.raises(ChatError) as caught:
        await desk.register("phone")
    assert caught.value.reason is Reason.UNAUTHENTICATED
    assert await desk.listed() == []


@pytest.mark.parametrize(
    "other",
    [
        {"endpoint": "https://10.0.0.1/x"},
        {"endpoint": ""},
        {"endpoint": "http://push.example.com/x"},
        {"endpoint": "apns:token"},
        {"keys": pb.PushKeys()},
        {"keys": pb.PushKeys(p256dh="?", auth="?")},
        {"keys": pb.PushKeys(p256dh=text_of(b"\x04" + b"x" * 64), auth=text_of(b"s" * 16))},
        {"keys": pb.PushKeys(p256dh=text_of(Device().public_key), auth="AA")},
    ],
)
async def test_what_no_browser_gives_is_refused(other: dict[str, Any]) -> None:
    desk = Desk()
    with pytest.raises(ChatError) as caught:
        await desk.register("phone", **other)
    assert caught.value.reason is Reason.INVALID_ARGUMENT
    assert await desk.listed() == []


async def test_a_store_is_opened_however_often_that_fails_and_can_t_be_reached_before() -> None:
    inner, failures = MemorySubscriptionStore(), [ConnectionError("away"), ChatError(Reason.UNAVAILABLE)]

    async def open_store() -> SubscriptionStore:
        if failures:
            raise failures.pop()
        return inner

    store = OpeningSubscriptionStore(open_store, pause_s=0)
    with pytest.raises(ChatError) as caught:
        await store.of_each([UserId(new_id())])
    assert caught.value.reason is Reason.UNAVAILABLE
    await store.run()
    assert await store.of_each([UserId(new_id())]) == [[]]


async def test_the_badge_is_that_of_the_caller() -> None:
    desk, room = Desk(), ConversationId(new_id())
    desk.standing.counts[desk.anna.user_id] = {room: (3, 0)}
    assert (await desk.methods.GetBadge(pb.GetBadgeRequest(), desk.anna)).count == 3
    assert (await desk.methods.GetBadge(pb.GetBadgeRequest(), Call(new_id(), new_id()))).count == 0

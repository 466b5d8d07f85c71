"""Who is away is told, through the whole mesh, by a push service that reads what it is sent as a browser would."""

from __future__ import annotations

from typing import Any

from bench.client import Account, Api, Socket
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from tests.e2e.logins import login
from tests.e2e.stack import Stack
from tests.push import PushHouse, push_house, text_of


async def register(api: Api, house: PushHouse, account: Account, name: str, *, shows_text: bool) -> Any:
    endpoint = house.subscribe(name)
    device = house.devices[name]
    keys = {"p256dh": text_of(device.public_key), "auth": text_of(device.secret)}
    body = {"endpoint": endpoint, "keys": keys, "showsText": shows_text}
    return (await api.call("PUT", "/v1/push-subscriptions", body, account.token))["subscription"]


async def say(api: Api, sender: Account, conversation_id: str, text: str, **body: Any) -> None:
    sent = {"messageId": new_id(), "body": {"text": text, **body}}
    await api.call("POST", f"/v1/conversations/{conversation_id}/messages", sent, sender.token)


async def devices(api: Api, account: Account) -> list[Any]:
    return list((await api.call("GET", "/v1/push-subscriptions", token=account.token))["subscriptions"])


async def badge(api: Api, account: Account) -> int:
    return int((await api.call("GET", "/v1/badge", token=account.token)).get("count", 0))


async def test_who_is_away_is_told_and_who_is_there_is_not(stack: Stack, api: Api) -> None:
    async with push_house(stack.push_port) as house:
        anna, bob, carol = [await api.register() for _ in range(3)]
        house.key = (await api.call("GET", "/v1/push-key", token=anna.token))["publicKey"]
        for account, name in ((anna, "anna"), (bob, "bob"), (carol, "carol")):
            await register(api, house, account, name, shows_text=account is bob)
        room = await api.group(anna, "Room", [bob, carol])
        there = await Socket.open(api, carol)
        await say(api, anna, room, "Are you there?")
        (arrived,) = await house.until(1)
        assert arrived.device == "bob"
        assert (arrived.says["text"], arrived.says["senderId"], arrived.says["seq"]) == ("Are you there?", anna.user_id, "2")
        await there.close()
        await say(api, bob, room, "Yes", mentions=[anna.user_id])
        while house.arrived[-1].device != "anna":
            await house.until(len(house.arrived) + 1)
        assert house.arrived[-1].says["mentioned"]
        assert "text" not in house.arrived[-1].says
        assert [one.device for one in house.arrived].count("bob") == 1


async def test_a_device_that_is_gone_and_one_whose_session_ends_are_forgotten(stack: Stack, api: Api) -> None:
    async with push_house(stack.push_port) as house:
        anna, bob, carol = [await api.register() for _ in range(3)]
        house.key = (await api.call("GET", "/v1/push-key", token=anna.token))["publicKey"]
        await register(api, house, bob, "gone", shows_text=False)
        kept = await register(api, house, bob, "kept", shows_text=False)
        await register(api, house, carol, "carol", shows_text=False)
        del house.devices["gone"]
        room = await api.group(anna, "Room", [bob, carol])
        await api.call("POST", "/v1/auth/logout", {"refreshToken": carol.refresh_token}, carol.token)
        while await devices(api, carol):
            pass
        await say(api, anna, room, "Hello")
        await house.until(1)
        while await devices(api, bob) != [kept]:
            pass
        assert {one.device for one in house.arrived} == {"kept"}


async def test_what_was_read_on_one_device_is_taken_back_from_the_others(stack: Stack, api: Api) -> None:
    async with push_house(stack.push_port) as house:
        anna, bob = [await api.register() for _ in range(2)]
        house.key = (await api.call("GET", "/v1/push-key", token=anna.token))["publicKey"]
        await register(api, house, bob, "phone", shows_text=False)
        room, direct = await api.group(anna, "Room", [bob]), await api.direct(anna, bob)
        for number, conversation_id in enumerate((room, direct, direct), 1):
            await say(api, anna, conversation_id, str(number))
            await house.until(number)
        assert [one.says["badge"] for one in house.arrived] == [1, 2, 3]
        assert await badge(api, bob) == 3
        laptop = await Socket.open(api, await login(api, bob))
        await laptop.send_frame(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=direct, delivered_seq=3, read_seq=3)))
        read = (await house.until(4))[-1]
        assert read.says == {"type": "read", "conversationId": direct, "seq": "3", "badge": 1}
        assert read.headers["Topic"] == house.arrived[-2].headers["Topic"] != house.arrived[0].headers["Topic"]
        assert read.headers["Urgency"] == "low"
        assert await badge(api, bob) == 1
        await laptop.close()


async def test_users_are_told_of_what_they_have_chosen_and_when(stack: Stack, api: Api) -> None:
    async with push_house(stack.push_port) as house:
        anna, bob, carol = [await api.register() for _ in range(3)]
        house.key = (await api.call("GET", "/v1/push-key", token=anna.token))["publicKey"]
        for account, name in ((bob, "bob"), (carol, "carol")):
            await register(api, house, account, name, shows_text=True)
        room = await api.group(anna, "Room", [bob, carol])

        async def chooses(**preferences: Any) -> None:
            await api.call("PATCH", f"/v1/conversations/{room}/preferences", preferences, bob.token)

        async def told(text: str, **body: Any) -> bool:
            """Tell whether Bob is told of a message. Carol, who has chosen nothing, is told last: by then his device would be."""
            await say(api, anna, room, text, **body)
            while [text, "carol"] not in [[one.says["text"], one.device] for one in house.arrived]:
                await house.until(len(house.arrived) + 1)
            await say(api, anna, direct, f"after {text}")
            while f"after {text}" not in [one.says["text"] for one in house.arrived]:
                await house.until(len(house.arrived) + 1)
            return [text, "bob"] in [[one.says["text"], one.device] for one in house.arrived]

        direct = await api.direct(anna, bob)
        assert await told("one")
        await chooses(notifications="MENTIONS")
        assert not await told("two")
        assert await told("three", mentions=[bob.user_id])
        await chooses(mutedUntil="9999-12-31T23:59:59Z")
        assert not await told("four", mentions=[bob.user_id])
        assert house.arrived[-1].says["badge"] == 4, "what is mute is not counted"
        await chooses(mutedUntil="1970-01-01T00:00:00Z", notifications="NOTHING")
        assert not await told("five", mentions=[bob.user_id])
        await chooses(notifications="ALL")
        assert await told("six")


async def test_who_does_not_want_to_be_disturbed_is_not(stack: Stack, api: Api) -> None:
    async with push_house(stack.push_port) as house:
        anna, bob, carol = [await api.register() for _ in range(3)]
        house.key = (await api.call("GET", "/v1/push-key", token=anna.token))["publicKey"]
        await register(api, house, bob, "bob", shows_text=True)
        await register(api, house, carol, "carol", shows_text=True)
        room = await api.group(anna, "Room", [bob, carol])
        await api.call("PUT", "/v1/presence/status", {"status": {"availability": "BUSY"}}, bob.token)
        await say(api, anna, room, "one", mentionAll=True)
        await house.until(1)
        await api.call("PUT", "/v1/presence/status", {"status": {}}, bob.token)
        always = {"beginsMinute": 1, "endsMinute": 0, "timeZone": "Pacific/Auckland"}
        await api.call("PUT", "/v1/account/quiet-hours", {"quietHours": always}, bob.token)
        await say(api, anna, room, "two", mentionAll=True)
        await house.until(2)
        await api.call("PUT", "/v1/account/quiet-hours", {}, bob.token)
        await say(api, anna, room, "three")
        await house.until(4)
        assert [one.says["text"] for one in house.arrived if one.device == "bob"] == ["three"]

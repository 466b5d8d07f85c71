"""Who is away is told, through the whole mesh, by a push service that reads what it is sent as a browser would."""

from __future__ import annotations

from typing import Any

from bench.client import Account, Api, Socket
from chatkit.core.ids import new_id
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

"""Accounts through the edge, on a whole stack: what ends is closed on every gateway, and stays closed."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest
from redis.asyncio import Redis

from bench.client import PASSWORD, PATIENCE_S, Account, Api, ApiError, Socket
from chatkit.edges import redis as keys
from elastic_chat.accounts.v1 import accounts_service_pb2 as accounts_pb
from elastic_chat.gateway.v1 import frames_pb2 as pb
from launcher.topology import HOST
from svc_accounts.core.guesses import FREE
from tests.e2e.hello import answer_to_hello, close_code
from tests.e2e.logins import as_operator, login, refusal
from tests.e2e.stack import Stack

UNAUTHENTICATED = 4503


async def sessions(api: Api, anna: Account) -> list[Any]:
    return list((await api.call("GET", "/v1/sessions", token=anna.token))["sessions"])


async def lives(socket: Socket) -> None:
    await socket.send_frame(pb.ClientFrame(ping=pb.Ping()))
    await socket.until("pong")


async def on_every_gateway(stack: Stack, api: Api, account: Account) -> list[Socket]:
    """Connect to each gateway. On a busy machine the mesh may know of one only for a while."""
    found: dict[str, Socket] = {}
    names = {instance.name for instance in stack.topology.instances("gateway")}
    async with asyncio.timeout(4 * PATIENCE_S):
        while names - found.keys():
            socket = await Socket.open(api, account)
            if socket.welcome.node_id in found:
                await socket.close()
            else:
                found[socket.welcome.node_id] = socket
    return list(found.values())


async def administrator(stack: Stack, api: Api) -> Account:
    anna = await api.register("admin")
    await as_operator(stack, "SetRole", accounts_pb.SetRoleRequest(user_id=anna.user_id, role=accounts_pb.ROLE_ADMIN))
    return await login(api, anna)


async def test_a_session_that_is_ended_is_closed_on_every_gateway_and_let_in_nowhere(stack: Stack, api: Api) -> None:
    phone = await api.register("anna")
    laptop = await login(api, phone, "laptop")
    mine, theirs = await Socket.open(api, laptop), await on_every_gateway(stack, api, phone)
    listed = {one["sessionId"]: one for one in await sessions(api, laptop)}
    assert {one["device"]: one["isCurrent"] for one in listed.values()} == {"": False, "laptop": True}
    await api.call("DELETE", f"/v1/sessions/{theirs[0].welcome.session_id}", token=laptop.token)
    assert [await close_code(socket.ws) for socket in theirs] == [UNAUTHENTICATED] * len(theirs)
    assert await answer_to_hello(api, phone.token) == UNAUTHENTICATED
    assert await refusal(api, "GET", "/v1/sessions", token=phone.token) == (401, "UNAUTHENTICATED")
    assert await refusal(api, "POST", "/v1/auth/refresh", {"refreshToken": phone.refresh_token}) == (401, "UNAUTHENTICATED")
    await lives(mine)
    assert [one["sessionId"] for one in await sessions(api, laptop)] == [mine.welcome.session_id]
    await mine.close()


async def test_all_other_sessions_end_at_once(api: Api) -> None:
    first = await api.register("anna")
    others = [await login(api, first, f"device {number}") for number in range(3)]
    sockets = [await Socket.open(api, one) for one in others]
    mine = await Socket.open(api, first)
    await api.call("POST", "/v1/sessions/end-others", {}, first.token)
    assert [await close_code(socket.ws) for socket in sockets] == [UNAUTHENTICATED] * 3
    await lives(mine)
    await mine.close()


async def test_the_end_of_a_session_that_a_gateway_did_not_hear_of_is_found_when_it_hears_again(stack: Stack, api: Api) -> None:
    phone = await api.register("anna")
    laptop = await login(api, phone)
    lost, mine = await on_every_gateway(stack, api, phone), await on_every_gateway(stack, api, laptop)
    redis: Any = Redis.from_url(f"redis://{HOST}:{stack.topology.redis_port}/0")
    async with redis:
        # What presence does when a session ends, but for telling the gateways: that is what is lost with a subscription.
        await redis.set(keys.ended(phone.user_id, lost[0].welcome.session_id), 1, ex=600)
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    assert [await close_code(socket.ws) for socket in lost] == [UNAUTHENTICATED] * len(lost)
    for socket in mine:
        await lives(socket)
        await socket.close()


async def test_a_session_that_ends_while_presence_is_away_is_closed_when_it_is_back(stack: Stack, api: Api) -> None:
    phone = await api.register("anna")
    sockets = await on_every_gateway(stack, api, phone)
    pids = [one["pid"] for name, one in stack.status().items() if name.startswith("presence-") and "sidecar" not in name]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        await api.call("POST", "/v1/auth/logout", {}, phone.token)
        assert await refusal(api, "POST", "/v1/auth/refresh", {"refreshToken": phone.refresh_token}) == (401, "UNAUTHENTICATED")
        for socket in sockets:
            await lives(socket)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    assert [await close_code(socket.ws) for socket in sockets] == [UNAUTHENTICATED] * len(sockets)


async def test_another_password_ends_the_other_sessions_and_their_sockets(stack: Stack, api: Api) -> None:
    phone = await api.register("anna")
    laptop = await login(api, phone)
    sockets, mine = await on_every_gateway(stack, api, phone), await Socket.open(api, laptop)
    wrong = {"oldPassword": "incorrect donkey", "newPassword": "another password"}
    assert await refusal(api, "POST", "/v1/auth/password", wrong, laptop.token) == (401, "BAD_CREDENTIALS")
    await api.call("POST", "/v1/auth/password", {"oldPassword": PASSWORD, "newPassword": "another password"}, laptop.token)
    assert [await close_code(socket.ws) for socket in sockets] == [UNAUTHENTICATED] * len(sockets)
    await lives(mine)
    await mine.close()
    assert await refusal(api, "POST", "/v1/auth/login", {"username": phone.username, "password": PASSWORD}) == (401, "BAD_CREDENTIALS")
    await login(api, phone, password="another password")


async def test_guessing_is_slowed_down_and_a_known_device_is_not(api: Api) -> None:
    anna = await api.register("anna")
    right = {"username": anna.username, "password": PASSWORD}
    known = right | {"deviceToken": (await api.call("POST", "/v1/auth/login", right))["deviceToken"]}
    for _ in range(FREE):
        assert await refusal(api, "POST", "/v1/auth/login", right | {"password": "incorrect donkey"}) == (401, "BAD_CREDENTIALS")
    with pytest.raises(ApiError) as refused:
        await api.call("POST", "/v1/auth/login", right)
    assert (refused.value.status, refused.value.reason) == (429, "OVERLOADED")
    assert refused.value.body["details"][1]["retryDelay"].endswith("s")
    await api.call("POST", "/v1/auth/login", known)


async def test_an_administrator_disables_a_user_whose_sockets_close(stack: Stack, api: Api) -> None:
    admin, bob = await administrator(stack, api), await api.register("bob")
    sockets = await on_every_gateway(stack, api, bob)
    assert await refusal(api, "POST", f"/v1/admin/users/{admin.user_id}/disable", {}, bob.token) == (403, "PERMISSION_DENIED")
    await api.call("POST", f"/v1/admin/users/{bob.user_id}/disable", {}, admin.token)
    assert [await close_code(socket.ws) for socket in sockets] == [UNAUTHENTICATED] * len(sockets)
    assert await answer_to_hello(api, bob.token) == UNAUTHENTICATED
    account = (await api.call("GET", f"/v1/admin/users?username={bob.username}", token=admin.token))["account"]
    assert (account["user"]["userId"], account["role"], account["disabled"]) == (bob.user_id, "ROLE_USER", True)
    right = {"username": bob.username, "password": PASSWORD}
    assert await refusal(api, "POST", "/v1/auth/login", right) == (403, "ACCOUNT_DISABLED")
    await api.call("POST", f"/v1/admin/users/{bob.user_id}/enable", {}, admin.token)
    await login(api, bob)


async def test_an_administrator_makes_users_and_invites(stack: Stack, api: Api) -> None:
    admin = await administrator(stack, api)
    name = f"made-{admin.username}"[:32]
    body = {"username": name, "password": PASSWORD, "displayName": "Made", "role": "ROLE_ADMIN"}
    account = (await api.call("POST", "/v1/admin/users", body, admin.token))["account"]
    made = await login(api, Account(account["user"]["userId"], name, "", ""))
    invite = await api.call("POST", "/v1/admin/invites", {"lifetimeS": 600}, made.token)
    assert invite["code"].startswith("eci_")
    invites = (await api.call("GET", "/v1/admin/invites", token=admin.token))["invites"]
    assert invite["invite"] in invites
    assert invite["code"] not in str(invites)
    await api.call("DELETE", f"/v1/admin/invites/{invite['invite']['inviteId']}", token=admin.token)
    assert invite["invite"] not in (await api.call("GET", "/v1/admin/invites", token=admin.token))["invites"]


async def test_who_deletes_their_account_leaves_what_they_wrote_without_a_name(stack: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    sockets, bobs = await on_every_gateway(stack, api, anna), await Socket.open(api, bob)
    await sockets[0].say(conversation_id, "remember me")
    assert (await bobs.until("entry")).sender_id == anna.user_id
    assert await refusal(api, "POST", "/v1/auth/delete-account", {"password": "incorrect donkey"}, anna.token) == (401, "BAD_CREDENTIALS")
    await api.call("POST", "/v1/auth/delete-account", {"password": PASSWORD}, anna.token)
    assert [await close_code(socket.ws) for socket in sockets] == [UNAUTHENTICATED] * len(sockets)
    (found,) = (await api.call("GET", f"/v1/users?userIds={anna.user_id}", token=bob.token))["users"]
    assert {name for name, value in found.items() if value} == {"userId", "deleted"}
    assert (await api.messages(bob, conversation_id))[-1]["senderId"] == anna.user_id
    again = {"username": anna.username, "password": PASSWORD}
    assert await refusal(api, "POST", "/v1/auth/register", again) == (409, "USERNAME_TAKEN")
    group = {"kind": "GROUP", "title": "of two", "memberIds": [anna.user_id]}
    assert await refusal(api, "POST", "/v1/conversations", group, bob.token) == (404, "UNKNOWN_USER")
    await bobs.close()


async def test_a_bot_chats_by_its_service_token_until_that_is_withdrawn(stack: Stack, api: Api) -> None:
    admin, bob = await administrator(stack, api), await api.register("bob")
    bot = (await api.call("POST", "/v1/admin/bots", {"username": f"bot-{bob.username}"}, admin.token))["account"]["user"]
    assert bot["bot"]
    made = await api.call("POST", f"/v1/admin/bots/{bot['userId']}/tokens", {"name": "weather"}, admin.token)
    exchanged = await api.call("POST", "/v1/auth/service-token", {"serviceToken": made["serviceToken"]})
    weather = Account(bot["userId"], bot["username"], exchanged["accessToken"], "")
    conversation_id = await api.direct(weather, bob)
    sockets = await on_every_gateway(stack, api, weather)
    await sockets[0].say(conversation_id, "rain")
    assert (await sockets[1].until("entry")).sender_id == weather.user_id
    (listed,) = (await api.call("GET", f"/v1/admin/bots/{bot['userId']}/tokens", token=admin.token))["tokens"]
    assert listed["tokenId"] == made["token"]["tokenId"]
    await api.call("DELETE", f"/v1/admin/bots/{bot['userId']}/tokens/{listed['tokenId']}", token=admin.token)
    assert [await close_code(socket.ws) for socket in sockets] == [UNAUTHENTICATED] * len(sockets)
    assert await answer_to_hello(api, weather.token) == UNAUTHENTICATED
    refused = await refusal(api, "POST", "/v1/auth/service-token", {"serviceToken": made["serviceToken"]})
    assert refused == (401, "UNAUTHENTICATED")


async def test_a_bot_that_was_disabled_and_enabled_is_let_in_again(stack: Stack, api: Api) -> None:
    admin = await administrator(stack, api)
    bot = (await api.call("POST", "/v1/admin/bots", {"username": f"b{admin.username}"[:32]}, admin.token))["account"]["user"]
    secret = (await api.call("POST", f"/v1/admin/bots/{bot['userId']}/tokens", {}, admin.token))["serviceToken"]

    async def come_in() -> Socket:
        exchanged = await api.call("POST", "/v1/auth/service-token", {"serviceToken": secret})
        return await Socket.open(api, Account(bot["userId"], bot["username"], exchanged["accessToken"], ""))

    before = await come_in()
    await api.call("POST", f"/v1/admin/users/{bot['userId']}/disable", {}, admin.token)
    assert await close_code(before.ws) == UNAUTHENTICATED
    await api.call("POST", f"/v1/admin/users/{bot['userId']}/enable", {}, admin.token)
    after = await come_in()
    await lives(after)
    await after.close()

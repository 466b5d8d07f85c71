"""A message crosses the mesh, from one gateway to another, and is there afterwards."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import grpc
import pytest
import websockets
from google.protobuf.json_format import ParseDict

from bench.client import PASSWORD, Account, Api, ApiError, Socket
from chatkit.core.ids import new_id
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.gateway.v1 import gateway_service_pb2_grpc
from elastic_chat.types.v1.entry_pb2 import Entry, MessageState
from tests.e2e.stack import Stack


@pytest.fixture
async def pair(api: Api) -> tuple[Account, Account, str]:
    anna, bob = await api.register("anna"), await api.register("bob")
    return anna, bob, await api.direct(anna, bob)


async def test_two_people_chat_through_different_gateways(api: Api, pair: tuple[Account, Account, str]) -> None:
    anna, bob, conversation_id = pair
    one, two = await Socket.open_on(api, anna, "gateway-1"), await Socket.open_on(api, bob, "gateway-2")
    message_id = await one.say(conversation_id, "Hello Bob")
    entry = await two.until("entry")
    assert (entry.message_id, entry.sender_id, entry.body.text, entry.seq) == (message_id, anna.user_id, "Hello Bob", 2)
    ack = await one.until("ack")
    assert (ack.message_id, ack.conversation_id, ack.seq, ack.accepted_at) == (message_id, conversation_id, 2, entry.accepted_at)
    await two.say(conversation_id, "Hello Anna")
    answer = await one.until("entry")
    while answer.sender_id == anna.user_id:
        answer = await one.until("entry")
    assert answer.body.text == "Hello Anna"
    await asyncio.gather(one.close(), two.close())


async def test_a_script_with_nothing_but_a_websocket_library_does_the_same_in_json(
    stack: Stack, api: Api, pair: tuple[Account, Account, str]
) -> None:
    anna, bob, conversation_id = pair
    url = stack.edge.replace("http", "ws") + "/v1/connect"
    async with (
        websockets.connect(url, subprotocols=[websockets.Subprotocol("elastic-chat.v1.json")]) as one,
        websockets.connect(url, subprotocols=[websockets.Subprotocol("elastic-chat.v1.json")]) as two,
    ):
        await one.send(json.dumps({"hello": {"accessToken": anna.token}}))
        welcome = json.loads(await one.recv())["welcome"]
        assert welcome["userId"] == anna.user_id
        assert [head["conversationId"] for head in welcome["conversations"]] == [conversation_id]
        await two.send(json.dumps({"hello": {"accessToken": bob.token}}))
        assert "welcome" in json.loads(await two.recv())
        message_id = new_id()
        await one.send(json.dumps({"send": {"messageId": message_id, "conversationId": conversation_id, "body": {"text": "in JSON"}}}))
        seen: dict[str, Any] = {}
        while not {"ack", "entry"} <= set(seen):
            seen |= json.loads(await one.recv())
        assert seen["ack"]["seq"] == seen["entry"]["seq"] == "2"
        entry: dict[str, Any] = {}
        while "entry" not in entry:
            entry = json.loads(await two.recv())
        assert entry["entry"] == seen["entry"]
    (stored,) = await api.messages(bob, conversation_id, "afterSeq=1")
    told = ParseDict(stored, Entry())
    assert told.state == MessageState(as_of_seq=2)
    told.ClearField("state")
    assert told == ParseDict(entry["entry"], Entry())


async def test_a_native_client_gets_the_same_frames_over_grpc(stack: Stack, api: Api, pair: tuple[Account, Account, str]) -> None:
    anna, bob, conversation_id = pair
    async with grpc.aio.insecure_channel(f"127.0.0.1:{stack.topology.edge_port}") as channel:
        call = gateway_service_pb2_grpc.GatewayServiceStub(channel).Connect()
        await call.write(pb.ClientFrame(hello=pb.Hello(access_token=anna.token)))
        assert (await call.read()).welcome.user_id == anna.user_id
        socket = await Socket.open(api, bob)
        await socket.say(conversation_id, "to a native client")
        while (frame := await call.read()).WhichOneof("frame") != "entry":
            pass
        assert frame.entry.body.text == "to a native client"
        assert frame.entry == await socket.until("entry")
        await call.done_writing()
        await socket.close()


async def test_a_retry_through_any_door_gets_the_first_seq(api: Api, pair: tuple[Account, Account, str]) -> None:
    anna, bob, conversation_id = pair
    one, two = await Socket.open_on(api, anna, "gateway-1"), await Socket.open_on(api, anna, "gateway-2")
    message_id = await one.say(conversation_id, "once")
    first = await one.until("ack")
    await two.say(conversation_id, "once", message_id)
    assert (await two.until("ack")).seq == first.seq
    body = {"messageId": message_id, "body": {"text": "once"}}
    again = await api.call("POST", f"/v1/conversations/{conversation_id}/messages", body, anna.token)
    assert again["seq"] == str(first.seq)
    assert [entry["messageId"] for entry in await api.messages(bob, conversation_id, "afterSeq=1")] == [message_id]
    await asyncio.gather(one.close(), two.close())


async def test_a_group_hears_from_its_members_and_nobody_else_does(api: Api) -> None:
    anna, bob, carl = [await api.register(name) for name in ("anna", "bob", "carl")]
    conversation_id = await api.group(anna, "Tea", [bob])
    outside = await Socket.open(api, carl)
    inside = await Socket.open(api, bob)
    sender = await Socket.open(api, anna)
    await sender.say(conversation_id, "before Carl")
    await inside.until("entry")
    with pytest.raises(ApiError) as refused:
        await api.messages(carl, conversation_id)
    assert (refused.value.status, refused.value.reason) == (404, "UNKNOWN_CONVERSATION")

    await api.call("POST", f"/v1/conversations/{conversation_id}/members", {"userId": carl.user_id}, anna.token)
    joined = await outside.until("entry")
    assert joined.membership.added[0].user_id == carl.user_id
    await sender.say(conversation_id, "for Carl too")
    assert (await outside.until("entry")).body.text == "for Carl too"
    assert [entry["seq"] for entry in await api.messages(carl, conversation_id)] == [str(joined.seq), str(joined.seq + 1)]

    await api.call("DELETE", f"/v1/conversations/{conversation_id}/members/{carl.user_id}", None, anna.token)
    assert (await outside.until("left")).conversation_id == conversation_id
    await sender.say(conversation_id, "without Carl")
    await outside.send_frame(pb.ClientFrame(ping=pb.Ping()))
    assert (await outside.next()).WhichOneof("frame") == "pong"
    await outside.say(conversation_id, "let me in")
    assert (await outside.until("reject")).reason == reason_pb2.UNKNOWN_CONVERSATION
    await asyncio.gather(outside.close(), inside.close(), sender.close())


async def test_who_comes_back_gets_what_they_missed_before_live(api: Api, pair: tuple[Account, Account, str]) -> None:
    anna, bob, conversation_id = pair
    reader = await Socket.open(api, bob)
    await reader.close()
    sender = await Socket.open(api, anna)
    for n in range(5):
        await sender.say(conversation_id, f"missed {n}")
        await sender.until("ack")
    back = await Socket.open(api, bob, {conversation_id: 3})
    (head,) = back.welcome.conversations
    assert (head.head_seq, head.unread_count) == (6, 5)
    frames = [await back.next() for _ in range(4)]
    assert [frame.entry.body.text for frame in frames[:3]] == ["missed 2", "missed 3", "missed 4"]
    assert frames[3].WhichOneof("frame") == "live"
    await asyncio.gather(back.close(), sender.close())


async def test_reading_moves_the_watermark_on_every_device(api: Api, pair: tuple[Account, Account, str]) -> None:
    anna, bob, conversation_id = pair
    one, two = await Socket.open(api, anna), await Socket.open(api, bob)
    await one.say(conversation_id, "read me")
    entry = await two.until("entry")
    mark = pb.ClientWatermark(conversation_id=conversation_id, delivered_seq=entry.seq, read_seq=entry.seq)
    await two.send_frame(pb.ClientFrame(watermark=mark))
    seen = await one.until("watermark")
    assert (seen.user_id, seen.read_seq) == (bob.user_id, entry.seq)
    (summary,) = (await api.call("GET", "/v1/conversations", token=bob.token))["conversations"]
    assert (summary["unreadCount"], summary["readSeq"], summary["headSeq"]) == ("0", "2", "2")
    await asyncio.gather(one.close(), two.close())


async def test_as_many_users_as_may_be_can_be_asked_for_in_a_query(api: Api, pair: tuple[Account, Account, str]) -> None:
    anna, bob, _ = pair
    query = "&".join(f"userIds={user_id}" for user_id in (bob.user_id, *(new_id() for _ in range(199))))
    answer = await api.call("GET", f"/v1/presence?{query}", token=anna.token)
    assert [user["userId"] for user in answer["users"]] == [bob.user_id]


async def test_presence_and_typing_reach_who_watches(api: Api, pair: tuple[Account, Account, str]) -> None:
    anna, bob, conversation_id = pair
    one = await Socket.open_on(api, anna, "gateway-1")
    await one.send_frame(pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=[bob.user_id])))
    assert not (await one.until("presence")).online
    two = await Socket.open_on(api, bob, "gateway-2")
    assert (await one.until("presence")).online
    await two.send_frame(pb.ClientFrame(typing=pb.Typing(conversation_id=conversation_id)))
    assert (await one.until("typing")).user_id == bob.user_id
    await two.close()
    gone = await one.until("presence")
    assert not gone.online
    assert gone.last_seen_at.seconds
    await one.close()


async def test_logging_out_ends_the_sockets_of_the_session(api: Api) -> None:
    anna = await api.register("anna")
    other = await api.call("POST", "/v1/auth/login", {"username": anna.username, "password": PASSWORD})
    socket = await Socket.open(api, anna)
    elsewhere = await Socket.open(api, Account(anna.user_id, anna.username, other["accessToken"], other["refreshToken"]))
    await api.call("POST", "/v1/auth/logout", {}, anna.token)
    async with asyncio.timeout(10):
        while not socket.ws.closed:
            await socket.ws.receive()
    assert socket.ws.close_code == 4503
    await elsewhere.send_frame(pb.ClientFrame(ping=pb.Ping()))
    await elsewhere.until("pong")
    with pytest.raises(ApiError) as refused:
        await api.call("POST", "/v1/auth/refresh", {"refreshToken": anna.refresh_token})
    assert refused.value.reason == "UNAUTHENTICATED"
    await elsewhere.close()

"""Bad input, through the edge: an answer from the table, never a dead connection for others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bench.client import PATIENCE_S, Account, Api, ApiError, Socket
from chatkit.core.ids import new_id
from tests.e2e.stack import Stack

JSON = "elastic-chat.v1.json"
PROTO = "elastic-chat.v1.proto"


class Raw:
    """A connection on which anything can be sent."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def reject(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.ws.receive()
                assert message.type == aiohttp.WSMsgType.TEXT, f"no reject but {message} ({self.ws.close_code})"
                frame = json.loads(message.data)
                if "reject" in frame:
                    return dict(frame["reject"])

    async def close_code(self) -> int | None:
        async with asyncio.timeout(PATIENCE_S):
            while not self.ws.closed:
                await self.ws.receive()
        return self.ws.close_code


@pytest.fixture
async def fresh(stack: Stack, api: Api) -> AsyncIterator[Raw]:
    """A JSON connection before its hello."""
    ws = await api.http.ws_connect(stack.edge.replace("http", "ws") + "/v1/connect", protocols=(JSON,))
    yield Raw(ws)
    await ws.close()


@pytest.fixture
async def raw(fresh: Raw, anna: Account) -> Raw:
    """A JSON connection after its hello."""
    await fresh.ws.send_json({"hello": {"accessToken": anna.token}})
    assert "welcome" in await fresh.ws.receive_json(timeout=PATIENCE_S)
    return fresh


def send(conversation_id: str, text: str = "x", message_id: str = "") -> dict[str, Any]:
    return {"send": {"messageId": message_id or new_id(), "conversationId": conversation_id, "body": {"text": text}}}


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "null", "{}", '{"fly": {}}', '{"send": 5}', '{"ping": {}, "typing": {}}'])
async def test_what_is_no_frame_is_rejected_and_the_connection_lives(raw: Raw, text: str) -> None:
    await raw.ws.send_str(text)
    assert (await raw.reject())["reason"] == "BAD_FRAME"
    await raw.ws.send_json({"ping": {}})
    async with asyncio.timeout(PATIENCE_S):
        while "pong" not in await raw.ws.receive_json():
            pass


async def test_the_third_bad_frame_closes(raw: Raw) -> None:
    for _ in range(3):
        await raw.ws.send_str("{")
    assert await raw.close_code() == 1007


async def test_a_frame_over_64_kib_closes_with_1009(raw: Raw) -> None:
    await raw.ws.send_str(json.dumps(send(new_id(), "x" * 65_536)))
    assert await raw.close_code() == 1009


async def test_bad_utf8_closes_with_1007(raw: Raw) -> None:
    await raw.ws.send_frame(b"\xff\xfe{}", aiohttp.WSMsgType.TEXT)
    assert await raw.close_code() == 1007


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (send("no-uuid"), "UNKNOWN_CONVERSATION"),
        (send(new_id()), "UNKNOWN_CONVERSATION"),
        (send(new_id(), ""), "TEXT_EMPTY"),
        (send(new_id(), "x" * 16_385), "TEXT_TOO_LONG"),
        (send(new_id(), message_id="0f8fad5b-d9cb-469f-a165-70867728950e"), "INVALID_MESSAGE_ID"),
        (send(new_id(), message_id="not-a-uuid"), "INVALID_MESSAGE_ID"),
        ({"typing": {"conversationId": new_id()}}, "UNKNOWN_CONVERSATION"),
        ({"subscribePresence": {"userIds": [new_id() for _ in range(201)]}}, "INVALID_ARGUMENT"),
    ],
)
async def test_a_command_that_breaks_a_rule_is_rejected_by_name(raw: Raw, frame: dict[str, Any], reason: str) -> None:
    await raw.ws.send_json(frame)
    rejected = await raw.reject()
    assert rejected["reason"] == reason
    assert not rejected.get("retryable")
    assert rejected["message"]
    assert rejected.get("messageId", "") == frame.get("send", {}).get("messageId", "")


async def test_a_conversation_of_others_looks_like_none(raw: Raw, api: Api) -> None:
    bob, carl = await api.register("bob"), await api.register("carl")
    conversation_id = await api.direct(bob, carl)
    await raw.ws.send_json(send(conversation_id))
    theirs = await raw.reject()
    await raw.ws.send_json(send(new_id()))
    nobodys = await raw.reject()
    assert {**theirs, "messageId": "", "conversationId": ""} == {**nobodys, "messageId": "", "conversationId": ""}


async def test_the_first_frame_must_be_hello(fresh: Raw) -> None:
    await fresh.ws.send_json({"ping": {}})
    assert await fresh.close_code() == 4501


async def test_a_second_hello_closes(raw: Raw, anna: Account) -> None:
    await raw.ws.send_json({"hello": {"accessToken": anna.token}})
    assert await raw.close_code() == 4502


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
async def test_a_token_that_is_none_closes_with_4503(fresh: Raw, token: str) -> None:
    await fresh.ws.send_json({"hello": {"accessToken": token}})
    assert await fresh.close_code() == 4503


async def test_a_forged_token_closes_with_4503(fresh: Raw, anna: Account) -> None:
    head, payload, signature = anna.token.split(".")
    forged = f"{head}.{payload}.{signature[:-4]}{'AAAA' if signature[-4:] != 'AAAA' else 'BBBB'}"
    await fresh.ws.send_json({"hello": {"accessToken": forged}})
    assert await fresh.close_code() == 4503


async def test_an_unknown_subprotocol_is_told_so(stack: Stack, api: Api) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as failure:
        await api.http.ws_connect(stack.edge.replace("http", "ws") + "/v1/connect", protocols=("mqtt",))
    assert failure.value.status == 400


async def test_a_page_from_elsewhere_may_not_connect(stack: Stack, api: Api) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as failure:
        await api.http.ws_connect(stack.edge.replace("http", "ws") + "/v1/connect", protocols=(JSON,), origin="https://evil.example")
    assert failure.value.status == 403


async def test_others_go_on_while_someone_misbehaves(raw: Raw, api: Api) -> None:
    bob, carl = await api.register("bob"), await api.register("carl")
    conversation_id = await api.direct(bob, carl)
    one, two = await Socket.open(api, bob), await Socket.open(api, carl)
    for n in range(20):
        if not raw.ws.closed:
            await raw.ws.send_str("{")
        await one.say(conversation_id, f"{n}")
        assert (await two.until("entry")).body.text == f"{n}"
    await asyncio.gather(one.close(), two.close())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("GET", "/v1/conversations", None, 401, "UNAUTHENTICATED"),
        ("POST", "/v1/auth/login", {"username": "nobody-at-all", "password": "x" * 10}, 401, "BAD_CREDENTIALS"),
        ("POST", "/v1/auth/register", {"username": "No Spaces!", "password": "x" * 10}, 400, "INVALID_ARGUMENT"),
        ("POST", "/v1/auth/register", {"username": "short", "password": "x"}, 400, "INVALID_ARGUMENT"),
        ("POST", "/v1/auth/refresh", {"refreshToken": "x"}, 401, "UNAUTHENTICATED"),
    ],
)
async def test_rest_refuses_by_the_table(api: Api, method: str, path: str, body: Any, status: int, reason: str) -> None:
    with pytest.raises(ApiError) as failure:
        await api.call(method, path, body)
    assert (failure.value.status, failure.value.reason) == (status, reason)
    assert set(failure.value.body) == {"code", "message", "details"}
    assert failure.value.body["details"][0]["domain"] == "elastic-chat"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("GET", f"/v1/conversations/{new_id()}", None, 404, "UNKNOWN_CONVERSATION"),
        ("GET", "/v1/conversations/x/messages", None, 404, "UNKNOWN_CONVERSATION"),
        ("POST", "/v1/conversations", {"kind": "DIRECT", "memberIds": [new_id()]}, 404, "UNKNOWN_USER"),
        ("POST", "/v1/conversations", {"kind": "GROUP", "title": ""}, 400, "INVALID_ARGUMENT"),
        ("POST", f"/v1/conversations/{new_id()}/messages", {"messageId": "x", "body": {"text": "x"}}, 400, "INVALID_MESSAGE_ID"),
        ("GET", "/v1/nothing", None, 404, "NOT_FOUND"),
    ],
)
async def test_rest_refuses_a_caller_by_the_table(
    api: Api, anna: Account, method: str, path: str, body: Any, status: int, reason: str
) -> None:
    with pytest.raises(ApiError) as failure:
        await api.call(method, path, body, anna.token)
    assert (failure.value.status, failure.value.reason) == (status, reason)


async def test_identity_headers_from_outside_count_for_nothing(api: Api, anna: Account) -> None:
    bob = await api.register("bob")
    forged = {"x-user-id": bob.user_id, "x-session-id": new_id()}
    with pytest.raises(ApiError) as failure:
        await api.call("GET", "/v1/conversations", headers=forged)
    assert failure.value.status == 401
    conversation_id = await api.direct(anna, bob)
    await api.call(
        "POST", f"/v1/conversations/{conversation_id}/messages", {"messageId": new_id(), "body": {"text": "x"}}, anna.token, forged
    )
    assert (await api.messages(bob, conversation_id))[-1]["senderId"] == anna.user_id


@pytest.mark.parametrize("query", ["pageSize=201", "pageSize=-1", "beforeSeq=5&afterSeq=3", "beforeSeq=-5", "pageSize=x"])
async def test_a_page_that_makes_no_sense_is_refused(api: Api, anna: Account, query: str) -> None:
    conversation_id = await api.direct(anna, await api.register("bob"))
    with pytest.raises(ApiError) as failure:
        await api.messages(anna, conversation_id, query)
    assert (failure.value.status, failure.value.reason) == (400, "INVALID_ARGUMENT")

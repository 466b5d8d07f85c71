"""REST at the edge: JSON becomes the call that it names, an error looks the same whoever made it, and a caller is who the token says."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import FieldDescriptor

from chatkit.core.errors import ChatError, Reason
from elastic_chat.accounts.v1 import accounts_service_pb2
from elastic_chat.history.v1 import history_service_pb2
from elastic_chat.types.v1 import entry_pb2
from launcher.mesh.calls import ANYONE, USERS
from launcher.topology import HOST, SERVICES
from tests.integration.envoy.stand import SigningKey, Stand, contract


def routes() -> list[tuple[str, str, str]]:
    """Return verb, path and method of every call that the contracts offer over REST, but for what the edge keeps inside."""
    found = []
    for service in SERVICES:
        for method in contract(service).methods:
            rule = method.GetOptions().Extensions[annotations_pb2.http]
            verb = rule.WhichOneof("pattern")
            if verb is not None:
                fields = method.input_type.fields_by_name
                values = {name: "x-1" if field.type == FieldDescriptor.TYPE_STRING else "1" for name, field in fields.items()}
                path = getattr(rule, verb).replace("{", "{0[").replace("}", "]}").format(values)
                found.append((verb.upper(), path, method.name))
    return found


ROUTES = routes()
OPEN = {method for methods in ANYONE.values() for method in methods}


def test_what_is_public_has_a_route_and_what_has_a_route_is_public() -> None:
    public = {method for table in (ANYONE, USERS) for methods in table.values() for method in methods}
    assert {method for _, _, method in ROUTES} == public - {"Connect"}


async def refused(response: aiohttp.ClientResponse) -> tuple[int, int, str]:
    """Return HTTP status, code and reason of an error, which must have the one shape that errors have."""
    assert response.content_type == "application/json"
    error = json.loads(await response.text())
    assert set(error) == {"code", "message", "details"}
    assert error["message"]
    (info,) = error["details"]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert info["domain"] == "elastic-chat"
    return response.status, error["code"], info["reason"]


@pytest.mark.parametrize(("verb", "path", "method"), ROUTES, ids=[route[2] for route in ROUTES])
async def test_every_route_reaches_its_method(stand: Stand, http: aiohttp.ClientSession, verb: str, path: str, method: str) -> None:
    body: dict[str, str] | None = {} if verb == "POST" else None
    async with http.request(verb, path, json=body, headers=stand.user) as response:
        assert response.status == 200, await response.text()
    (call,) = stand.calls
    assert call.method == method
    assert "authorization" not in call.metadata
    assert call.metadata.get("x-user-id") == (None if method in OPEN else "u-1")
    assert call.metadata.get("x-session-id") == (None if method in OPEN else "s-1")
    assert call.metadata.get("x-role") == (None if method in OPEN else "user")


@pytest.mark.parametrize(("verb", "path", "method"), ROUTES, ids=[route[2] for route in ROUTES])
async def test_nobody_can_say_who_they_are_but_by_a_token(
    stand: Stand, http: aiohttp.ClientSession, verb: str, path: str, method: str
) -> None:
    forged = {"x-user-id": "victim", "X-Session-Id": "theirs", "X-Role": "operator", "x-lane": "7"}
    async with http.request(verb, path, json={} if verb == "POST" else None, headers=forged) as response:
        if method not in OPEN:
            assert await refused(response) == (401, 16, "UNAUTHENTICATED")
            assert not stand.calls
            return
        assert response.status == 200
    (call,) = stand.calls
    assert not set(call.metadata) & {"x-user-id", "x-session-id", "x-role", "x-lane"}


async def test_a_token_wins_over_what_the_caller_claims(stand: Stand, http: aiohttp.ClientSession) -> None:
    claimed = {"x-user-id": "victim", "x-session-id": "theirs", "x-role": "admin"}
    async with http.get("/v1/conversations", headers={**stand.user, **claimed}) as response:
        assert response.status == 200
    (call,) = stand.calls
    assert (call.metadata["x-user-id"], call.metadata["x-session-id"], call.metadata["x-role"]) == ("u-1", "s-1", "user")


async def test_a_token_that_names_no_role_gives_none(stand: Stand, http: aiohttp.ClientSession) -> None:
    token = stand.key.token(role=None)
    async with http.get("/v1/conversations", headers={"authorization": f"Bearer {token}", "x-role": "admin"}) as response:
        assert response.status == 200
    (call,) = stand.calls
    assert "x-role" not in call.metadata


async def test_fields_are_what_proto3_json_says(stand: Stand, http: aiohttp.ClientSession) -> None:
    seen: list[Any] = []

    async def login(request: Any, _: Any) -> Any:
        seen.append(request)
        return accounts_service_pb2.LoginResponse(user_id="u-1", expires_in=900)

    async def page(request: Any, _: Any) -> Any:
        seen.append(request)
        entry = entry_pb2.Entry(seq=5, message_id="m-1")
        return history_service_pb2.ListMessagesResponse(entries=[entry], head_seq=5)

    stand.scripts |= {"Login": login, "ListMessages": page}
    async with http.post("/v1/auth/login", json={"username": "anna", "password": "pass word+"}) as response:
        empty = dict.fromkeys(("sessionId", "accessToken", "refreshToken", "deviceToken"), "")
        assert await response.json() == {"userId": "u-1", "expiresIn": 900, **empty}
    async with http.get("/v1/conversations/c-1/messages?beforeSeq=9&pageSize=3", headers=stand.user) as response:
        answer = await response.json()
    assert (seen[0].username, seen[0].password) == ("anna", "pass word+")
    assert (seen[1].conversation_id, seen[1].before_seq, seen[1].page_size) == ("c-1", 9, 3)
    assert answer["hasMore"] is False
    assert answer["headSeq"] == "5"
    assert answer["entries"][0]["messageId"] == "m-1"


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        (Reason.UNKNOWN_CONVERSATION, 404, 5),
        (Reason.PERMISSION_DENIED, 403, 7),
        (Reason.INVALID_ARGUMENT, 400, 3),
        (Reason.OVERLOADED, 429, 8),
        (Reason.USERNAME_TAKEN, 409, 6),
        (Reason.BAD_CREDENTIALS, 401, 16),
        (Reason.INTERNAL, 500, 13),
    ],
)
async def test_an_error_of_a_service_keeps_its_reason(
    stand: Stand, http: aiohttp.ClientSession, reason: Reason, status: int, code: int
) -> None:
    async def fail(_: Any, __: Any) -> None:
        raise ChatError(reason)

    stand.scripts["AddMember"] = fail
    async with http.post("/v1/conversations/c-1/members", json={"userId": "u-2"}, headers=stand.user) as response:
        assert await refused(response) == (status, code, reason)


async def test_bad_tokens_are_told_apart_from_old_ones(stand: Stand, http: aiohttp.ClientSession) -> None:
    key = stand.key
    forged = [
        "nonsense",
        SigningKey().token(),
        key.token(iss="somebody"),
        key.token(aud="something"),
        key.token()[:-4] + "AAAA",
    ]
    for token in forged:
        async with http.get("/v1/conversations", headers={"authorization": f"Bearer {token}"}) as response:
            assert await refused(response) == (401, 16, "UNAUTHENTICATED"), token
    async with http.get("/v1/conversations", headers={"authorization": f"Bearer {key.token(lasts=timedelta(minutes=-1))}"}) as response:
        assert await refused(response) == (401, 16, "TOKEN_EXPIRED")
    async with http.get(f"/v1/presence?userIds=u-2&access_token={key.token()}") as response:
        assert response.status in {400, 401}
    assert not stand.calls


@pytest.mark.parametrize(
    ("verb", "path", "body", "answer"),
    [
        ("GET", "/v1/nothing", None, (404, 5, "NOT_FOUND")),
        ("GET", "/v1/auth/login", None, (404, 5, "NOT_FOUND")),
        ("PUT", "/v1/conversations", b"{}", (404, 5, "NOT_FOUND")),
        ("POST", "/", b"{}", (404, 5, "NOT_FOUND")),
        ("POST", "/v1/auth/login", b"{nope", (400, 3, "BAD_FRAME")),
        ("POST", "/v1/auth/login", b'{"username": 5}', (400, 3, "BAD_FRAME")),
        ("GET", "/v1/conversations?nothing=1", None, (400, 3, "INVALID_ARGUMENT")),
        ("GET", "/v1/conversations/c-1/messages?pageSize=many", None, (400, 3, "INVALID_ARGUMENT")),
        ("GET", "/v1/conversations/..%2Fusers", None, (400, 3, "INVALID_ARGUMENT")),
    ],
)
async def test_what_makes_no_sense_is_refused_in_the_shape_of_errors(
    stand: Stand, http: aiohttp.ClientSession, verb: str, path: str, body: bytes | None, answer: tuple[int, int, str]
) -> None:
    async with http.request(verb, path, data=body, headers=stand.user) as response:
        assert await refused(response) == answer
    assert not stand.calls


async def test_headers_with_underscores_are_refused(stand: Stand, http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/auth/jwks.json", headers={"x_user_id": "victim"}) as response:
        assert await refused(response) == (400, 3, "INVALID_ARGUMENT")
    assert not stand.calls


async def test_a_request_over_a_mebibyte_is_refused_and_a_long_page_is_not(stand: Stand, http: aiohttp.ClientSession) -> None:
    body = io.BytesIO(b'{"username": "' + b"a" * 1_100_000 + b'"}')
    async with http.post("/v1/auth/login", data=body) as response:
        assert await refused(response) == (413, 8, "FRAME_TOO_LARGE")

    async def long_page(_: Any, __: Any) -> Any:
        return history_service_pb2.ListMessagesResponse(entries=[entry_pb2.Entry(message_id="x" * 16_384) for _ in range(200)])

    stand.scripts["ListMessages"] = long_page
    async with http.get("/v1/conversations/c-1/messages", headers=stand.user) as response:
        assert len((await response.json())["entries"]) == 200


async def test_the_edge_names_every_request(stand: Stand, http: aiohttp.ClientSession) -> None:
    async with http.get("/v1/conversations", headers={**stand.user, "x-request-id": "mine"}) as response:
        request_id = response.headers["x-request-id"]
    (call,) = stand.calls
    assert call.metadata["x-request-id"] == request_id
    assert request_id != "mine"
    async with http.get("/v1/conversations") as response:
        assert response.headers["x-request-id"] != request_id


async def test_a_call_without_a_deadline_gets_one(stand: Stand, http: aiohttp.ClientSession) -> None:
    remaining: list[float | None] = []

    async def look(_: Any, context: Any) -> Any:
        remaining.append(context.time_remaining())
        return history_service_pb2.ListConversationsResponse()

    stand.scripts["ListConversations"] = look
    async with http.get("/v1/conversations", headers=stand.user) as response:
        assert response.status == 200
    (left,) = remaining
    assert left is not None
    assert left <= 15


# What HTTP lets a client write into headers, and gRPC does not know as metadata.
STRANGE_HEADERS = [
    b"x!y: v",
    b"lo$t: v",
    b"`: v",
    b"x|y~z'*+#%&^: v",
    b"x-note: caf\xe9",
    b"x-note: caf\xc3\xa9",
    b"x-note: a\tb",
    b"x-data-bin: %%%",
    b"x-data-bin: AAAAA",
    b"grpc-timeout: soon",
    b"grpc-timeout: 99999999999S",
    b"grpc-encoding: nonsense",
    b"grpc-accept-encoding: \xff",
    b"grpc-status-details-bin: %%%",
    b"grpc-tags-bin: %%%",
    b"grpc-trace-bin: %%%",
    b"grpc-previous-rpc-attempts: 9",
    b"te: nonsense",
    b"content-encoding: gzip",
    b"accept: \xff/\xff",
    b"user-agent: \xff",
    b"traceparent: nonsense",
    b"x-request-id: \xff",
    b"x-b3-traceid: nonsense",
    b"x-envoy-retry-on: everything",
    b"x-envoy-upstream-rq-timeout-ms: 0",
    b"x-envoy-max-retries: 99999",
    b"x-http-method-override: DELETE",
]


@pytest.mark.parametrize("header", STRANGE_HEADERS, ids=repr)
async def test_no_header_makes_a_call_fail_by_us(stand: Stand, header: bytes) -> None:
    reader, writer = await asyncio.open_connection(HOST, stand.topology.edge_port)
    body = b'{"username": "anna", "password": "pass word"}'
    writer.write(b"POST /v1/auth/login HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-type: application/json\r\n")
    writer.write(b"content-length: %d\r\n%b\r\n\r\n%b" % (len(body), header, body))
    async with asyncio.timeout(15):
        answer = await reader.read()
    writer.close()
    status = int(answer.split(maxsplit=2)[1])
    assert status < 500, answer
    if status >= 400:
        assert set(json.loads(answer.partition(b"\r\n\r\n")[2])) == {"code", "message", "details"}, answer

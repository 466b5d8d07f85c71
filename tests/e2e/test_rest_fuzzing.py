"""What the document of the REST side allows and forbids, thrown at the running stack: every answer is one that the document knows.

The calls come from the document itself (`web/public/openapi.json`), half of them such as it describes and half such as it does not, and
are the same in every run. Ids are often those of somebody's own, or of others, or nothing would get past the first check. Every operation
has a user of its own, since some of them end its sessions or close its account.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from bench.client import PASSWORD, PATIENCE_S, Account, Api
from chatkit.core.errors import DOMAIN, TABLE, Reason
from chatkit.core.ids import new_id
from docs.openapi import OUTPUT
from tests.e2e.conformance.calls import HTTP
from tests.e2e.stack import Stack

EXAMPLES = 10
"""Calls for each operation, each caller and each mode."""
OF_A_STRANGER = 4
"""Who is let in nowhere is told so whatever they send."""

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


def document() -> dict[str, Any]:
    """Return the document without the words "any other error": what an operation may answer with must be named."""
    strict: dict[str, Any] = json.loads(OUTPUT.read_text(encoding="utf-8"))
    for verbs in strict["paths"].values():
        for operation in verbs.values():
            del operation["responses"]["default"]
    return strict


def operations() -> dict[str, APIOperation[Any, Any, Any, Any]]:
    """Return every operation of the document, by its id."""
    strict = document()
    found = schemathesis.openapi.from_dict(strict).get_all_operations()
    usable = [result.ok() for result in found if isinstance(result, Ok)]
    assert len(usable) == sum(map(len, strict["paths"].values()))
    return {one.definition.raw["operationId"]: one for one in usable}


OPERATIONS = operations()
SIGNED_IN = [name for name, operation in OPERATIONS.items() if operation.definition.raw["security"]]
ADMINISTRATIVE = [name for name, operation in OPERATIONS.items() if "/admin/" in operation.path]


@dataclass(frozen=True, slots=True)
class World:
    """Who calls, and what there is to name."""

    edge: str
    token: str
    ids: dict[str, list[str]]
    """Name of a field to what may stand there and means something."""


@pytest.fixture(scope="module")
def others(stack: Stack) -> dict[str, list[str]]:
    """Bob, and Carl, and what those two have with each other: the same for everyone who calls."""
    return asyncio.run(_others(stack))


async def _others(stack: Stack) -> dict[str, list[str]]:
    async with api_of(stack) as api:
        bob, carl = await api.register("bob"), await api.register("carl")
        users = [bob.user_id, carl.user_id]
        return {
            "conversationId": [await api.direct(bob, carl)],
            "userId": users,
            "userIds": users,
            "memberIds": users,
            "username": [bob.username],
        }


def world(stack: Stack, others: dict[str, list[str]], *, role: str = "") -> World:
    """Make a user with two conversations. `role` is one that an operator gives."""
    return asyncio.run(_world(stack, others, role))


async def _world(stack: Stack, others: dict[str, list[str]], role: str) -> World:
    async with api_of(stack) as api:
        me = await api.register("fuzz")
        if role:
            stack.run("user", "role", me.username, role)
            me = await logged_in(api, me)
        bob, *_ = others["userId"]
        begun = [{"kind": "DIRECT", "memberIds": [bob]}, {"kind": "GROUP", "title": "a group", "memberIds": [bob]}]
        answers = [await api.call("POST", "/v1/conversations", body, me.token) for body in begun]
        users = [me.user_id, *others["userId"]]
        mine = {
            "conversationId": [*(answer["conversation"]["conversationId"] for answer in answers), *others["conversationId"]],
            "userId": users,
            "userIds": users,
            "memberIds": users,
            "messageId": [new_id() for _ in range(EXAMPLES)],
            "username": [me.username, *others["username"]],
            "refreshToken": [me.refresh_token],
        }
        return World(stack.edge, me.token, mine)


@asynccontextmanager
async def api_of(stack: Stack) -> AsyncIterator[Api]:
    api = Api(stack.edge)
    try:
        yield api
    finally:
        await api.close()


async def logged_in(api: Api, account: Account) -> Account:
    """Return an account with a token that was made now."""
    answer = await api.call("POST", "/v1/auth/login", {"username": account.username, "password": PASSWORD})
    return Account(account.user_id, account.username, answer["accessToken"], answer["refreshToken"])


def meant(draw: Callable[[st.SearchStrategy[Any]], Any], value: Any, ids: dict[str, list[str]]) -> Any:
    """Return a value with what it names replaced, here and there, by what there is."""
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        if name in ids and draw(st.booleans()):
            one = draw(st.sampled_from(ids[name]))
            found[name] = [one] if isinstance(inner, list) else one
        else:
            found[name] = meant(draw, inner, ids)
    return found


def check(case: Case[Any], response: Any) -> None:
    """Fail for whatever an answer should not be."""
    assert response.status_code < 500, f"{case.as_curl_command()}\n{response.status_code} {response.text}"
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        answer = response.json()
        assert answer.keys() == {"code", "message", "details"}, answer
        assert answer["message"]
        (detail, *_) = answer["details"]
        assert detail["domain"] == DOMAIN
        status = TABLE[Reason(detail["reason"])].status
        assert response.status_code == (413 if detail["reason"] == Reason.FRAME_TOO_LARGE else HTTP[status]), answer


def fuzz(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, around: World, *, anonymous: bool = False) -> list[int]:
    """Make calls of an operation, check every answer, and return the statuses."""
    statuses: list[int] = []
    headers = {} if anonymous else {"Authorization": f"Bearer {around.token}"}
    cases = operation.as_strategy(generation_mode=mode)

    with requests.Session() as session:

        @settings(
            max_examples=OF_A_STRANGER if anonymous else EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(data=st.data())
        def call(data: st.DataObject) -> None:
            case: Case[Any] = data.draw(cases)
            case.path_parameters = meant(data.draw, case.path_parameters, around.ids)
            case.query = meant(data.draw, case.query, around.ids)
            case.body = meant(data.draw, case.body, around.ids)
            case.headers.pop("Authorization", None)  # which is ours to send
            response = case.call(base_url=around.edge, session=session, headers=headers, timeout=PATIENCE_S)
            statuses.append(response.status_code)
            check(case, response)

        call()
    assert set(statuses) != {429}, "all that was tried is how calls are limited"
    return statuses


CALLS = [
    pytest.param(name, mode, id=f"{name}-{mode.value}")
    for name, operation in OPERATIONS.items()
    for mode in GenerationMode
    # What takes nothing can't be given what it does not take.
    if mode is GenerationMode.POSITIVE or operation.body or operation.query or operation.path_parameters
]


@pytest.mark.parametrize(("name", "mode"), CALLS)
def test_a_user_gets_answers_that_the_document_knows(stack: Stack, others: dict[str, list[str]], name: str, mode: GenerationMode) -> None:
    fuzz(OPERATIONS[name], mode, world(stack, others))


@pytest.mark.parametrize(("name", "mode"), [call for call in CALLS if call.values[0] in ADMINISTRATIVE])
def test_an_administrator_gets_answers_that_the_document_knows(stack: Stack, name: str, mode: GenerationMode) -> None:
    own = asyncio.run(_others(stack))  # who may not live to see the next test
    fuzz(OPERATIONS[name], mode, world(stack, own, role="admin"))


@pytest.mark.parametrize(("name", "mode"), CALLS)
def test_a_stranger_gets_answers_that_the_document_knows(
    stack: Stack, others: dict[str, list[str]], name: str, mode: GenerationMode
) -> None:
    statuses = fuzz(OPERATIONS[name], mode, world(stack, others), anonymous=True)
    if name in SIGNED_IN:
        assert not [status for status in statuses if status < 400]

"""A stack that traces every message: the way of one through Envoys, services and engines, as the command shows it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeAlias

import pytest
from playwright.async_api import Browser, expect

from bench.client import Api, ApiError, Socket
from chatkit.core.ids import new_id
from launcher.mesh.calls import TRACES_PATH
from tests.e2e.axe import faults
from tests.e2e.logins import administrator
from tests.e2e.person import Person
from tests.e2e.stack import Stack

PATIENCE_S = 30
ENTRY = Counter(sequence=1, append=1, write=1, store=1, show=1, deliver=2)
"""How often each step of an entry is taken, which two gateways have readers for."""
FIRST = ENTRY + Counter(send=1, sequence=1, NoteBlocks=3)
"""Of two people: it is given its place when presence has said that neither has blocked the other."""
BY_REST = ENTRY + Counter(SendMessage=3)
ASKED = ("FindUsers", "FindBlocks", "GetPreferences", "GetConversationState")
CREATION = ENTRY + Counter(CreateConversation=3, sequence=1, **dict.fromkeys(ASKED, 3)) - Counter(deliver=2)
"""It is given its place when history has said that the conversation is new."""

Step: TypeAlias = dict[str, Any]


@pytest.fixture(scope="module")
def traced() -> Iterator[Stack]:
    with Stack.started(ELASTIC_CHAT_TRACE_SHARE="1") as made:
        yield made


@pytest.fixture
async def api(traced: Stack) -> AsyncIterator[Api]:
    made = Api(traced.edge)
    yield made
    await made.close()


async def steps_of(stack: Stack, message_id: str, wanted: Counter[str]) -> list[Step]:
    """Return the steps of a message when all of them have been told."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while True:
        done = await asyncio.to_thread(stack.run, "trace", message_id, "--json", check=False)
        steps: list[Step] = json.loads(done.stdout).get("steps", [])
        found = Counter(step["name"] for step in steps)
        if found == wanted:
            return steps
        assert loop.time() < until, found


def tree(steps: list[Step]) -> list[tuple[int, str, str, str]]:
    """Return depth, name, service and engine of each step."""
    return [(step["depth"], step["name"], service_of(step), step["facts"].get("engine", "")) for step in steps]


def service_of(step: Step) -> str:
    name, *of = step["node"].split("-")
    return "-".join((name, *of[1:]))


def entry(depth: int) -> list[tuple[int, str, str, str]]:
    """Return the steps of an entry below whatever brings it."""
    return [
        (depth, "sequence", "router", "redis"),
        (depth, "append", "router", "kafka"),
        (depth + 1, "write", "writer", ""),
        (depth + 2, "store", "writer", "cassandra"),
        (depth, "show", "router", "redis"),
        *[(depth + 1, "deliver", "gateway", "")] * 2,
    ]


async def test_the_way_of_a_message_is_shown_by_its_id_whichever_door_it_came_through(traced: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    one, two = await Socket.open_on(api, anna, "gateway-1"), await Socket.open_on(api, bob, "gateway-2")
    message_id = await one.say(conversation_id, "a secret text")
    await two.until("entry")
    steps = await steps_of(traced, message_id, FIRST)
    asked = [(1, "NoteBlocks", "router-sidecar", ""), (2, "NoteBlocks", "presence-sidecar", ""), (3, "NoteBlocks", "presence", "")]
    assert tree(steps) == [(0, "send", "gateway", ""), (1, "sequence", "router", "redis"), *asked, *entry(1)]
    assert [step["node"] for step in steps if step["name"] == "send"] == ["gateway-1"]
    delivered = [step for step in steps if step["name"] == "deliver"]
    assert {step["node"] for step in delivered} == {"gateway-1", "gateway-2"}
    assert all(step["facts"]["sessions"] == "1" for step in delivered)
    assert all(step["tookMs"] >= 0 for step in steps)
    shown = (await asyncio.to_thread(traced.run, "trace", message_id)).stdout
    assert all(name in shown for name in FIRST)

    rest_id = new_id()
    body = {"messageId": rest_id, "body": {"text": "a secret text"}}
    await api.call("POST", f"/v1/conversations/{conversation_id}/messages", body, token=anna.token)
    steps = await steps_of(traced, rest_id, BY_REST)
    calls = [(0, "SendMessage", "edge", ""), (1, "SendMessage", "router-sidecar", ""), (2, "SendMessage", "router", "")]
    assert tree(steps) == [*calls, *entry(3)]
    assert steps[2]["facts"] == {"outcome": "OK", "message_id": rest_id}
    kept = await asyncio.to_thread(lambda: "".join(path.read_text(encoding="utf-8") for path in (traced.home / "run" / "traces").iterdir()))
    assert message_id.replace("-", "") in kept
    assert "a secret text" not in kept
    assert anna.token not in kept
    await asyncio.gather(one.close(), two.close())


async def test_calls_between_services_are_steps_of_what_makes_them(traced: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    message_id = new_id()
    body = {"messageId": message_id, "kind": "GROUP", "memberIds": [bob.user_id], "title": "a group"}
    await api.call("POST", "/v1/conversations", body, token=anna.token)
    steps = await steps_of(traced, message_id, CREATION)
    of = {name: [(step["depth"], service_of(step)) for step in steps if step["name"] == name] for name in CREATION}
    assert of["CreateConversation"] == [(0, "edge"), (1, "router-sidecar"), (2, "router")]
    assert of["FindUsers"] == [(3, "router-sidecar"), (4, "accounts-sidecar"), (5, "accounts")]
    assert of["GetConversationState"] == [(3, "router-sidecar"), (4, "history-sidecar"), (5, "history")]


async def test_a_message_goes_its_way_while_the_collector_is_away(traced: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    pid = traced.status()["collector"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        one = await Socket.open_on(api, anna, "gateway-1")
        await one.say(conversation_id, "hello")
        await one.until("ack")
        await one.close()
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_who_asks_for_what_was_not_traced_is_told_what_to_do(traced: Stack) -> None:
    done = await asyncio.to_thread(traced.run, "trace", new_id(), check=False)
    assert done.returncode == 1
    assert "Of a hundred messages 100 are traced" in done.stderr


async def test_an_administrator_sees_the_way_of_a_message_in_its_information_and_others_do_not(traced: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, traced, "a secret text")
    await asyncio.to_thread(traced.run, "user", "role", anna.name, "admin")
    # Their next token says so.
    await anna.page.reload()
    await anna.is_live()
    for person in (anna, bob):
        await person.do_with("a secret text", "Message info")
        await expect(person.page.get_by_test_id("panel")).to_contain_text("Sent")
    trace = anna.page.get_by_test_id("trace")
    await expect(trace.locator('[data-step="send"]')).to_contain_text("gateway-")
    assert {str(await one.get_attribute("data-step")) for one in await trace.get_by_test_id("trace-step").all()} <= set(FIRST)
    assert "a secret text" not in await trace.inner_text()
    assert await faults(anna.page) == []
    await expect(bob.page.get_by_test_id("read-by").or_(bob.page.get_by_text("It has not reached anyone")).first).to_be_visible()
    await expect(bob.page.get_by_test_id("trace")).to_have_count(0)


async def test_administrators_are_told_the_same_by_rest_and_nobody_else(traced: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    one, two = await Socket.open_on(api, anna, "gateway-1"), await Socket.open_on(api, bob, "gateway-2")
    message_id = await one.say(conversation_id, "a secret text")
    await two.until("entry")
    steps = await steps_of(traced, message_id, FIRST)
    admin = await administrator(traced, api)
    told = await api.call("GET", f"{TRACES_PATH}/{message_id}", token=admin.token)
    shown = ("name", "node", "depth", "atMs", "tookMs")
    assert told == {
        "messageId": message_id,
        "steps": [{name: step[name] for name in shown} for step in steps],
        "share": 1.0,
        "collector": None,
    }
    for token, reason in ((anna.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        with pytest.raises(ApiError) as refused:
            await api.call("GET", f"{TRACES_PATH}/{message_id}", token=token, headers={"x-role": "admin"})
        assert refused.value.reason == reason
    await asyncio.gather(one.close(), two.close())

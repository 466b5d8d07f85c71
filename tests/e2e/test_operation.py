"""Running the stack: what `elastic-chat` says and does, and what survives it. These tests stop and kill things, so they come last."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import psutil
import pytest
from playwright.async_api import Browser, expect

from bench.client import Account, Api, ApiError, Socket
from bench.member import Journal, Login, Member
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from launcher import membership, probes
from launcher.topology import SERVICES
from tests.e2e.person import Person
from tests.e2e.stack import Stack

pytestmark = pytest.mark.timeout(600)  # the commands that start and stop a stack have limits of their own (stack.py)


async def until(condition: Any) -> Any:
    """Return what `condition` returns once it is true."""
    async with asyncio.timeout(60):
        while not (value := condition()):
            await asyncio.sleep(0.2)
        return value


def test_status_shows_every_process(stack: Stack) -> None:
    processes = stack.status()
    names = {instance.name for instance in stack.topology.instances()}
    expected = names | {f"{name}-sidecar" for name in names} | {"valkey", "kafka", "cassandra", "edge", "web", "certifier", "console"}
    assert set(processes) == expected
    assert all(one["state"] == "running" and one["healthy"] for one in processes.values()), processes
    assert all(one["memoryBytes"] > 1_000_000 for one in processes.values())
    assert [name for name, one in processes.items() if one["lagRecords"] is not None] == ["writer-1"]
    assert [name for name, one in processes.items() if one["connections"] is not None] == ["gateway-1", "gateway-2"]
    assert {one["service"] for one in processes.values()} == {*SERVICES, None}
    assert all(one["version"] for one in processes.values()), processes
    table = stack.run("status").stdout
    assert all(name in table for name in expected)


def test_up_twice_is_harmless(stack: Stack) -> None:
    before = {name: one["pid"] for name, one in stack.status().items()}
    stack.run("up")
    assert {name: one["pid"] for name, one in stack.status().items()} == before


async def test_a_killed_router_is_started_again_and_its_crash_is_shown_and_nothing_acked_is_lost(stack: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    sender = await Socket.open(api, anna)
    acked = []
    for n in range(60):
        if n == 20:
            os.kill(stack.status()["router-1"]["pid"], signal.SIGKILL)
        message_id = await sender.say(conversation_id, f"{n}")
        answer = await sender.next()
        while answer.WhichOneof("frame") not in {"ack", "reject"}:
            answer = await sender.next()
        if answer.WhichOneof("frame") == "ack":
            acked.append((str(answer.ack.seq), message_id))
    entries = await api.messages(bob, conversation_id, "pageSize=100")
    assert set(acked) <= {(entry["seq"], entry["messageId"]) for entry in entries}
    assert len(acked) > 30
    crashed = await until(lambda: stack.status()["router-1"] if stack.status()["router-1"]["healthy"] else None)
    assert crashed["crashes"] >= 1
    await sender.close()


async def patiently(call: Callable[[], Awaitable[Any]]) -> Any:
    """Return the answer of a call, however often what was killed can't give it yet."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except (ApiError, aiohttp.ClientError):
                await asyncio.sleep(0.2)


async def kill(stack: Stack, *names: str) -> None:
    """Kill processes hard, and return when others have taken their place."""
    before = stack.status()
    for name in names:
        os.kill(before[name]["pid"], signal.SIGKILL)
    await until(lambda: all(now["healthy"] and now["pid"] != before[name]["pid"] for name in names if (now := stack.status()[name])))


async def test_messages_that_wait_are_sent_once_whatever_is_killed_meanwhile(stack: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    ids = [new_id() for _ in range(80)]
    begin = datetime.now(UTC) + timedelta(seconds=20)
    for n, message_id in enumerate(ids):
        deliver_at = (begin + timedelta(milliseconds=100 * n)).isoformat().replace("+00:00", "Z")
        body = {"messageId": message_id, "body": {"text": f"{n}"}, "deliverAt": deliver_at}
        await api.call("POST", f"/v1/conversations/{conversation_id}/scheduled-messages", body, anna.token)
    await kill(stack, "valkey")

    async def sent() -> list[str]:
        entries = await patiently(lambda: api.messages(bob, conversation_id, "pageSize=200"))
        return [entry["messageId"] for entry in entries if entry["kind"] == "MESSAGE"]

    async def waiting() -> list[Any]:
        answer = await patiently(lambda: api.call("GET", "/v1/scheduled-messages", token=anna.token))
        found: list[Any] = answer.get("messages", [])
        return found

    async with asyncio.timeout(90):
        while not 5 < len(await sent()) < len(ids):
            await asyncio.sleep(0.1)
        await kill(stack, "writer-1", "router-1")
        while await waiting():
            await asyncio.sleep(0.2)
    assert sorted(await sent()) == sorted(ids)


def test_restart_gives_an_instance_a_new_life(stack: Stack) -> None:
    before = stack.status()["history-1"]["pid"]
    stack.run("restart", "history-1")
    after = stack.status()["history-1"]
    assert after["pid"] != before
    assert after["healthy"]


class Guest(Member):
    """A member who remembers how often it came, how often it was sent away, and when it should come back."""

    def __init__(self, api: Api, account: Account, journal: Journal) -> None:
        super().__init__(api, Login(api, account), journal, account.username, random.Random(account.username))
        self.reconnect_after_s: list[float] = []
        self.welcomes = 0

    def _handle(self, frame: pb.ServerFrame) -> None:
        if frame.WhichOneof("frame") == "going_away":
            self.reconnect_after_s.append(frame.going_away.reconnect_after.ToTimedelta().total_seconds())
        self.welcomes += frame.WhichOneof("frame") == "welcome"
        super()._handle(frame)


@asynccontextmanager
async def talking(api: Api, count: int = 8) -> AsyncIterator[list[Guest]]:
    """Let some talk in a group while the block runs; then check that everyone has everything that was said, once and in one order."""
    journal = Journal()
    accounts = [await api.register("guest") for _ in range(count)]
    guests = [Guest(api, account, journal) for account in accounts]
    conversation_id = await api.group(accounts[0], "all", accounts[1:])

    async def talk(guest: Guest) -> None:
        while True:
            guest.say(conversation_id, "hello")
            await asyncio.sleep(0.1)

    def is_settled() -> bool:
        return not any(guest.unanswered for guest in guests) and all(
            set(journal.messages) <= {message_id for _, message_id in guest.log.get(conversation_id, ())} for guest in guests
        )

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(guest.run()) for guest in guests]
        await until(lambda: all(guest.is_live.is_set() for guest in guests))
        talkers = [group.create_task(talk(guest)) for guest in guests]
        await until(lambda: len(journal.messages) > 5 * count)
        yield guests
        for talker in talkers:
            talker.cancel()
        await until(is_settled)
        for task in running:
            task.cancel()
    assert journal.faults == []
    assert not [message for message in journal.messages.values() if message.refused or not message.seq]
    first, *others = (guest.log[conversation_id] for guest in guests)
    assert all(other == first for other in others)
    assert [seq for seq, _ in first] == sorted({seq for seq, _ in first})


async def test_a_drained_gateway_sends_everyone_to_the_other_until_it_is_brought_back(stack: Stack, api: Api) -> None:
    async with talking(api) as guests:
        there = [guest for guest in guests if guest.node_id == "gateway-2"]
        assert there
        said = (await asyncio.to_thread(stack.run, "drain", "gateway-2")).stdout
        assert "gateway-2 has drained in" in said
        assert all(len(guest.reconnect_after_s) == 1 and 0 < guest.reconnect_after_s[0] <= 60 for guest in there)
        await until(lambda: all(guest.is_live.is_set() and guest.node_id == "gateway-1" for guest in guests))
        assert not any(guest.reconnect_after_s for guest in guests if guest not in there)

        drained = stack.status()["gateway-2"]
        assert (drained["state"], drained["healthy"], drained["pid"], drained["memoryBytes"]) == ("drained", True, None, None)
        assert "drained" in stack.run("status").stdout, "and it exits with 0"
        assert "drained already" in stack.run("drain", "gateway-2").stdout
        refused = stack.run("drain", "gateway-1", check=False)
        assert refused.returncode == 1
        assert "Without gateway-1 no healthy gateway would be left" in refused.stderr

        await asyncio.to_thread(stack.run, "restart", "gateway-2")
    assert stack.status()["gateway-2"]["state"] == "running"
    back = await Socket.open_on(api, await api.register("late"), "gateway-2")
    await back.close()


async def test_a_service_restarts_in_turn_while_people_talk(stack: Stack, api: Api) -> None:
    before = stack.status()
    async with talking(api):
        assert "router-1, router-2 are ready." in (await asyncio.to_thread(stack.run, "restart", "router")).stdout
    after = stack.status()
    for name, one in after.items():
        assert one["healthy"]
        assert (one["pid"] != before[name]["pid"]) == (name in {"router-1", "router-2"})
        assert one["crashes"] == before[name]["crashes"]


async def test_everyone_in_the_mesh_gets_a_new_certificate_while_people_talk_and_nobody_notices(stack: Stack, api: Api) -> None:
    envoys = 1 + len(list(stack.topology.instances()))
    before = certificate(stack)
    async with talking(api) as guests:
        for arguments, said in (((), ""), (("--authority",), ", from a new authority"), (("--authority",), ", from a new authority")):
            done = await asyncio.to_thread(stack.run, "rotate", *arguments)
            assert done.stdout == f"{envoys} Envoys have a new certificate{said}.\n"
            heard = len(guests[0].journal.messages)
            await until(lambda heard=heard: len(guests[0].journal.messages) > heard + 50)
        assert {guest.welcomes for guest in guests} == {1}
    assert certificate(stack) != before
    assert all(one["healthy"] for one in stack.status().values())
    stack.run("dead-letters", "list")  # what the operator's certificate was made by is trusted, too


def certificate(stack: Stack) -> str:
    return (stack.home / "run" / "operator" / "cert.pem").read_text()


async def without_calls(stack: Stack) -> list[str]:
    """Return the instances that an Envoy which may call them sends no calls to."""
    members = [
        (one.name, probes.Member(tuple(membership.callers(one.service, stack.topology)), one.ingress_port))
        for one in stack.topology.instances()
    ]
    return [name for name, member in members if await probes.why_not(member) is not None]


def test_up_brings_back_what_was_drained(stack: Stack) -> None:
    stack.run("drain", "router-1")
    assert stack.status()["router-1"]["state"] == "drained"
    stack.run("up")
    assert stack.status()["router-1"]["state"] == "running"


def test_logs_shows_the_lines_of_an_instance(stack: Stack) -> None:
    assert '"event":"serving"' in stack.run("logs", "history-1").stdout


def test_dead_letters_are_asked_for_at_the_writer(stack: Stack) -> None:
    assert json.loads(stack.run("dead-letters", "list", "--all", "--json").stdout) == {"ok": True, "letters": []}
    refused = stack.run("dead-letters", "redrive", "5", check=False)
    assert refused.returncode == 1
    assert "There is no dead letter 5" in refused.stderr


async def test_history_survives_down_and_up(stack: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    sender = await Socket.open(api, anna)
    for n in range(10):
        await sender.say(conversation_id, f"before {n}")
        await sender.until("ack")
    status = json.loads(stack.run("status", "--json").stdout)
    pids = [one["pid"] for one in status["processes"]] + [status["supervisor"]["pid"]]
    await sender.close()
    stack.run("down")
    assert not [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
    stack.run("up")
    assert not await without_calls(stack)

    tokens = await api.call("POST", "/v1/auth/refresh", {"refreshToken": anna.refresh_token})
    back = Account(anna.user_id, anna.username, tokens["accessToken"], tokens["refreshToken"])
    texts = [entry["body"]["text"] for entry in await api.messages(back, conversation_id, "afterSeq=1")]
    assert texts == [f"before {n}" for n in range(10)]
    (summary,) = (await api.call("GET", "/v1/conversations", token=bob.token))["conversations"]
    assert (summary["headSeq"], summary["unreadCount"]) == ("11", "10")
    again = await Socket.open(api, back)
    await again.say(conversation_id, "after")
    assert (await again.until("ack")).seq > 11  # above the time floor: the live view has been another process since
    await again.close()


def test_a_setting_of_the_environment_reaches_the_services_whose_it_is_when_the_stack_is_started(stack: Stack) -> None:
    stack.run("down")
    refused = stack.run("up", check=False, CHAT_GATEWAY_HARTBEAT="20")
    assert refused.returncode == 1
    assert "Did you mean CHAT_GATEWAY_HEARTBEAT?" in refused.stderr
    stack.run("up", CHAT_GATEWAY_HEARTBEAT="20")
    for name, one in stack.status().items():
        has = psutil.Process(one["pid"]).environ().get("CHAT_GATEWAY_HEARTBEAT")
        assert has == ("20" if one["service"] == "gateway" else None), name

    told = json.loads(stack.run("config", "heartbeat", "--json").stdout)
    assert [(one["of"], one["value"], one["source"]) for one in told["settings"]] == [
        ("gateway-1", "20", "environment"),
        ("gateway-2", "20", "environment"),
    ]
    assert told["pending"] == ["CHAT_GATEWAY_HEARTBEAT"], "this environment does not set it"
    said = stack.run("up", CHAT_GATEWAY_HEARTBEAT="20", ELASTIC_CHAT_ZONES="north,south").stderr
    assert "Not yet in use: what this environment says of ELASTIC_CHAT_ZONES." in said
    stack.run("restart", "gateway-1")
    assert psutil.Process(stack.status()["gateway-1"]["pid"]).environ()["CHAT_GATEWAY_HEARTBEAT"] == "20"
    stack.run("down")
    stack.run("up")
    assert json.loads(stack.run("config", "--json").stdout)["pending"] == []


async def test_a_gateway_that_stops_sends_its_clients_away_and_they_miss_nothing(stack: Stack, api: Api) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    leaving, sender = await Socket.open_on(api, bob, "gateway-1"), await Socket.open_on(api, anna, "gateway-2")
    await sender.say(conversation_id, "before")
    seen = (await leaving.until("entry")).seq
    restarting = asyncio.create_task(asyncio.to_thread(stack.run, "restart", "gateway-1"))
    told = await leaving.until("going_away")
    assert told.reconnect_after.ToTimedelta().total_seconds() < 60
    await sender.say(conversation_id, "while it stops")
    while not leaving.ws.closed:
        message = await leaving.ws.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            frame = pb.ServerFrame.FromString(message.data)
            seen = max(seen, frame.entry.seq)
    assert leaving.ws.close_code == 1012
    back = await Socket.open(api, bob, {conversation_id: seen})
    await sender.say(conversation_id, "afterwards")
    missed: list[str] = []
    while not missed or missed[-1] != "afterwards":
        missed.append((await back.until("entry")).body.text)
    assert missed in (["while it stops", "afterwards"], ["afterwards"])
    assert len(missed) == 2 or seen == 3
    await restarting
    await asyncio.gather(back.close(), sender.close())


def test_a_supervisor_that_was_killed_hard_is_cleaned_up_after(stack: Stack) -> None:
    status = json.loads(stack.run("status", "--json").stdout)
    children = [one["pid"] for one in status["processes"]]
    os.kill(status["supervisor"]["pid"], signal.SIGKILL)
    psutil.Process(children[0]).status()
    refused = stack.run("status", check=False)
    assert refused.returncode == 1
    assert "No stack is running here" in refused.stderr
    stack.run("up")
    after = {one["pid"] for one in stack.status().values()}
    assert not after & set(children)
    assert not [pid for pid in children if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


async def test_two_browsers_come_back_by_themselves_after_everything_was_down(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "before the night")
    await asyncio.to_thread(stack.run, "down")
    await expect(anna.page.get_by_test_id("connection-status")).not_to_have_attribute("data-phase", "live")
    await anna.say("written in the dark")
    await asyncio.to_thread(stack.run, "up")
    for person in (anna, bob):
        await person.is_live()
    await bob.sees("written in the dark")
    await bob.say("good morning")
    await anna.sees("good morning")
    for person in (anna, bob):
        await person.page.reload()
        await person.is_live()
        await person.open_first()
        for text in ("before the night", "written in the dark", "good morning"):
            await person.sees(text)

"""The live view loses its memory: all of it, some of it, or only whom it was telling."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from bench.client import Api, ApiError, Socket
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from tests.e2e.stack import Stack
from tests.faults.conftest import Trials
from tests.faults.injector import Injector

pytestmark = pytest.mark.timeout(900)


async def test_the_live_view_is_wiped(trials: Trials) -> None:
    async with trials("FLUSHALL of valkey", 10) as trial:
        async with trial.injector.redis() as redis:
            await redis.flushall()
        await trial.load.some_answers(100)


async def test_the_live_view_is_wiped_twice_in_a_second(trials: Trials) -> None:
    async with trials("FLUSHALL of valkey, twice", 10) as trial, trial.injector.redis() as redis:
        await redis.flushall()
        await asyncio.sleep(0.7)
        await redis.flushall()
        await trial.load.some_answers(100)


async def test_the_live_view_dies_and_its_data_with_it(trials: Trials) -> None:
    async with trials("loss of valkey and its disk", 20) as trial:
        await trial.injector.away("valkey")
        shutil.rmtree(trial.injector.redis_data)
        trial.injector.redis_data.mkdir()
        await trial.injector.start("valkey")
        await trial.load.some_answers(100)


async def test_the_live_view_comes_back_as_an_older_copy_as_at_a_failover(trials: Trials, tmp_path: Path) -> None:
    async with trials("valkey from an older copy", 20) as trial:
        shutil.copytree(trial.injector.redis_data, tmp_path / "copy")
        await trial.load.some_answers(200)
        trial.strike()
        await trial.injector.restart_from(tmp_path / "copy")
        await trial.load.some_answers(100)


async def test_subscribers_are_cut_off_again_and_again(trials: Trials) -> None:
    async with trials("subscriptions cut") as trial, trial.injector.redis() as redis:
        for _ in range(4):
            await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            await trial.load.some_answers(30)


async def test_every_connection_to_the_live_view_is_cut_under_load(trials: Trials) -> None:
    """A reply must never reach another caller than the one that asked for it."""
    async with trials("connections to valkey cut") as trial, trial.injector.redis() as redis:
        for _ in range(6):
            await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            await trial.load.some_answers(30)


async def test_what_users_have_decided_holds_when_the_live_view_has_lost_it(stack: Stack, injector: Injector) -> None:
    api = Api(stack.edge)
    anna, bob = [await api.register(name) for name in ("anna", "bob")]
    conversation_id = await api.direct(anna, bob)
    await api.call("PUT", "/v1/presence/status", {"status": {"availability": "BUSY", "text": "at sea"}}, bob.token)
    await api.call("PATCH", "/v1/account/privacy", {"receipts": False}, bob.token)
    sockets = [await Socket.open(api, one) for one in (anna, bob)]
    mark = pb.ClientWatermark(conversation_id=conversation_id, read_seq=1)
    await sockets[1].send_frame(pb.ClientFrame(watermark=mark))
    await sockets[1].until("watermark")
    async with injector.redis() as redis:
        await redis.flushall()
    seen: dict[str, object] = {}
    async with asyncio.timeout(60):
        while (seen.get("availability"), seen.get("statusText")) != ("BUSY", "at sea"):
            await asyncio.sleep(0.2)
            with suppress(ApiError):
                seen = dict(*(await api.call("GET", f"/v1/presence?userIds={bob.user_id}", token=anna.token))["users"])
    members = f"/v1/conversations/{conversation_id}/members"
    watermarks = [(await api.call("GET", members, token=one.token))["watermarks"] for one in (anna, bob)]
    assert [[mark["readSeq"] for mark in of_one] for of_one in watermarks] == [[], ["1"]]
    assert (await api.call("GET", "/v1/account/privacy", token=bob.token))["privacy"]["receipts"] is False
    await asyncio.gather(*(socket.close() for socket in sockets))
    await api.close()


async def test_who_is_blocked_stays_so_when_the_live_view_has_lost_it(stack: Stack, injector: Injector) -> None:
    api = Api(stack.edge)
    anna, bob = [await api.register(name) for name in ("anna", "bob")]
    conversation_id = await api.direct(anna, bob)
    await api.call("PUT", f"/v1/blocks/{bob.user_id}", token=anna.token)
    async with injector.redis() as redis:
        await redis.flushall()
    for sender in (bob, anna):
        reason = ""
        async with asyncio.timeout(60):
            while reason in {"", "UNAVAILABLE", "DEADLINE_EXCEEDED"}:
                message = {"messageId": new_id(), "body": {"text": "hello?"}}
                with pytest.raises(ApiError) as refused:
                    await api.call("POST", f"/v1/conversations/{conversation_id}/messages", message, sender.token)
                reason = refused.value.reason
        assert reason == "BLOCKED"
    await api.close()

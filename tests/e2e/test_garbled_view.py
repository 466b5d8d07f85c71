"""What nobody can read in the live view: who needs it is refused, and all others go on, as the processes do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from bench.client import Account, Api, ApiError, Socket
from chatkit.core.ids import new_id
from chatkit.edges import redis as keys
from launcher.topology import HOST
from tests.e2e.stack import Stack


@pytest.fixture
async def redis(stack: Stack) -> AsyncIterator[Redis]:
    client = Redis(host=HOST, port=stack.topology.redis_port)
    yield client
    await client.aclose()


def processes(stack: Stack) -> dict[str, tuple[int, int]]:
    """Return the process and the crashes of every service."""
    return {name: (one["pid"], one["crashes"]) for name, one in stack.status().items() if one["service"]}


async def say(api: Api, account: Account, conversation_id: str, text: str) -> None:
    body = {"messageId": new_id(), "body": {"text": text}}
    await api.call("POST", f"/v1/conversations/{conversation_id}/messages", body, account.token)


async def refusal(call: Any) -> str:
    with pytest.raises(ApiError) as failure:
        await call
    return failure.value.reason


async def test_a_conversation_that_is_garbled_in_the_live_view_is_refused_and_no_other(
    stack: Stack, api: Api, redis: Redis, anna: Account, bob: Account
) -> None:
    garbled, whole = await api.direct(anna, bob), await api.group(anna, "whole", [bob])
    await say(api, anna, garbled, "before")
    before = processes(stack)
    await redis.hset(keys.pending(garbled), mapping={"7": b"\xff no entry"})
    await redis.hset(keys.meta(garbled), "owner", "somebody else")
    assert await refusal(say(api, anna, garbled, "after")) == "INTERNAL"
    await redis.hset(keys.members(garbled), anna.user_id, "nothing of ours")
    assert await refusal(api.messages(anna, garbled)) == "INTERNAL"
    await say(api, anna, whole, "all is well")
    assert [entry["body"]["text"] for entry in await api.messages(bob, whole) if entry["kind"] == "MESSAGE"] == ["all is well"]
    assert processes(stack) == before


async def test_a_batch_that_is_garbled_costs_nobody_what_comes_after_it(
    stack: Stack, api: Api, redis: Redis, anna: Account, bob: Account
) -> None:
    conversation_id = await api.direct(anna, bob)
    sockets = await Socket.open(api, anna), await Socket.open(api, bob)
    before = processes(stack)
    for node in cast("list[bytes]", await redis.zrange(keys.NODES, 0, -1)):
        assert await redis.publish(keys.channel(node.decode()), b"\xff no batch")
    # It may have told of an entry: everyone is sent to ask for what they have missed, and hears what comes from then on.
    for socket in sockets:
        await socket.until("resync")
    await sockets[0].say(conversation_id, "after")
    assert (await sockets[1].until("entry")).body.text == "after"
    assert processes(stack) == before
    for socket in sockets:
        await socket.close()
